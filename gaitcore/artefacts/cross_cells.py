"""cross/cross.csv: accuracies by the data set trained on and the data set tested on."""

from pathlib import Path

import pandas as pd

from gaitcore.csv_files import NUMBER, NUMBER_OR_EMPTY, TEXT, WHOLE, read_csv, write_csv

COLUMNS = {
    "system": TEXT,
    "title": TEXT,
    "trained_on": TEXT,  # an experiment; a file of weights; empty for a system without training
    "trained_on_title": TEXT,
    "tested_on": TEXT,  # an experiment, in whose tables the number stands
    "tested_on_title": TEXT,
    "tested_system": TEXT,  # the name of the system in that experiment
    "condition": TEXT,  # or "mean"
    "rank1_percent": NUMBER,
    "std_percent": NUMBER_OR_EMPTY,
    "ci_low_percent": NUMBER_OR_EMPTY,
    "ci_high_percent": NUMBER_OR_EMPTY,
    "n_seeds": WHOLE,  # 0 for weights from a file
    "n_subjects": WHOLE,
    "chance_percent": NUMBER,
}


def write_cross_cells(cells: pd.DataFrame, path: str | Path) -> None:
    """Write cross.csv, whole or not at all."""
    write_csv(cells[list(COLUMNS)], path)


def read_cross_cells(path: str | Path) -> pd.DataFrame:
    """cross.csv with the columns of ``COLUMNS``; accuracies in percent.

    Raises:
        DataError: the file is missing or damaged, or has other columns or types.
    """
    return read_csv(path, COLUMNS)
