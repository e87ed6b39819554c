"""What it took: every training run by its run.json, and every kind of job as Snakemake timed it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from gaitcore.reporting.pages.evidence import duration, gigabytes
from gaitcore.reporting.pages.sections import Grid, Part
from gaitcore.reporting.tables.context import TableContext

MEBIBYTE = 2**20  # Snakemake's unit of memory
_NOTHING = "–"


class Jobs(NamedTuple):
    """The jobs of a rule, of one system where it has systems (else ""), and their benchmark files."""

    rule: str
    system: str
    benchmarks: Sequence[str | Path]


def training_parts(context: TableContext, runs: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    """How long training took in all, and each run, from the content of each run.json."""
    lines = [
        (
            context.system_title(run["system"]),
            str(run["seed"]),
            str(run["epoch"]),
            f"{run['final_loss']:.4f}",
            "yes" if run["collapsed"] else "no",
            duration(run["wall_seconds"]),
            gigabytes(run["peak_memory_bytes"]),
            run["device"],
            ", ".join(map(str, run["resumed_after_steps"])) or _NOTHING,
        )
        for run in runs
    ]
    header = (
        "System",
        "Seed",
        "Epoch",
        "Final loss",
        "Collapsed",
        "Training",
        "Peak memory",
        "Device",
        "Resumed after step",
    )
    return f"Training took {_total(runs)}.", Grid(header, tuple(lines))


def _total(runs: Sequence[Mapping[str, Any]]) -> str:
    seconds: dict[str, float] = {}
    for run in runs:
        seconds[run["device"]] = seconds.get(run["device"], 0) + run["wall_seconds"]
    number = f"{len(runs)} run{'s' * (len(runs) > 1)}"
    return f"{' and '.join(f'{duration(total)} on {device}' for device, total in seconds.items())} in all, {number}"


def jobs_grid(context: TableContext, timed: Iterable[Jobs]) -> Grid:
    """A row for the jobs of each rule and system; a dash where no benchmark file is there."""
    lines = tuple((jobs.rule, context.system_title(jobs.system), *_measured(jobs.benchmarks)) for jobs in timed)
    return Grid(("Rule", "System", "Jobs", "Wall time in all", "Peak memory"), lines)


def _measured(benchmarks: Sequence[str | Path]) -> tuple[str, str, str]:
    found = [_read(path) for path in map(Path, benchmarks) if path.is_file()]
    if not found:
        return str(len(benchmarks)), _NOTHING, _NOTHING
    number = f"{len(benchmarks)}, {len(found)} of them timed" if len(found) < len(benchmarks) else str(len(found))
    measured = pd.concat(found)
    peak = measured["max_rss"].max() * MEBIBYTE / 1e6
    return number, duration(measured["s"].sum()), _NOTHING if math.isnan(peak) else f"{peak:,.0f} MB"


def _read(path: Path) -> pd.DataFrame:
    """Seconds and resident memory (MiB) of a job; of one that was too short to be looked at, no memory."""
    return pd.read_csv(path, sep="\t", usecols=["s", "max_rss"], na_values=["-"])
