"""split.csv: the role of every sequence, written once and read by training and evaluation."""

from pathlib import Path

import pandas as pd

from gaitcore.errors import DataError
from gaitcore.files import replacing
from gaitcore.keys import KEY_COLUMNS

COLUMNS = [*KEY_COLUMNS, "frames", "role", "reason"]


def write_split(assigned: pd.DataFrame, path: str | Path) -> None:
    """Write what :func:`gaitcore.protocols.cross_view.assign_roles` gives, whole or not at all."""
    with replacing(path) as unfinished:
        assigned[COLUMNS].to_csv(unfinished, index=False)


def read_split(path: str | Path) -> pd.DataFrame:
    """split.csv as written, subjects and conditions as strings.

    Raises:
        DataError: a column is missing.
    """
    split = pd.read_csv(path, dtype={"subject": str, "condition": str}, keep_default_na=False)
    missing = [column for column in COLUMNS if column not in split.columns]
    if missing:
        raise DataError(f"{path}: has no column {missing[0]}, expected {', '.join(COLUMNS)}; delete it and run again.")
    return split
