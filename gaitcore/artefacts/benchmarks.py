"""``benchmarks/``: how long each job took and how much memory it used, in the columns of Snakemake, which writes it."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from gaitcore.errors import DataError

MEBIBYTE = 2**20  # the unit of max_rss
_UNKNOWN = ("-", "NA")  # the job was too short to sample


class JobTime(NamedTuple):
    """The wall time of one job, and its peak memory; None for a job too short to sample."""

    seconds: float
    memory_bytes: float | None


def read_benchmarks(paths: Iterable[str | Path]) -> list[JobTime]:
    """The jobs whose benchmark files exist; a file may be missing, e.g. after a pull of the results."""
    return [time for path in map(Path, paths) if path.is_file() for time in read_benchmark(path)]


def read_benchmark(path: Path) -> list[JobTime]:
    """The jobs of a benchmark file, one for each repeat.

    Raises:
        DataError: the file is cut off or is not a benchmark.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    try:
        times = [_job_time(row) for row in rows]
    except (KeyError, TypeError, ValueError):
        times = []
    if not times:
        raise DataError(
            f"{path}: cut off or damaged, expected numbers in the columns s and max_rss; delete it, and the report "
            "shows no time."
        )
    return times


def _job_time(row: dict[str, str]) -> JobTime:
    memory = row["max_rss"]
    return JobTime(float(row["s"]), None if memory in _UNKNOWN else float(memory) * MEBIBYTE)
