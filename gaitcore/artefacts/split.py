"""split.csv: the role of every sequence, written once and read by training and evaluation."""

from pathlib import Path

import pandas as pd

from gaitcore.errors import DataError
from gaitcore.files import replacing
from gaitcore.keys import KEY_COLUMNS
from gaitcore.modalities.keypoints.table import PoseTable

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


def select_role(table: PoseTable, split: pd.DataFrame, *roles: str) -> PoseTable:
    """The sequences of a pose table whose role is one of ``roles``, and nothing of the others.

    Raises:
        DataError: the pose table and the split do not list the same sequences.
    """
    keys, listed = (frame[list(KEY_COLUMNS)].reset_index(drop=True) for frame in (table.sequences, split))
    if len(keys) != len(listed) or (keys.astype(str) != listed.astype(str)).any(axis=None):
        raise DataError("split.csv and poses.parquet do not list the same sequences; delete both and run again.")
    return table.select(split["role"].isin(roles).to_numpy())
