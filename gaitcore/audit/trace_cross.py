"""Trace a number in the matrix of training and test sets: to the table of the experiment that it was tested in.

There it is traced on to runs, weights, data and code, see :mod:`gaitcore.audit.trace`.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from gaitcore.artefacts.cross_cells import read_cross_cells
from gaitcore.artefacts.summary import MEAN
from gaitcore.audit.cells import plain
from gaitcore.audit.manifest import NAME, read_manifest
from gaitcore.audit.receipts import read_receipts, relative_name
from gaitcore.audit.trace import RECEIPT, Trace, TracedFile, changes, trace_cell
from gaitcore.digests import file_digest
from gaitcore.errors import DataError
from gaitcore.suggest import nearest

CROSS = "cross"  # the stem of the table


def trace_cross(table: Path, row: str, column: str, block: str | None = None) -> Trace:
    """Trace a cell of ``results/<experiment>/cross/cross.csv``.

    Args:
        table: the CSV.
        row: the system, by its name or title.
        column: the experiment that it was tested in, or the title of its data set.
        block: the experiment that it was trained in, or the title of its data set; it may be left out where the system
            has one row.

    Raises:
        DataError: there is no such cell, or a file behind it is missing or damaged.
    """
    cells = read_cross_cells(table)
    cells = cells[cells["condition"] == MEAN]
    cells = _chosen(cells, row, ("system", "title"), table, "row")
    cells = _chosen(cells, column, ("tested_on", "tested_on_title"), table, "column")
    if block is not None:
        cells = _chosen(cells, block, ("trained_on", "trained_on_title"), table, "block")
    if len(cells) != 1:
        blocks = ", ".join(cells["trained_on"].where(cells["trained_on"] != "", cells["trained_on_title"]))
        raise DataError(f'{table}: "{row}" is in {len(cells)} blocks; choose one with --block: {blocks}')
    cell = {str(name): value for name, value in cells.iloc[0].items()}
    tested = table.parent.parent.parent / cell["tested_on"]
    title = read_manifest(tested).titles.get(cell["tested_system"], cell["tested_system"])
    trace = trace_cell(tested / "tables" / "table2.csv", title, MEAN)
    own = list(_own_files(table, tested / "summary.csv"))
    problems = list(changes(own))
    if abs(float(cell["rank1_percent"]) - float(trace.cell["rank1_percent"])) > 1e-4:
        problems.append(f"{table} has {cell['rank1_percent']} %, but {trace.table} {trace.cell['rank1_percent']} %")
    shown = {
        "method": cell["title"],
        "block": f"trained on {cell['trained_on'] or cell['trained_on_title']}",
        "condition": f"tested on {cell['tested_on']}",
    }
    return replace(trace, table=table, cell=shown, made=(*own, *trace.made), problems=(*problems, *trace.problems))


def _chosen(cells: pd.DataFrame, name: str, columns: tuple[str, str], table: Path, kind: str) -> pd.DataFrame:
    chosen = cells[[any(plain(cell) == plain(name) for cell in row) for row in cells[list(columns)].to_numpy()]]
    if chosen.empty:
        raise DataError(f'{table}: there is no {kind} "{name}"{nearest(name, dict.fromkeys(cells[columns[0]]))}')
    return chosen


def _own_files(table: Path, summary: Path) -> Iterator[TracedFile]:
    """The matrix, and the statistics that it was made from, with what the manifest and the receipt record of them."""
    folder = table.parent.parent
    name, manifest = relative_name(table, folder), read_manifest(folder)
    if name not in manifest.artefacts:
        raise DataError(
            f"{folder / NAME}: does not list {name}, so the number cannot be traced; run the workflow again."
        )
    yield TracedFile(table, file_digest(table), {NAME: manifest.artefacts[name].sha256})
    made = [receipt for receipt in read_receipts(folder).values() if name in receipt.outputs]
    recorded = {
        f"{RECEIPT}{receipt.rule}": receipt.inputs[read]
        for receipt in made
        for read in [relative_name(summary, folder)]
        if read in receipt.inputs
    }
    yield TracedFile(summary, file_digest(summary), recorded)
