"""Accuracies by the data set trained on and the data set tested on: a matrix for each system, numbers in the cells."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gaitcore.artefacts.summary import MEAN
from gaitcore.reporting.figures.cross_view import BRIGHT, COLOURS, DASH
from gaitcore.reporting.figures.style import COLUMN, PAGE, SMALL, folded
from gaitcore.reporting.tables.estimates import percent_text

_CELL = 0.5  # inches, the height of a row


def cross_figure(cells: pd.DataFrame) -> Figure:
    """The figure of cross.csv's means over conditions; the same data set trained on and tested on has a frame."""
    means = cells[cells["condition"] == MEAN]
    tested = list(dict.fromkeys(means["tested_on"]))
    systems = {str(name): rows for name, rows in means.groupby("system", sort=False)}
    rows = max(rows["trained_on"].nunique() for rows in systems.values())
    width = COLUMN if len(systems) == 1 else PAGE
    figure = Figure(figsize=(width, 1.1 + _CELL * rows))
    panels = figure.subplots(1, len(systems), squeeze=False)
    for axes, of_system in zip(panels.flat, systems.values(), strict=True):
        mesh = _matrix(axes, of_system, tested)
        axes.set_title(of_system["title"].iloc[0])
    figure.supxlabel("Tested on")
    figure.supylabel("Trained on")
    figure.colorbar(mesh, ax=figure.axes, label="Rank-1 accuracy (%)", aspect=8 * rows, pad=0.01)
    return figure


def _matrix(axes: Axes, cells: pd.DataFrame, tested: list[str]) -> QuadMesh:
    trained = list(dict.fromkeys(cells["trained_on"]))
    values = np.full((len(trained), len(tested)), np.nan)
    titles = dict(zip(cells["trained_on"], cells["trained_on_title"], strict=True))
    columns = dict(zip(cells["tested_on"], cells["tested_on_title"], strict=True))
    for _, cell in cells.iterrows():
        row, column = trained.index(cell["trained_on"]), tested.index(cell["tested_on"])
        values[row, column] = cell["rank1_percent"]
        colour = "white" if cell["rank1_percent"] < BRIGHT else "black"
        axes.text(
            column, row - 0.04, percent_text(cell["rank1_percent"]), ha="center", va="bottom", fontsize=8, color=colour
        )
        ends = f"[{percent_text(cell['ci_low_percent'])}, {percent_text(cell['ci_high_percent'])}]"
        if not np.isnan(cell["ci_low_percent"]):
            axes.text(column, row + 0.08, ends, ha="center", va="top", fontsize=SMALL, color=colour)
        if cell["trained_on"] == cell["tested_on"]:
            corner = (column - 0.47, row - 0.46)
            axes.add_patch(Rectangle(corner, 0.94, 0.92, fill=False, edgecolor=colour, zorder=2))
    mesh = axes.pcolormesh(
        np.arange(len(tested) + 1) - 0.5, np.arange(len(trained) + 1) - 0.5, values, cmap=COLOURS, vmin=0, vmax=100
    )
    for row, column in np.argwhere(np.isnan(values)):
        axes.text(column, row, DASH, ha="center", va="center", fontsize=8)
    axes.set_xticks(range(len(tested)), [folded(columns.get(name, name)) for name in tested])
    axes.set_yticks(range(len(trained)), [folded(titles[name]) for name in trained])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.invert_yaxis()
    return mesh
