"""``tables/summary.md``: one page that says what was run and what came out of it."""

import pandas as pd

from gaitcore.evaluation.statistics import DIFFERENCE, MEAN
from gaitcore.reporting.tables import notes
from gaitcore.reporting.tables.context import TableContext
from gaitcore.reporting.tables.estimates import (
    compared_pairs,
    estimates,
    interval,
    measured_systems,
    overall,
    p_value,
    percent,
    points,
    titles_with_mean,
    with_spread,
)
from gaitcore.reporting.tables.layout import COLLAPSED_MARK, PUBLISHED_MARK
from gaitcore.reporting.tables.markdown import bullets, grid, page
from gaitcore.reporting.tables.published import published_table2

_METRIC_TITLES = {"rank1": "Rank-1", "rank5": "Rank-5", "mAP": "mAP"}


def summary_markdown(summary: pd.DataFrame, context: TableContext) -> str:
    """The page; ``summary`` is what :func:`gaitcore.evaluation.statistics.summarise` returns."""
    care = [
        notes.chance_note(summary, context),
        *notes.collapse_notes(summary, context),
        notes.excluded_note(context),
        notes.interval_sentence(summary),
    ]
    return page(
        [
            f"# {context.dataset}: results of the experiment `{context.experiment}`",
            notes.protocol_sentence(summary, context),
            f"{notes.run_sentence(summary, context)} {notes.reported_sentence(context)}",
            "## Rank-1 accuracy (%)",
            _rank1_grid(summary, context),
            *([bullets(notes.published_notes())] if context.show_published else []),
            "## All metrics, mean over conditions (%)",
            _metrics_grid(summary, context),
            *_differences(summary, context),
            "## Read with care",
            bullets(care),
        ]
    )


def _rank1_grid(summary: pd.DataFrame, context: TableContext) -> str:
    rank1 = estimates(summary, "rank1")
    titles = titles_with_mean(summary, context)
    lines = _published_lines(titles) if context.show_published else []
    for system in measured_systems(summary):
        found = [rank1[system, condition, MEAN] for condition in titles]
        mark = COLLAPSED_MARK * bool(context.collapsed_seeds(system))
        cells = [f"{with_spread(estimate)} {interval(estimate)}".strip() for estimate in found]
        lines.append([context.system_title(system) + mark, str(found[-1].n_seeds), *cells])
    return grid(lines, ["System", "Seeds", *titles.values()])


def _published_lines(titles: dict[str, str]) -> list[list[str]]:
    lines = []
    for method, rows in published_table2().groupby("method", sort=False):
        rank1 = dict(zip(rows["condition"], rows["rank1"], strict=True))
        cells = [percent(rank1[condition]) if condition in rank1 else "–" for condition in titles]
        lines.append([str(method) + PUBLISHED_MARK, "", *cells])
    return lines


def _metrics_grid(summary: pd.DataFrame, context: TableContext) -> str:
    found = {title: estimates(summary, metric) for metric, title in _METRIC_TITLES.items()}
    lines = [
        [context.system_title(system), *(with_spread(rows[overall(system)]) for rows in found.values())]
        for system in measured_systems(summary)
    ]
    return grid(lines, ["System", *found])


def _differences(summary: pd.DataFrame, context: TableContext) -> list[str]:
    pairs = compared_pairs(summary)
    if not pairs:
        return []
    found = estimates(summary, DIFFERENCE)
    lines = []
    for a, b in pairs:
        for condition, title in titles_with_mean(summary, context).items():
            estimate = found[f"{a} - {b}", condition, MEAN]
            pair = f"{context.system_title(a)} − {context.system_title(b)}"
            tests = [p_value(estimate.p_value), p_value(estimate.p_value_holm)]
            lines.append([pair, title, points(estimate), interval(estimate), *tests])
    header = [
        "Systems",
        "Condition",
        "Points",
        "Interval",
        "Paired test",
        f"After Holm ({len(pairs)} pair{'s' * (len(pairs) > 1)})",
    ]
    explained = (
        "Rank-1 differences in percentage points. The paired test flips the two systems subject by subject, after "
        "averaging over seeds, so it is about these trained networks and not about training them again."
    )
    return [
        "## Differences between systems",
        explained,
        grid(lines, header),
        *notes.smallest_p_notes(summary, context),
    ]
