"""Tables 1 and 2 of the GaitMixer paper, with measured results beside the published ones.

The layout follows the paper: Table 1 has one block per condition and one column per probe view, Table 2 one column
per condition. ``layout.py`` defines a table; ``latex.py``, ``markdown.py`` and ``html.py`` print it.
"""

import math
from collections.abc import Iterable, Iterator

import pandas as pd

from gaitcore.artefacts.summary import MEAN
from gaitcore.evaluation.measured import ALL_VIEWS
from gaitcore.evaluation.open_set import METRICS as OPEN_SET
from gaitcore.keys import canonical, degrees, natural, view_title
from gaitcore.reporting.tables import notes
from gaitcore.reporting.tables.context import TableContext
from gaitcore.reporting.tables.estimates import (
    Estimate,
    estimates,
    measured_conditions,
    measured_systems,
    metric_titles,
    titles_with_mean,
)
from gaitcore.reporting.tables.layout import Row, Table, mark_best
from gaitcore.reporting.tables.published import CASIA_B, published_others, published_rows, published_table1

_GROUPS = {"keypoints": "skeleton", "silhouettes": "appearance"}
_MEASURED_BLOCK = "Measured"


def table1(summary: pd.DataFrame, context: TableContext) -> Table:
    """Rank-1 per condition and probe view, or all metrics where a probe is compared with all views at once.

    Published methods come first, then the measured systems. ``summary`` is what
    :func:`gaitcore.evaluation.statistics.summarise` returns.
    """
    rank1 = summary[summary["metric"] == "rank1"]
    by_view = set(rank1["view"]) - {MEAN} != {ALL_VIEWS}
    return _table_by_view(summary, context) if by_view else _table_by_metric(summary, context)


def _table_by_view(summary: pd.DataFrame, context: TableContext) -> Table:
    conditions = measured_conditions(summary, context)
    rows = mark_best(_rows_per_view(summary, context, conditions), context.chance)
    views = sorted({view for row in rows for view in row.cells} - {MEAN}, key=natural)
    return Table(
        name="table1",
        title="Table 1: per probe view",
        label=f"tab:{context.experiment}-per-view",
        caption=f"Rank-1 accuracy (%) on {context.dataset} per probe view. {_caption(summary, context, rows)}",
        corner=(f"Gallery {context.gallery}", "Probe"),
        spanner=_spanner(views),
        block_title="Probe",
        key="view",
        columns={view: view_title(view) for view in views} | {MEAN: "Mean"},
        spread_in=frozenset({MEAN}),
        rows=rows,
        notes=tuple(_notes(summary, context, conditions)),
    )


def _table_by_metric(summary: pd.DataFrame, context: TableContext) -> Table:
    conditions = measured_conditions(summary, context)
    columns = metric_titles(summary[~summary["metric"].isin(OPEN_SET)])  # a table of accuracies, not of errors
    rows = mark_best(_rows_per_metric(summary, context, conditions, columns), context.chance)
    return Table(
        name="table1",
        title="Table 1: all metrics",
        label=f"tab:{context.experiment}-metrics",
        caption=f"Accuracy (%) on {context.dataset}. {_caption(summary, context, rows)}",
        corner=("", "Probe"),
        spanner="Metric",
        block_title="Probe",
        key="metric",
        columns=columns,
        spread_in=frozenset(columns),
        rows=rows,
        notes=tuple(_notes(summary, context, conditions)),
    )


def table2(summary: pd.DataFrame, context: TableContext) -> Table:
    """Rank-1 per condition and their mean: appearance based, skeleton based, and the measured systems.

    ``summary`` is what :func:`gaitcore.evaluation.statistics.summarise` returns.
    """
    columns = titles_with_mean(summary, context)
    rows = mark_best(_rows_per_condition(summary, context), context.chance)
    return Table(
        name="table2",
        title="Table 2: per condition",
        label=f"tab:{context.experiment}-per-condition",
        caption=f"Rank-1 accuracy (%) on {context.dataset} per condition. {_caption(summary, context, rows)}",
        corner=("", "Method"),
        spanner="Probe",
        block_title="Group",
        key="condition",
        columns=columns,
        spread_in=frozenset(columns),
        rows=rows,
        notes=tuple(_notes(summary, context, [MEAN])),
    )


def _spanner(views: list[str]) -> str:
    """The header above the columns of views: the first and the last of many angles, or every view."""
    titles = list(map(view_title, views))
    angles = all(degrees(view) is not None for view in views)
    return f"{titles[0]}–{titles[-1]}" if angles and len(views) > 2 else ", ".join(titles)


def _rows_per_view(summary: pd.DataFrame, context: TableContext, conditions: list[str]) -> Iterator[Row]:
    published = published_table1() if context.show_published and context.published_set == CASIA_B else None
    rank1 = estimates(summary, "rank1")
    for condition in conditions:
        block = context.probe_labels[condition]
        if published is not None:
            published_rows = published[published["condition"] == condition]
            for method, rows in published_rows.groupby("method", sort=False):
                frames = "OpenPose" if method == "PoseGait" else "HRNet"
                yield Row(block, str(method), "skeleton", True, _printed(rows, "view"), frames=frames)
        for system in measured_systems(summary):
            # Published views are 0, 18, ...; measured views have the spelling of the data: 000, 018, ...
            cells = {
                canonical(view): cell for (name, c, view), cell in rank1.items() if (name, c) == (system, condition)
            }
            yield _measured_row(system, block, cells, context, " (measured)" * context.show_published)


def _rows_per_metric(
    summary: pd.DataFrame, context: TableContext, conditions: list[str], metrics: Iterable[str]
) -> Iterator[Row]:
    by_metric = {metric: estimates(summary, metric) for metric in metrics}
    published = published_others(context.published_set) if context.show_published else None
    for condition in conditions:
        block = context.probe_labels[condition]
        if published is not None:
            own = published[published["condition"] == condition]
            for names, rows in own.groupby(["title", "frames"], sort=False):
                title, frames = map(str, names)
                yield Row(block, title, "skeleton", True, _printed(rows, "metric", "fraction"), frames=frames)
        for system in measured_systems(summary):
            cells = {metric: values[system, condition, MEAN] for metric, values in by_metric.items()}
            yield _measured_row(system, block, cells, context, " (measured)" * context.show_published)


def _rows_per_condition(summary: pd.DataFrame, context: TableContext) -> Iterator[Row]:
    if context.show_published:
        published = published_rows(context.system_titles.values(), context.published_set, context.overall)
        for names, rows in published.groupby(["block", "modality", "title", "frames"], sort=False):
            block, modality, title, frames = map(str, names)
            yield Row(block, title, modality, True, _printed(rows, "condition"), frames=frames)
    rank1 = estimates(summary, "rank1")
    block = _MEASURED_BLOCK if context.show_published else ""
    for system in measured_systems(summary):
        cells = {condition: cell for (name, condition, view), cell in rank1.items() if (name, view) == (system, MEAN)}
        yield _measured_row(system, block, cells, context)


def _printed(rows: pd.DataFrame, key: str, value: str = "rank1") -> dict[str, Estimate]:
    none = math.nan
    fractions = zip(rows[key], rows[value], strict=True)
    return {column: Estimate(mean, none, none, none, 0, 0, none, none) for column, mean in fractions}


def _measured_row(system: str, block: str, cells: dict[str, Estimate], context: TableContext, suffix: str = "") -> Row:
    title = context.system_title(system) + suffix
    return Row(
        block,
        title,
        _GROUPS[context.modalities.get(system, "keypoints")],
        False,
        cells,
        len(context.collapsed_seeds(system)),
        len(context.untrained_seeds(system)),
        imported=context.imported(system),
        frames=context.estimator,
    )


def _caption(summary: pd.DataFrame, context: TableContext, rows: tuple[Row, ...]) -> str:
    sentences = [notes.protocol_sentence(summary, context), notes.run_sentence(summary, context)]
    if any(row.best for row in rows):
        sentences.append("Bold: the best of each column within a block.")
    return " ".join(sentences)


def _notes(summary: pd.DataFrame, context: TableContext, conditions: list[str]) -> Iterator[str]:
    if context.show_published:
        of_table2 = conditions == [MEAN]  # which has rows of silhouettes, and of systems after the paper
        yield from notes.published_notes(context.system_titles.values() if of_table2 else None, context.published_set)
    yield from notes.marked_run_notes(summary, context)
    yield from notes.origin_notes(context)
    yield notes.reported_sentence(context)
    yield from notes.comparison_notes(summary, context, conditions)
    yield notes.chance_note(summary, context)
    several = (notes.overall_note, notes.counts_note, notes.denominators_note, notes.products_note)
    yield from filter(None, (note(context) for note in several))
    yield notes.excluded_note(context)
