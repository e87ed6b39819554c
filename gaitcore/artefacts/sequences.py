"""The sequences of some roles: their keys from split.csv, checked against the protocol; their frames from a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gaitcore import modalities
from gaitcore.artefacts.split import read_split
from gaitcore.errors import DataError
from gaitcore.keys import KEY_COLUMNS, sequence_names
from gaitcore.modalities import FrameStore
from gaitcore.protocols.derivation import derive_roles_of
from gaitcore.settings.input import Input
from gaitcore.settings.protocol import Protocol

if TYPE_CHECKING:
    import torch

_SHOWN = 60  # characters of a cell in a message


def open_sequences(
    modality: str,
    tables: Mapping[str, Path],
    split: Path,
    *roles: str,
    protocol: Protocol,
    settings: Input,
    device: torch.device,
) -> tuple[pd.DataFrame, FrameStore]:
    """The sequences whose role is one of ``roles``, and no frame of any other.

    The roles are derived again from the protocol and the table; split.csv must agree in every row. Whoever trains on
    sequences or evaluates them opens them here.

    Args:
        modality: the modality of the frames, e.g. "keypoints".
        tables: modality -> the file that holds its frames, e.g. poses.parquet; with ``protocol.common_tests`` those of
            all modalities, since all decide which sequences are tested.
        split: the split of this modality, e.g. split.csv.
        roles: train, or gallery and probe, ...
        protocol: that section of the configuration, by which the roles are derived.
        settings: the input channels and their unit.
        device: the device that holds the frames.

    Returns:
        S rows of split.csv with the key columns, role and the column of each comparison, and the store of their frames
        in the same order.

    Raises:
        DataError: table and split do not list the same sequences, or the split differs from the derived roles.
        ProtocolError: sequences and protocol do not fit together, or a subject is both trained on and tested.
    """
    listed = read_split(split)
    table = tables[modality]
    in_tables = {name: modalities.part(name, "table").list_sequences(path) for name, path in tables.items()}
    _check_same_sequences(in_tables[modality], listed, table, split)
    _check_same_roles(derive_roles_of(modality, in_tables, protocol), listed, table, split)
    keep = listed["role"].isin(roles).to_numpy()
    store = modalities.part(modality, "store").open_store(table, keep, settings, device)
    return listed[keep].reset_index(drop=True), store


def _check_same_sequences(in_table: pd.DataFrame, listed: pd.DataFrame, table: Path, split: Path) -> None:
    keys, named = (frame[list(KEY_COLUMNS)].reset_index(drop=True) for frame in (in_table, listed))
    if len(keys) != len(named) or (keys != named).any(axis=None):
        raise DataError(f"{split.name} and {table.name} do not list the same sequences; delete both and run again.")


def _check_same_roles(derived: pd.DataFrame, listed: pd.DataFrame, table: Path, split: Path) -> None:
    """Refuse a split.csv that is not what the protocol makes of the table."""
    own = [str(name) for name in derived if name not in KEY_COLUMNS]
    if further := sorted({*own} ^ {str(name) for name in listed if name not in KEY_COLUMNS}):
        raise DataError(
            f"{split}: the column {further[0]} is in it or in the protocol, expected it in both; delete "
            f"{split.name} and run again."
        )
    for column in own:
        expected, found = derived[column].astype(str), listed[column].astype(str)
        for row in (expected != found).to_numpy().nonzero()[0][:1]:
            raise DataError(
                f"{split}, line {row + 2}: sequence {sequence_names(listed.iloc[[row]])[0]} has the {column} "
                f'"{found[row][:_SHOWN]}", expected "{expected[row]}" by the protocol and {table.name}; delete '
                f"{split.name} and run again, or change protocol in the experiment's overlay."
            )
