"""subjects.csv: the accuracies of one run by condition, probe view and subject."""

from pathlib import Path

import pandas as pd

from gaitcore.csv_files import KEY_TYPES, NUMBER_OR_EMPTY, WHOLE, read_csv, write_csv

COLUMNS = {**{key: KEY_TYPES[key] for key in ("condition", "view", "subject")}, "probes": WHOLE}


def write_subjects(by_subject: pd.DataFrame, path: str | Path) -> None:
    """Write subjects.csv, whole or not at all."""
    write_csv(by_subject, path)


def read_subjects(path: str | Path) -> pd.DataFrame:
    """subjects.csv: condition, view (of the probe), subject, probes (their number), and each metric.

    A metric (rank1, rank5, mAP) is a fraction: the mean over the subject's probes and the gallery views that are not
    the probe's own. Where a protocol has two evaluations, the cells of one are empty in the rows of the other.

    Raises:
        DataError: the file is missing or damaged, or has other columns or types.
    """
    return read_csv(path, COLUMNS, further=NUMBER_OR_EMPTY)
