"""summary.csv: the statistics over all runs of an experiment, from each run's subjects.csv."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gaitcore.artefacts.embeddings import read_tested
from gaitcore.artefacts.rank1 import write_rank1
from gaitcore.artefacts.subjects import read_subjects
from gaitcore.artefacts.summary import MEAN, write_summary
from gaitcore.errors import REMEDY, DataError
from gaitcore.evaluation.open_set import Pairs, summarise_open_set
from gaitcore.evaluation.statistics import NO_SEED, summarise
from gaitcore.percent import in_percent
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.statistics import Statistics

log = logging.getLogger(__name__)

PROBES = ["condition", "view", "subject", "probes"]


@dataclass(frozen=True)
class OpenSetSource:
    """What the open-set rows of summary.csv are computed from.

    Attributes:
        embeddings: (system, seed) of each run, its embeddings.parquet and the split.csv of its frames.
        evaluations: system -> its section of the configuration.
        protocol: that section of the configuration.
    """

    embeddings: Sequence[tuple[tuple[str, int | None], Path, Path]]
    evaluations: Mapping[str, Evaluation]
    protocol: Protocol

    def pairs(self) -> dict[str, dict[int | None, Pairs]]:
        """System -> seed -> the pairs that the protocol compares."""
        runs: dict[str, dict[int | None, Pairs]] = {}
        for (system, seed), path, split in self.embeddings:
            pairs = Pairs.of(*read_tested(path, split), self.evaluations[system], self.protocol)
            runs.setdefault(system, {})[seed] = pairs
        return runs


def summarise_runs(
    runs: Iterable[tuple[tuple[str, int | None], Path]],
    settings: Statistics,
    output: Path,
    rank1: Path | None = None,
    open_set: OpenSetSource | None = None,
    conditions: Sequence[str] = (),
) -> None:
    """Gather each run's subjects.csv and write summary.csv.

    Args:
        runs: (system, seed) of each run and the path of its subjects.csv; the seed of weights from a file is None.
        settings: level, resamples and seed of the bootstrap.
        output: summary.csv; fractions, long form, see :func:`gaitcore.evaluation.statistics.summarise`.
        rank1: rank1.json, with each system's mean rank-1 per condition; None writes none.
        open_set: the runs' embeddings, for rows of EER and TAR; None adds none.
        conditions: conditions or comparisons in the order in which the log has them, that of the tables.

    Raises:
        DataError: a file is damaged, or two runs were not measured on the same probes.
    """
    tables = {
        path: read_subjects(path).assign(system=system, seed=NO_SEED if seed is None else seed)
        for (system, seed), path in runs
    }
    _check_same_probes(tables)
    by_subject = pd.concat(tables.values(), ignore_index=True)
    resampling = settings.model_dump(exclude={"overall"})
    summary = summarise(by_subject, **resampling)
    if open_set:
        summary = pd.concat([summary, summarise_open_set(open_set.pairs(), **resampling)], ignore_index=True)
    summary = with_overall(summary, settings.overall)
    write_summary(summary, output)
    if rank1:
        write_rank1(_rank1_means(summary), rank1)
    rows = _rank1_rows(summary)
    systems, names = (
        list(dict.fromkeys(row["system"] for row in rows)),
        [*conditions, *(row["condition"] for row in rows)],
    )
    for row in sorted(rows, key=lambda row: (systems.index(row["system"]), names.index(row["condition"]))):
        values = (in_percent(row[column]) for column in ("mean", "ci_low", "ci_high"))
        log.info("%s, %s: rank-1 %.1f %%  [%.1f, %.1f]", row["system"], row["condition"], *values)


def with_overall(summary: pd.DataFrame, overall: str | None) -> pd.DataFrame:
    """The summary, with the numbers of the comparison ``overall``, if it is set, in the place of the mean.

    Comparisons that share probes have no mean of their own, since a probe would count in it several times.

    Raises:
        DataError: no probe is compared there.
    """
    if overall is None:
        return summary
    chosen = summary[(summary["condition"] == overall) & (summary["view"] == MEAN)]
    if chosen.empty:
        raise DataError(f"statistics.overall is {overall}, in which there is no probe; set it to null.")
    kept = summary[summary["condition"] != MEAN]
    return pd.concat([kept, chosen.assign(condition=MEAN)], ignore_index=True)


def _check_same_probes(tables: Mapping[Path, pd.DataFrame]) -> None:
    """The runs of a system have the same rows; a file that lost some would change the statistics without a word."""
    first: dict[str, tuple[Path, set[Any]]] = {}
    for path, table in tables.items():
        rows = set(table[PROBES].itertuples(index=False, name=None))
        if not rows:
            raise DataError(f"{path}: has no rows, expected one for each condition, view and subject; {REMEDY}.")
        other, expected = first.setdefault(str(table["system"].iloc[0]), (path, rows))
        if rows != expected:
            raise DataError(
                f"{path}: other probes than in {other} ({len(rows)} and {len(expected)} rows); delete both and run "
                "again."
            )


def _rank1_means(summary: pd.DataFrame) -> dict[str, dict[str, float]]:
    """system -> condition (or "mean") -> fraction."""
    means: dict[str, dict[str, float]] = {}
    for row in _rank1_rows(summary):
        means.setdefault(row["system"], {})[row["condition"]] = row["mean"]
    return means


def _rank1_rows(summary: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of mean rank-1, of each condition and of all of them."""
    rows = summary[(summary["view"] == MEAN) & (summary["metric"] == "rank1")]
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.itertuples(index=False)]
