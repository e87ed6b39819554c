"""``tables/summary.md``: one page with the protocol and the results of an experiment."""

import pandas as pd

from gaitcore.artefacts.summary import DIFFERENCE, MEAN
from gaitcore.reporting.tables import notes
from gaitcore.reporting.tables.context import TableContext
from gaitcore.reporting.tables.estimates import (
    compared_pairs,
    estimates,
    interval,
    measured_systems,
    metric_titles,
    overall,
    p_value,
    percent,
    points,
    titles_with_mean,
    with_spread,
)
from gaitcore.reporting.tables.layout import PUBLISHED_MARK, run_marks
from gaitcore.reporting.tables.markdown import bullets, grid, heading, page
from gaitcore.reporting.tables.published import published_rows


def summary_markdown(summary: pd.DataFrame, context: TableContext) -> str:
    """The page; ``summary`` is what :func:`gaitcore.evaluation.statistics.summarise` returns."""
    cautions = [
        notes.chance_note(summary, context),
        *notes.marked_run_notes(summary, context),
        *notes.origin_notes(context),
        *filter(None, [notes.counts_note(context), notes.denominators_note(context), notes.products_note(context)]),
        notes.excluded_note(context),
        notes.interval_sentence(summary),
    ]
    return page(
        [
            heading(1, f"{context.dataset}: results of the experiment {context.experiment}"),
            notes.protocol_sentence(summary, context),
            f"{notes.run_sentence(summary, context)} {notes.reported_sentence(context)}",
            heading(2, "Rank-1 accuracy (%)"),
            _rank1_grid(summary, context),
            *(
                [bullets(notes.published_notes(context.system_titles.values(), context.published_set))]
                if context.show_published
                else []
            ),
            heading(2, "All metrics, mean over conditions (%)"),
            _metrics_grid(summary, context),
            *_differences(summary, context),
            heading(2, "Read with care"),
            bullets(cautions),
        ]
    )


def _rank1_grid(summary: pd.DataFrame, context: TableContext) -> str:
    rank1 = estimates(summary, "rank1")
    titles = titles_with_mean(summary, context)
    lines = _published_lines(titles, context) if context.show_published else []
    for system in measured_systems(summary):
        cells_of_row = [rank1[system, condition, MEAN] for condition in titles]
        collapsed, untrained = len(context.collapsed_seeds(system)), len(context.untrained_seeds(system))
        mark = run_marks(collapsed, untrained, context.imported(system))
        cells = [f"{with_spread(estimate)} {interval(estimate)}".strip() for estimate in cells_of_row]
        lines.append([context.system_title(system) + mark, str(cells_of_row[-1].n_seeds or "–"), *cells])
    return grid(lines, ["System", "Seeds", *titles.values()])


def _published_lines(titles: dict[str, str], context: TableContext) -> list[list[str]]:
    lines = []
    published = published_rows(context.system_titles.values(), context.published_set, context.overall)
    several = published.groupby("method")["frames"].nunique() > 1
    for names, rows in published.groupby(["method", "frames"], sort=False):
        method, frames = map(str, names)
        rank1 = dict(zip(rows["condition"], rows["rank1"], strict=True))
        cells = [percent(rank1[condition]) if condition in rank1 else "–" for condition in titles]
        title = f"{method}, {frames}" if several[method] else method
        lines.append([title + PUBLISHED_MARK, "", *cells])
    return lines


def _metrics_grid(summary: pd.DataFrame, context: TableContext) -> str:
    by_metric = {title: estimates(summary, metric) for metric, title in metric_titles(summary).items()}
    lines = []
    for system in measured_systems(summary):
        mean = overall(system)  # a rate at few false acceptances is told only where there are enough pairs
        cells = [with_spread(rows[mean]) if mean in rows else "–" for rows in by_metric.values()]
        lines.append([context.system_title(system), *cells])
    return grid(lines, ["System", *by_metric])


def _differences(summary: pd.DataFrame, context: TableContext) -> list[str]:
    pairs = compared_pairs(summary)
    if not pairs:
        return []
    differences = estimates(summary, DIFFERENCE)
    lines = []
    for a, b in pairs:
        for condition, title in titles_with_mean(summary, context).items():
            estimate = differences[f"{a} - {b}", condition, MEAN]
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
    explanation = (
        "Rank-1 differences in percentage points. The paired test exchanges the two systems subject by subject, after "
        "averaging over seeds, so it compares these trained networks and does not cover retraining."
    )
    return [
        heading(2, "Differences between systems"),
        explanation,
        grid(lines, header),
        *notes.smallest_p_notes(summary, context),
    ]
