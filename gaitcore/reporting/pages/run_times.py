"""Run times and memory: of every training run from its run.json, and of the jobs of each rule from their benchmarks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gaitcore.artefacts.benchmarks import JobTime
from gaitcore.artefacts.run_record import RunRecord
from gaitcore.reporting.pages.evidence import duration, gigabytes
from gaitcore.reporting.pages.sections import Grid, Part
from gaitcore.reporting.tables.context import TableContext

_NOTHING = "–"


class Jobs(NamedTuple):
    """The jobs of a rule for one system ("" for rules without systems): their number, and the timed ones."""

    rule: str
    system: str
    number: int
    timed: Sequence[JobTime]


def training_parts(context: TableContext, runs: Sequence[RunRecord]) -> tuple[Part, ...]:
    """A sentence on the total training time and a row for each run, from the content of each run.json."""
    trained = [run for run in runs if not run.imported]
    others = [run for run in runs if run.imported]
    files = f"{len(others)} run{'s' * (len(others) > 1)} with weights that were trained elsewhere"
    if not trained:
        return (f"Nothing was trained here: {files}.",)
    lines = [
        (
            context.system_title(run.system),
            str(run.seed),
            str(run.epoch),
            _NOTHING if run.final_loss is None else f"{run.final_loss:.4f}",
            "yes" if run.collapsed else "no",
            "yes" if run.untrained else "no",
            duration(run.wall_seconds),
            gigabytes(run.peak_memory_bytes),
            run.device,
            ", ".join(map(str, run.resumed_after_steps)) or _NOTHING,
        )
        for run in trained
    ]
    header = (
        "System",
        "Seed",
        "Epoch",
        "Final loss",
        "Collapsed",
        "Nothing to learn",
        "Training",
        "Peak memory",
        "Device",
        "Resumed after step",
    )
    return f"Training took {_total(trained)}{f'; beside them {files}' if others else ''}.", Grid(header, tuple(lines))


def _total(runs: Sequence[RunRecord]) -> str:
    seconds: dict[str, float] = {}
    for run in runs:
        seconds[run.device] = seconds.get(run.device, 0) + run.wall_seconds
    number = f"{len(runs)} run{'s' * (len(runs) > 1)}"
    return f"{' and '.join(f'{duration(total)} on {device}' for device, total in seconds.items())} in total, {number}"


def jobs_grid(context: TableContext, jobs: Iterable[Jobs]) -> Grid:
    """A row for the jobs of each rule and system, with a dash where no job was timed."""
    lines = tuple((group.rule, context.system_title(group.system), *_measured(group)) for group in jobs)
    return Grid(("Rule", "System", "Jobs", "Total wall time", "Peak memory"), lines)


def _measured(jobs: Jobs) -> tuple[str, str, str]:
    if not jobs.timed:
        return str(jobs.number), _NOTHING, _NOTHING
    number = f"{jobs.number}, {len(jobs.timed)} of them timed" if len(jobs.timed) < jobs.number else str(jobs.number)
    peaks = [job.memory_bytes for job in jobs.timed if job.memory_bytes is not None]
    memory = f"{max(peaks) / 1e6:,.0f} MB" if peaks else _NOTHING
    return number, duration(sum(job.seconds for job in jobs.timed)), memory
