"""split.csv: the role of every sequence, written once and read by training and evaluation."""

from pathlib import Path

import pandas as pd

from gaitcore.csv_files import KEY_TYPES, REMEDY, TEXT, WHOLE, ColumnType, read_csv, write_csv
from gaitcore.keys import check_keys, text_keys
from gaitcore.protocols.roles import ROLES, check_disjoint


def _role(text: str) -> str:
    if text not in ROLES:
        raise ValueError(text)
    return text


ROLE = ColumnType(f"one of {', '.join(ROLES)}", "str", _role)
COLUMNS = {**KEY_TYPES, "frames": WHOLE, "role": ROLE, "reason": TEXT}


def write_split(assigned: pd.DataFrame, path: str | Path) -> None:
    """Write the result of :func:`gaitcore.protocols.cross_view.assign_roles`, whole or not at all."""
    write_csv(text_keys(assigned[list(COLUMNS)]), path)


def read_split(path: str | Path) -> pd.DataFrame:
    """split.csv as written, the keys as text.

    Raises:
        DataError: the file is missing or damaged, has other columns or types, an unknown role or an invalid key.
        ProtocolError: a subject has roles of two of training, validation and test.
    """
    split = read_csv(path, COLUMNS)
    check_keys(split, path)
    check_disjoint(split, path, REMEDY)
    return split
