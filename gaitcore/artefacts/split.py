"""split.csv: the role of every sequence, written once and read by training and evaluation."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gaitcore.csv_files import KEY_TYPES, REMEDY, TEXT, WHOLE, ColumnType, read_csv, write_csv
from gaitcore.keys import check_keys, text_keys
from gaitcore.protocols.roles import ROLES, check_disjoint
from gaitcore.protocols.sides import GALLERY, NEITHER, PROBE


def _role(text: str) -> str:
    if text not in ROLES:
        raise ValueError(text)
    return text


def _side(text: str) -> str:
    if text not in (GALLERY, PROBE, NEITHER):
        raise ValueError(text)
    return text


ROLE = ColumnType(f"one of {', '.join(ROLES)}", "str", _role)
SIDE = ColumnType(f"{GALLERY}, {PROBE} or an empty cell", "str", _side)
COLUMNS = {**KEY_TYPES, "frames": WHOLE, "role": ROLE, "reason": TEXT}


def write_split(assigned: pd.DataFrame, path: str | Path, comparisons: Sequence[str] = ()) -> None:
    """Write the result of :func:`gaitcore.protocols.roles.assign_roles`, whole or not at all.

    ``comparisons`` are the columns with the side of each sequence in each comparison, where these share sequences.
    """
    write_csv(text_keys(assigned[[*COLUMNS, *comparisons]]), path)


def read_split(path: str | Path) -> pd.DataFrame:
    """split.csv as written, the keys as text; where comparisons share sequences, a column for each follows.

    Raises:
        DataError: the file is missing or damaged, has other columns or types, an unknown role or an invalid key.
        ProtocolError: a subject has roles of two of training, validation and test.
    """
    split = read_csv(path, COLUMNS, further=SIDE)
    check_keys(split, path)
    check_disjoint(split, path, REMEDY)
    return split
