"""Trace an accuracy of a try of a sweep to its runs, weights, data, split, code, revision and machine."""

import math
from pathlib import Path

from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.summary import MEAN, TESTED_METRIC
from gaitcore.artefacts.sweep_tries import CONDITION, read_tries
from gaitcore.audit.cells import plain
from gaitcore.audit.manifest import read_manifest
from gaitcore.audit.receipts import relative_name
from gaitcore.audit.trace import Ledger, Trace, data_files, problems_of, traced_run
from gaitcore.errors import DataError
from gaitcore.percent import as_fraction
from gaitcore.reporting.tables.estimates import Estimate
from gaitcore.suggest import nearest

SWEEP = "sweep"  # the stem of the table


def trace_sweep(table: Path, row: str, column: str, block: str | None = None) -> Trace:
    """Trace a cell of ``results/<experiment>/sweep/sweep.csv``.

    Args:
        table: the CSV.
        row: the name of the try, or its place in the table: 1 is the best.
        column: a condition, or "mean".
        block: None; the table has no blocks.

    Raises:
        DataError: there is no such cell, or a file behind it is missing or damaged.
    """
    if block is not None:
        raise DataError(f"{table}: has no blocks, expected a call without --block.")
    tries = read_tries(table)
    names = tries["try"].tolist()
    name = names[int(row) - 1] if row.isascii() and row.isdecimal() and 0 < int(row) <= len(names) else row
    if name not in names:
        raise DataError(f'{table}: there is no try "{row}"{nearest(row, names)}')
    columns = [str(one) for one in tries if str(one).startswith(CONDITION)]
    titles = {MEAN: "rank1_percent", **{one.removeprefix(CONDITION): one for one in columns}}
    condition = next((one for one in titles if plain(one) == plain(column)), None)
    if condition is None:
        raise DataError(f'{table}: there is no condition "{column}"{nearest(column, titles)}')
    cells = tries[tries["try"] == name].iloc[0]
    percent = float(cells[titles[condition]])
    if math.isnan(percent):
        raise DataError(f"{table}: {name} has no accuracy to trace, since all of its runs failed.")
    folder = table.parent.parent
    ledger, own = Ledger.of(folder, read_manifest(folder)), relative_name(table, folder)
    runs = tuple(
        traced_run(ledger, run, seed, TESTED_METRIC, (condition, MEAN), table, own)
        for run, seed in _runs(ledger, name)
        if read_metrics(folder / run / "metrics.json").means[TESTED_METRIC]
    )
    made, data = (ledger.traced(own),), tuple(data_files(ledger, own))
    std = float(as_fraction(cells["std_percent"])) if condition == MEAN else math.nan
    blank = (math.nan, math.nan, len(runs), 0, math.nan, math.nan)
    cell = {"method": name, "condition": condition, "rank1_percent": percent}
    estimate = Estimate(float(as_fraction(percent)), std, *blank)
    return Trace(table, cell, estimate, runs, made, data, tuple(problems_of(cell, runs, [*made, *data])))


def _runs(ledger: Ledger, name: str) -> list[tuple[str, int]]:
    """The runs of a try, by seed."""
    prefix = f"{SWEEP}/{name}/seed-"
    seeds = sorted(
        int(file.removeprefix(prefix).removesuffix("/run.json"))
        for file in ledger.manifest.artefacts
        if file.startswith(prefix) and file.endswith("/run.json")
    )
    return [(f"{prefix}{seed}", seed) for seed in seeds]
