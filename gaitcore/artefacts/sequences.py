"""The sequences of some roles: their keys from split.csv, their frames from the table of a modality."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gaitcore import modalities
from gaitcore.artefacts.split import read_split
from gaitcore.errors import DataError
from gaitcore.keys import KEY_COLUMNS
from gaitcore.modalities import FrameStore
from gaitcore.settings.input import Input

if TYPE_CHECKING:
    import torch


def open_sequences(
    modality: str, table: Path, split: Path, *roles: str, settings: Input, device: torch.device
) -> tuple[pd.DataFrame, FrameStore]:
    """The sequences whose role is one of ``roles``, and no frame of any other.

    Args:
        modality: the modality of the frames, e.g. "keypoints".
        table: the file that holds them, e.g. poses.parquet.
        split: split.csv.
        roles: train, or gallery and probe, ...
        settings: the input channels and their unit.
        device: the device that holds the frames.

    Returns:
        S rows of split.csv with the key columns and role, and the store of their frames in the same order.

    Raises:
        DataError: table and split do not list the same sequences.
    """
    listed = read_split(split)
    _check_same_sequences(modalities.part(modality, "table").list_sequences(table), listed, table, split)
    keep = listed["role"].isin(roles).to_numpy()
    store = modalities.part(modality, "store").open_store(table, keep, settings, device)
    return listed[keep].reset_index(drop=True), store


def _check_same_sequences(in_table: pd.DataFrame, listed: pd.DataFrame, table: Path, split: Path) -> None:
    keys, named = (frame[list(KEY_COLUMNS)].reset_index(drop=True) for frame in (in_table, listed))
    if len(keys) != len(named) or (keys != named).any(axis=None):
        raise DataError(f"{split.name} and {table.name} do not list the same sequences; delete both and run again.")
