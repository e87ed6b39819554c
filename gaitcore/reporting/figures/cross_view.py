"""Rank-1 accuracy of one system for every gallery view and probe view, a matrix per condition."""

from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gaitcore.artefacts.metrics import Metrics, read_metrics
from gaitcore.keys import degrees, natural, view_title
from gaitcore.percent import in_percent
from gaitcore.protocols.derivation import excludes_identical_view
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.style import COLUMN, PAGE, SMALL, TALLEST, condition_title
from gaitcore.reporting.tables.estimates import percent_text
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_title
from gaitcore.words import counted, listed

# The settings that this figure depends on.
SECTIONS = "compare systems data.dataset protocol tables.conditions"


CELL = 12 / 72  # inches: the least side of a cell with a legible number in it
CELLS = ["condition", "gallery_view", "probe_view"]
COLOURS = "viridis"  # even steps, and safe for the colour-blind
_BESIDE, _BETWEEN = 1.0, 0.05  # inches: labels and colour bar beside the panels; between two of them
BRIGHT = 45  # percent: from this accuracy on, black numbers are more legible than white ones
DASH = "–"


def draw(config: Config, *, system: str, metrics: Sequence[Path]) -> Drawing:
    """Draw the figure from metrics.json of the system's runs.

    The numbers: condition, gallery_view and probe_view, probes (how many), rank1_percent and std_percent over
    seeds, n_seeds, identical_view (if it is left out of every mean). A cell without a result has no rank1_percent.
    """
    cells = cross_view_cells(config, metrics)
    numbers = cells.round({"rank1_percent": 4, "std_percent": 4})
    return Drawing(_figure(config, cells), numbers, _caption(config, system, cells))


def cross_view_cells(config: Config, metrics: Sequence[Path]) -> pd.DataFrame:
    """The numbers, as :func:`draw` returns them, not rounded; conditions in the configuration's order."""
    rows = [row for path in metrics for row in _run_cells(read_metrics(path))]
    frame = pd.DataFrame(rows, columns=[*CELLS, "probes", "rank1"]).astype({"rank1": float})
    seeds = frame.assign(rank1=in_percent(frame["rank1"])).groupby(CELLS, sort=False)
    rank1 = seeds["rank1"].agg(rank1_percent="mean", std_percent="std", n_seeds="count")
    cells = pd.concat([seeds["probes"].first(), rank1], axis=1).reset_index()
    excluded = excludes_identical_view(config.protocol)
    cells["identical_view"] = (cells["gallery_view"] == cells["probe_view"]) & excluded
    order = list(compared_names(config.protocol))
    return cells.sort_values("condition", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)


def _run_cells(metrics: Metrics) -> list[tuple[str, str, str, int, float | None]]:
    return [
        (condition, gallery, probe, table.probes[row][column], table.cells["rank1"][row][column])
        for condition, table in metrics.conditions.items()
        for row, gallery in enumerate(table.views)
        for column, probe in enumerate(table.views)
    ]


def _figure(config: Config, cells: pd.DataFrame) -> Figure:
    """One panel per condition; the number of panels in a row keeps the numbers in the cells readable."""
    by_condition = {str(name): rows for name, rows in cells.groupby("condition", sort=False)}
    side = CELL * cells["probe_view"].nunique()
    most = max(1, min(4, int((PAGE - _BESIDE) / (side + _BETWEEN))))
    rows = ceil(len(by_condition) / most)
    columns = ceil(len(by_condition) / rows)
    width = COLUMN if columns == 1 and side < COLUMN - _BESIDE else PAGE
    figure = Figure(figsize=(width, min(TALLEST, 0.5 + rows * (width - _BESIDE) / columns)))
    panels = figure.subplots(rows, columns, squeeze=False)
    for number, axes in enumerate(panels.flat):
        if number < len(by_condition):
            condition = list(by_condition)[number]
            mesh = _matrix(axes, by_condition[condition], tick_views=number % columns == 0)
            axes.set_title(condition_title(config, condition))
        else:
            axes.remove()
    unit = " (degrees)" if cells["probe_view"].map(_has_degrees).all() else ""
    figure.supxlabel(f"Probe view{unit}")
    figure.supylabel(f"Gallery view{unit}")
    figure.colorbar(mesh, ax=figure.axes, label="Rank-1 accuracy (%)", aspect=20 * rows, pad=0.01)
    return figure


def _matrix(axes: Axes, cells: pd.DataFrame, *, tick_views: bool) -> QuadMesh:
    """A condition's cells with the number in each, the first gallery view on top; excluded ones without a colour."""
    views = sorted(cells["probe_view"].unique(), key=natural)
    table, excluded = (
        cells.pivot(index="gallery_view", columns="probe_view", values=name).loc[views, views]
        for name in ("rank1_percent", "identical_view")
    )
    identical = excluded.to_numpy(bool)
    edges = np.arange(len(table) + 1) - 0.5
    mesh = axes.pcolormesh(edges, edges, table.mask(identical), cmap=COLOURS, vmin=0, vmax=100)
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        if identical[row, column]:
            place = (column - 0.5, row - 0.5)
            axes.add_patch(Rectangle(place, 1, 1, facecolor="white", edgecolor="#BBBBBB", linewidth=0.5))
        text = DASH if np.isnan(value) else f"{value:.0f}"
        dark = not identical[row, column] and value < BRIGHT
        axes.text(column, row, text, ha="center", va="center", fontsize=SMALL, color="white" if dark else "black")
    ticks = _ticks(views)
    axes.set_xticks(range(len(table)), ticks, rotation=90 if len(table) > 6 else 0)
    axes.set_yticks(range(len(table)), ticks)
    axes.tick_params(length=0, labelleft=tick_views)
    axes.spines[:].set_visible(False)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    return mesh


def _has_degrees(view: str) -> bool:
    return degrees(view) is not None


def _ticks(views: Iterable[str]) -> list[str]:
    """Angles without the sign, since the axis has the unit; with it where not all views are angles."""
    titles = list(map(view_title, views))
    return [title.removesuffix("°") for title in titles] if all(map(_has_degrees, views)) else titles


def _caption(config: Config, system: str, cells: pd.DataFrame) -> str:
    return (
        f"Rank-1 accuracy of {system_title(config, system)} on {config.data.dataset} in percent for each "
        f"gallery and probe view, mean over {counted(int(cells['n_seeds'].max()), 'seed')}. {_diagonal(config)} "
        f"{' '.join(_findings(config, cells))}"
    )


def _diagonal(config: Config) -> str:
    if excludes_identical_view(config.protocol):
        return "Cells without a colour: identical views, which no mean includes."
    return "The means include identical views."


def _findings(config: Config, cells: pd.DataFrame) -> list[str]:
    """Sentences on the means, the extremes and the effect of the angle between views."""
    sentences = [f"{DASH}: no probe or no gallery sequence."] if cells["rank1_percent"].isna().any() else []
    crossed = cells[~cells["identical_view"]].dropna(subset="rank1_percent")
    if crossed.empty:
        return [*sentences, "There are no other pairs of views."]
    means = [
        f"{condition_title(config, condition)} {_percent(rows.groupby('probe_view')['rank1_percent'].mean().mean())}"
        for condition, rows in ((str(name), rows) for name, rows in crossed.groupby("condition", sort=False))
    ]
    rank1 = crossed["rank1_percent"]
    best, worst = (crossed.iloc[int(place)] for place in (rank1.argmax(), rank1.argmin()))
    without, other = (" without identical views", " other") if cells["identical_view"].any() else ("", "")
    return [
        *sentences,
        f"Mean{without}: {listed(means)}.",
        f"The highest of the{other} cells is {_cell(config, best)}, the lowest {_cell(config, worst)}.",
        *_by_angle(crossed),
    ]


def _by_angle(crossed: pd.DataFrame) -> list[str]:
    """The accuracy at the smallest angle between two views and at the one nearest to a right angle.

    Views without degrees have no angle to others. Without any pair of angles there is no sentence.
    """
    crossed = crossed[crossed["gallery_view"].map(_has_degrees) & crossed["probe_view"].map(_has_degrees)]
    if crossed.empty:
        return []
    turn = (crossed["gallery_view"].map(degrees) - crossed["probe_view"].map(degrees)).abs() % 360
    angle = turn.where(turn <= 360 - turn, 360 - turn).rename("angle")
    means = crossed.groupby(["condition", angle])["rank1_percent"].mean().groupby("angle").mean()
    near, across = means.index.min(), min(means.index, key=lambda degrees: abs(degrees - 90))
    if near == across:
        return []
    return [
        f"Mean over conditions of views {near}° apart: {_percent(means[near])}; "
        f"{across}° apart: {_percent(means[across])}."
    ]


def _cell(config: Config, cell: pd.Series) -> str:
    gallery, probe = view_title(cell["gallery_view"]), view_title(cell["probe_view"])
    where = f"{condition_title(config, cell['condition'])}, gallery {gallery}, probe {probe}"
    return f"{_percent(cell['rank1_percent'])} ({where})"


def _percent(value: float) -> str:
    return f"{percent_text(value)}%"
