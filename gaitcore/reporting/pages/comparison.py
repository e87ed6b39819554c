"""Published against measured: both numbers side by side, with a verdict.

The verdict is the position of the published number: within the measured interval, above it or below it. The published
numbers are the best of several runs and have no interval of their own, so the verdict does not test them.
"""

import math

import pandas as pd

from gaitcore.artefacts.summary import MEAN
from gaitcore.reporting.pages.sections import Grid
from gaitcore.reporting.tables.context import TableContext
from gaitcore.reporting.tables.estimates import (
    Estimate,
    estimates,
    interval,
    measured_systems,
    points,
    printed,
    titles_with_mean,
    with_spread,
)
from gaitcore.reporting.tables.published import published_rows

COMPARISON_TITLE = "Published against measured: rank-1 accuracy (%)"
VERDICT_NOTE = (
    "The verdict says where the published number lies: within the measured interval, above or below it. The "
    "difference is measured minus published, in points. The authors describe their numbers as the best of eight "
    "runs, so a mean is expected below them."
)
WITHIN, ABOVE, BELOW = "within", "above", "below"
_VERDICTS = (WITHIN, ABOVE, BELOW)
_NO_VERDICT = "no interval"
_INCOMPLETE = "incomplete data"
_NOTHING = "–"

Comparison = tuple[str, str, float | None, Estimate]  # titles of system and condition, published fraction, measured


def verdict(published: float, measured: Estimate) -> str:
    """The position of a published accuracy (a fraction): "within", "above" or "below" the measured interval.

    Compared as printed, with one decimal of a percent. The verdict is "no interval" for one subject.
    """
    if math.isnan(measured.ci_low):
        return _NO_VERDICT
    if printed(published) > printed(measured.ci_high):
        return ABOVE
    return BELOW if printed(published) < printed(measured.ci_low) else WITHIN


def conclusion(summary: pd.DataFrame, context: TableContext) -> str:
    """How many published numbers lie within the measured intervals, in one sentence; or why there is no verdict."""
    if context.show_published and context.gaps:
        return (
            f"The data are incomplete, so there is no verdict on the published numbers: {' '.join(context.gaps)} "
            "A smaller gallery makes identification easier, and fewer training subjects make it harder."
        )
    verdicts = [
        verdict(number, estimate) for _, _, number, estimate in _comparisons(summary, context) if number is not None
    ]
    if not verdicts:
        return (
            "This experiment shows no published rows, since nothing was published for its data and protocol. There is "
            "nothing to reproduce; this page describes what was measured and how."
        )
    counts = {name: verdicts.count(name) for name in (*_VERDICTS, _NO_VERDICT)}
    parts = [f"{counts[WITHIN]} within the measured interval", f"{counts[ABOVE]} above it", f"{counts[BELOW]} below it"]
    parts += [f"{counts[_NO_VERDICT]} without an interval to compare with"] * bool(counts[_NO_VERDICT])
    return f"Of {len(verdicts)} published numbers {', '.join(parts[:-1])} and {parts[-1]}."


def comparison_grid(summary: pd.DataFrame, context: TableContext) -> Grid:
    """The published number of every system and condition beside the measured one; where none is, the measured alone."""
    comparisons = _comparisons(summary, context)
    if all(published is None for _, _, published, _ in comparisons):
        return _measured_grid(comparisons)
    lines = []
    for title, condition, published, estimate in comparisons:
        number, difference, position = _NOTHING, _NOTHING, _NOTHING
        if published is not None:
            number = f"{printed(published):.1f}"
            difference = points(estimate._replace(mean=estimate.mean - published))
            position = _INCOMPLETE if context.gaps else verdict(published, estimate)
        measured = with_spread(estimate), difference, interval(estimate) or _NOTHING
        lines.append((title, condition, number, *measured, position, str(estimate.n_seeds)))
    header = ("System", "Condition", "Published", "Measured", "Difference", "Interval", "Verdict", "Seeds")
    return Grid(header, tuple(lines), numbers=True)


def _measured_grid(comparisons: list[Comparison]) -> Grid:
    lines = tuple(
        (title, condition, with_spread(estimate), interval(estimate) or _NOTHING, str(estimate.n_seeds))
        for title, condition, _, estimate in comparisons
    )
    return Grid(("System", "Condition", "Measured", "Interval", "Seeds"), lines, numbers=True)


def _comparisons(summary: pd.DataFrame, context: TableContext) -> list[Comparison]:
    """(system's title, condition's title, published fraction, measured) of every system and condition."""
    published, rank1 = _published(context), estimates(summary, "rank1")
    return [
        (title, condition_title, published.get((title, condition)), rank1[system, condition, MEAN])
        for system in measured_systems(summary)
        for title in [context.system_title(system)]
        for condition, condition_title in titles_with_mean(summary, context).items()
    ]


def _published(context: TableContext) -> dict[tuple[str, str], float]:
    """(system's title, condition) -> the published fraction; empty where the tables show no published rows.

    A method with rows for poses of several kinds has none, since it is open which one a result is to be compared with.
    """
    if not context.show_published:
        return {}
    rows = published_rows(context.system_titles.values(), context.published_set, context.overall)
    rows = rows[rows.groupby("method")["frames"].transform("nunique") == 1]
    return dict(zip(zip(rows["method"], rows["condition"], strict=True), rows["rank1"], strict=True))
