"""tables/table1.csv and table2.csv: the cells of a printed table with all their decimals."""

from pathlib import Path

import pandas as pd

from gaitcore.csv_files import (
    NUMBER,
    NUMBER_OR_EMPTY,
    TEXT,
    TRUTH,
    WHOLE,
    WHOLE_OR_EMPTY,
    ColumnType,
    header,
    read_csv,
    write_csv,
)
from gaitcore.errors import DataError

KEYS = {"table1": ("view", "metric"), "table2": ("condition",)}  # the kinds of a table's columns
VALUES = {"view": "rank1_percent", "condition": "rank1_percent", "metric": "percent"}  # the column of the numbers


def columns(key: str) -> dict[str, ColumnType]:
    """The columns of a table whose cells are by "view", "condition" or "metric"."""
    return {
        "block": TEXT,
        "method": TEXT,
        "modality": TEXT,
        "source": TEXT,  # measured or published
        key: TEXT,
        VALUES[key]: NUMBER,
        "std_percent": NUMBER_OR_EMPTY,
        "ci_low_percent": NUMBER_OR_EMPTY,
        "ci_high_percent": NUMBER_OR_EMPTY,
        "n_seeds": WHOLE_OR_EMPTY,  # empty for a published cell
        "collapsed_seeds": WHOLE,
        "untrained_seeds": WHOLE,
        "best": TRUTH,  # of its block and column
    }


def write_cells(cells: pd.DataFrame, path: str | Path) -> None:
    """Write the CSV of a table, whole or not at all."""
    write_csv(cells, path)


def read_cells(path: str | Path) -> pd.DataFrame:
    """The cells of table1.csv or table2.csv, one row each; accuracies in percent.

    Raises:
        DataError: the file is neither of them, is missing or damaged, or has other columns or types.
    """
    name = Path(path).stem
    if name not in KEYS:
        raise DataError(f"{path}: not a table, expected {' or '.join(f'{table}.csv' for table in KEYS)}.")
    first, *others = KEYS[name]
    key = next((key for key in others if header(path)[: len(columns(key))] == list(columns(key))), first)
    return read_csv(path, columns(key))
