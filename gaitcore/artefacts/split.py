"""split.csv: the role of every sequence, written once and read by training and evaluation."""

from pathlib import Path

import pandas as pd

from gaitcore.csv_files import KEY_TYPES, TEXT, WHOLE, read_csv, write_csv
from gaitcore.errors import DataError
from gaitcore.keys import KEY_COLUMNS
from gaitcore.modalities.keypoints.table import PoseTable

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


def select_role(table: PoseTable, split: pd.DataFrame, *roles: str) -> PoseTable:
    """The sequences of a pose table whose role is one of ``roles``, and nothing of the others.

    Raises:
        DataError: the pose table and the split do not list the same sequences.
    """
    keys, listed = (frame[list(KEY_COLUMNS)].reset_index(drop=True) for frame in (table.sequences, split))
    if len(keys) != len(listed) or (keys.astype(str) != listed.astype(str)).any(axis=None):
        raise DataError("split.csv and poses.parquet do not list the same sequences; delete both and run again.")
    return table.select(split["role"].isin(roles).to_numpy())
