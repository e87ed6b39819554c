"""The cell of a table that a user names by row and column."""

import re
from pathlib import Path
from typing import Any

import pandas as pd

from gaitcore.artefacts.table_cells import read_cells
from gaitcore.errors import DataError
from gaitcore.keys import canonical
from gaitcore.suggest import nearest
from gaitcore.workflow_command import workflow_command

MEASURED = " (measured)"  # suffix of a system's name in a table with published rows


def table_path(table: str | Path) -> Path:
    """The CSV of a table that a user names by any of its files."""
    path = Path(table)
    if not path.name or "\0" in str(table):
        raise DataError(f"{str(table)!r}: not a table, expected e.g. results/demo/tables/table2.csv.")
    return path.with_suffix(".csv")


def table_cell(table: Path, row: str, column: str, block: str | None) -> dict[str, Any]:
    """The row of a table's CSV that a user names; see ``gaitcore.audit.trace.trace_cell``.

    Raises:
        DataError: there is no such cell, it is a published one, or several match.
    """
    if not table.is_file():
        raise DataError(f"{table}: no such file; make it with: {workflow_command('tables', table.parent.parent.name)}")
    cells = read_cells(table)
    (key,) = {"view", "condition", "metric"} & set(cells)
    row_cells = _in_block(_measured(cells, row, table), row, None if key == "condition" else block, table)
    key_value = canonical(column.removesuffix("°"))
    matching = row_cells[row_cells[key] == key_value]
    if matching.empty:
        matching = row_cells[row_cells[key].str.lower() == key_value.lower().replace("rank-", "rank")]
    if len(matching) != 1:
        raise DataError(f'{table}: "{row}" has no column "{column}"{nearest(column.lower(), row_cells[key])}')
    return {str(name): value for name, value in matching.iloc[0].items()}


def _measured(cells: pd.DataFrame, row: str, table: Path) -> pd.DataFrame:
    """The measured cells of a method; a published row may have the same name."""
    row_cells = cells[cells["method"].map(plain) == plain(row)]
    if row_cells.empty:
        raise DataError(f'{table}: there is no row "{row}"{nearest(row, cells["method"].unique())}')
    measured = row_cells[row_cells["source"] == "measured"]
    if measured.empty:
        raise DataError(
            f'{table}: "{row}" is a published row, as printed in the paper; see gaitcore/reporting/tables/.'
        )
    return measured


def _in_block(cells: pd.DataFrame, row: str, block: str | None, table: Path) -> pd.DataFrame:
    """The cells in one block; ``block`` must choose it where there are several."""
    blocks = list(cells["block"].unique())
    chosen = [name for name in blocks if block in (None, name, name.split("#")[0])]
    if not chosen and block:
        chosen = [name for name in blocks if block.lower() in (name.lower(), name.lower().split("#")[0])]
    if len(chosen) != 1:
        raise DataError(f'{table}: "{row}" is in {len(blocks)} blocks; choose one with --block: {", ".join(blocks)}')
    return cells[cells["block"] == chosen[0]]


def plain(method: str) -> str:
    """A method without marks and additions, in lower case."""
    return re.sub(r"[†‡§¶]", "", method).removesuffix(MEASURED).strip().lower()
