"""split.csv: the role of every sequence, written once and read by training and evaluation."""

from pathlib import Path

import pandas as pd

from gaitcore.csv_files import KEY_TYPES, TEXT, WHOLE, read_csv, write_csv

COLUMNS = {**KEY_TYPES, "frames": WHOLE, "role": TEXT, "reason": TEXT}


def write_split(assigned: pd.DataFrame, path: str | Path) -> None:
    """Write what :func:`gaitcore.protocols.cross_view.assign_roles` gives, whole or not at all."""
    write_csv(assigned[list(COLUMNS)], path)


def read_split(path: str | Path) -> pd.DataFrame:
    """split.csv as written, subjects and conditions as text.

    Raises:
        DataError: the file is missing or damaged, or has other columns or types.
    """
    return read_csv(path, COLUMNS)
