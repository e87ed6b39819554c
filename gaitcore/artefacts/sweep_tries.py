"""sweep/sweep.csv: all tries of a sweep with their settings and their accuracy on the validation subjects."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from gaitcore.csv_files import NUMBER, NUMBER_OR_EMPTY, TEXT, TRUTH, WHOLE, ColumnType, header, read_csv, write_csv

SECTIONS = ("network.", "input.", "training.", "evaluation.")  # a column with one of these is a setting
CONDITION = "rank1_percent:"  # a column with this is the accuracy of a condition
COLUMNS = {
    "try": TEXT,  # the folder under sweep/
    "best": TRUTH,
    "rank1_percent": NUMBER_OR_EMPTY,  # mean over conditions and seeds; empty where every run failed
    "std_percent": NUMBER_OR_EMPTY,  # over seeds; empty with one
    "chosen_percent": NUMBER_OR_EMPTY,  # of the resamples of the validation subjects; empty for a try that is no choice
    "n_seeds": WHOLE,
    "collapsed": WHOLE,  # runs
    "failed": WHOLE,  # runs
    "final_loss": NUMBER_OR_EMPTY,  # mean over the runs that ended
    "spread": NUMBER_OR_EMPTY,  # of the last embeddings, likewise
    "training_seconds": NUMBER,  # mean over seeds
}


def write_tries(tries: pd.DataFrame, path: str | Path) -> None:
    """Write sweep.csv, whole or not at all: ``COLUMNS``, then those of settings and of conditions."""
    write_csv(tries, path)


def read_tries(path: str | Path) -> pd.DataFrame:
    """sweep.csv with the columns of ``COLUMNS``, one for each setting (text) and one for each condition (percent).

    Raises:
        DataError: the file is missing or damaged, or has other columns or types.
    """
    further = {name: _further(name) for name in header(path)[len(COLUMNS) :]}
    return read_csv(path, {**COLUMNS, **{name: kind for name, kind in further.items() if kind}})


def _further(name: str) -> ColumnType | None:
    if name.startswith(CONDITION):
        return NUMBER_OR_EMPTY
    return TEXT if name.startswith(SECTIONS) else None


def in_yaml(value: Any) -> str:
    """A value of a setting as an overlay has it, on one line."""
    return json.dumps(value, ensure_ascii=False)


def as_text(value: Any) -> str:
    """A value of a setting as tables have it."""
    return value if isinstance(value, str) else in_yaml(value)
