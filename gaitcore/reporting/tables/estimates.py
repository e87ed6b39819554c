"""The rows of ``summary.csv`` by key, and the text of a number, its spread, interval and p-value."""

import math
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from typing import NamedTuple

import pandas as pd

from gaitcore.artefacts.summary import DIFFERENCE, MEAN
from gaitcore.percent import in_percent
from gaitcore.reporting.tables.context import TableContext


class Estimate(NamedTuple):
    """One row of the summary; all fractions, NaN where a number does not exist."""

    mean: float
    std: float
    ci_low: float
    ci_high: float
    n_seeds: int
    n_subjects: int
    p_value: float
    p_value_holm: float


def estimates(summary: pd.DataFrame, metric: str) -> dict[tuple[str, str, str], Estimate]:
    """The summary's rows of one metric by (system, condition, view)."""
    rows = summary[summary["metric"] == metric]
    keys = zip(rows["system"], rows["condition"], rows["view"].astype(str), strict=True)
    rows_of_metric = (Estimate(*row) for row in rows[list(Estimate._fields)].itertuples(index=False))
    return dict(zip(keys, rows_of_metric, strict=True))


_METRIC_TITLES = {
    "cells_rank1": "Rank-1, other cameras",
    "cells_rank1_identical": "Rank-1, all cameras",
}


def metric_title(metric: str) -> str:
    """Rank-1 for rank1, and mAP for mAP."""
    return _METRIC_TITLES.get(metric, metric.replace("rank", "Rank-"))


def metric_titles(summary: pd.DataFrame) -> dict[str, str]:
    """The title of each metric of a summary, in its order; a difference is not a metric."""
    return {metric: metric_title(metric) for metric in summary["metric"].unique() if metric != DIFFERENCE}


def measured_systems(summary: pd.DataFrame) -> list[str]:
    """The systems of a summary, in its order; differences of two systems are not systems."""
    return list(summary.loc[summary["metric"] != DIFFERENCE, "system"].unique())


def measured_conditions(summary: pd.DataFrame, context: TableContext) -> list[str]:
    """The conditions with a result, in the context's order."""
    present = set(summary["condition"])
    return [condition for condition in context.condition_titles if condition in present]


def titles_with_mean(summary: pd.DataFrame, context: TableContext) -> dict[str, str]:
    """The titles of the conditions with a result, and of their mean or of the comparison that stands for it."""
    conditions = [name for name in measured_conditions(summary, context) if name != context.overall]
    mean = context.condition_titles[context.overall] if context.overall else "Mean"
    return {name: context.condition_titles[name] for name in conditions} | {MEAN: mean}


def compared_pairs(summary: pd.DataFrame) -> list[tuple[str, str]]:
    """The pairs of systems the summary compares, in its order."""
    compared = set(summary.loc[summary["metric"] == DIFFERENCE, "system"])
    return [(a, b) for a, b in combinations(measured_systems(summary), 2) if f"{a} - {b}" in compared]


def overall(system: str) -> tuple[str, str, str]:
    """The key of a system's mean over conditions."""
    return system, MEAN, MEAN


def at_chance(estimate: Estimate, chance: float) -> bool:
    """Whether the interval reaches down to the accuracy of guessing; never without an interval."""
    return estimate.ci_low <= chance


def printed(fraction: float) -> float:
    """In percent, rounded to one decimal; halves are rounded away from zero, as a reader of the CSV would do."""
    return _one_decimal(in_percent(fraction))


def percent(fraction: float) -> str:
    """94.9 for 0.949, with a minus sign rather than a hyphen; a dash for NaN."""
    return percent_text(in_percent(fraction))


def percent_text(value: float) -> str:
    """94.9 for 94.9: as :func:`percent`, but of a number in percent."""
    return "–" if math.isnan(value) else f"{_one_decimal(value):.1f}".replace("-", "−")


def _one_decimal(value: float) -> float:
    exact = Decimal(repr(round(float(value), 8)))
    return float(exact.quantize(Decimal("0.1"), ROUND_HALF_UP)) + 0.0  # no negative zero


def points(estimate: Estimate) -> str:
    """+4.9 or −0.3: a difference in percentage points."""
    return f"{printed(estimate.mean):+.1f}".replace("-", "−")


def with_spread(estimate: Estimate) -> str:
    """94.9 ± 0.3, or only the mean where there is no spread (one seed)."""
    spread = "" if math.isnan(estimate.std) else f" ± {percent(estimate.std)}"
    return percent(estimate.mean) + spread


def interval(estimate: Estimate) -> str:
    """[93.8, 95.9]; an empty text where there is no interval (one subject)."""
    if math.isnan(estimate.ci_low):
        return ""
    return f"[{percent(estimate.ci_low)}, {percent(estimate.ci_high)}]"


def p_value(value: float) -> str:
    """p = 0.031, p < 0.001, or "not tested" (one subject)."""
    if math.isnan(value):
        return "not tested"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
