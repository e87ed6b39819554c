"""Validation accuracy against each setting of a sweep: a panel for each setting, a point for each try."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from gaitcore.artefacts.sweep_tries import as_text
from gaitcore.percent import in_percent
from gaitcore.reporting.figures.style import COLUMN, PAGE, legend_above, plain_number
from gaitcore.reporting.tables.sweep import SweepResults, TriedRuns
from gaitcore.settings.sweep import Range

_SOUND, _BEST, _OTHER = "#0072B2", "#D55E00", "#777777"
_PANELS = 3  # in a row
_DECADE = 10  # the ratio of values that are shown on a logarithmic axis
_MOST_TICKS = 8
_STEP = 0.02  # of the axis, between tries of one value
_LOWEST = -4  # percent, below which a deviation is cut


def sweep_figure(results: SweepResults) -> Figure:
    """The figure of all tries, which share their vertical axis."""
    keys = list(results.sweep.settings)
    columns = min(_PANELS, len(keys))
    rows = math.ceil(len(keys) / columns)
    figure = Figure(figsize=(COLUMN if columns == 1 else PAGE, 0.4 + 2.1 * rows))
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axes, key in zip(panels.flat, keys, strict=False):
        _panel(axes, key, results)
    for axes in panels.flat[len(keys) :]:
        axes.remove()
    for axes in panels[:, 0]:
        axes.set_ylabel("Validation rank-1 (%)")
    legend_above(figure, _legend(results))
    return figure


def _panel(axes: Axes, key: str, results: SweepResults) -> None:
    values = [one.tried.settings[key] for one in results.tries]
    places = _place_values(axes, values, results.sweep.settings[key])
    for one, place in zip(results.tries, _side_by_side(places, axes.get_xscale() == "log"), strict=True):
        if one.accuracy is None:
            axes.plot(place, 0.03, "x", color=_OTHER, transform=axes.get_xaxis_transform())
            continue
        spread = None if math.isnan(one.accuracy.std) else in_percent(one.accuracy.std)
        best = one is results.best
        axes.errorbar(
            place,
            in_percent(one.mean),
            yerr=spread,
            marker="D" if best else "o",
            color=_OTHER if _faulty(one) else _BEST if best else _SOUND,
            markerfacecolor="white" if _faulty(one) else None,
            alpha=1 if best else 0.75,
            elinewidth=0.7,
            zorder=3 if best else 2,
        )
    axes.set_xlabel(key)
    axes.set_ylim(bottom=max(axes.get_ylim()[0], _LOWEST))


def _side_by_side(places: Sequence[float], logarithmic: bool) -> list[float]:
    """The places, those of one value a little apart."""
    on_axis = [math.log10(place) for place in places] if logarithmic else list(places)
    step = _STEP * ((max(on_axis) - min(on_axis)) or 1)
    moved = [
        place + step * (on_axis[:number].count(place) - (on_axis.count(place) - 1) / 2)
        for number, place in enumerate(on_axis)
    ]
    return [10**place for place in moved] if logarithmic else moved


def _faulty(one: TriedRuns) -> bool:
    return bool(one.failed or one.collapsed)


def _place_values(axes: Axes, values: Sequence[Any], spec: Any) -> list[float]:
    """The place of each try's value on the axis, on which numbers are numbers and other values stand side by side."""
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        texts = [as_text(value) for value in values]
        names = [as_text(value) for value in spec if as_text(value) in texts]
        axes.set_xticks(range(len(names)), names)
        axes.set_xlim(-0.5, len(names) - 0.5)
        return [float(names.index(text)) for text in texts]
    logarithmic = min(values) > 0 and (
        spec.scale == "log" if isinstance(spec, Range) else max(values) >= _DECADE * min(values)
    )
    if logarithmic:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(plain_number))
    different = sorted(set(values))
    if not isinstance(spec, Range) and len(different) <= _MOST_TICKS:
        axes.set_xticks(different, [f"{value:g}" for value in different])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.margins(x=0.12)
    return [float(np.float64(value)) for value in values]


def _legend(results: SweepResults) -> list[Line2D]:
    def mark(label: str, color: str, marker: str, fill: str | None = None) -> Line2D:
        return Line2D([], [], label=label, color=color, marker=marker, markerfacecolor=fill or color, linestyle="")

    shown = [mark("try", _SOUND, "o")]
    if results.best:
        shown.append(mark("best try", _BEST, "D"))
    if any(_faulty(one) and one.accuracy for one in results.tries):
        shown.append(mark("with a collapsed or failed run", _OTHER, "o", "white"))
    if any(one.accuracy is None for one in results.tries):
        shown.append(mark("failed", _OTHER, "x"))
    return shown
