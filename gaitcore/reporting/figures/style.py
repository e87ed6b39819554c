"""Colours, markers, labels and sizes shared by all figures."""

from collections.abc import Iterable
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gaitcore.artefacts.summary import MEAN
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.tables import context
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_title

STYLE = Path(__file__).with_name("figures.mplstyle")
COLUMN, PAGE = 3.4, 7.0  # inches: the width of a column, and of both, of a paper
TALLEST = 8.0  # inches: the height that the PDF of the tables has for a figure; a taller one would be made smaller
SMALL = 7  # points: the smallest text in a figure

# The first eight in the palette of Okabe and Ito, "Color Universal Design", 2008, are distinct to the colour-blind.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999", "#8C6D31")
_MARKERS = ("o", "s", "^", "v", "D", "P", "X", "*", "<", ">")
_LONGEST = 18  # letters of a title in a line
# Further systems have the same colours, with other markers and lines.
_LINES = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))


def system_style(config: Config, system: str) -> dict[str, Any]:
    """``label``, ``color`` and ``marker`` of a system for Matplotlib, the same in every figure of an experiment.

    They depend on the position of the system in the section ``systems``; systems without an entry there follow in the
    order of ``compare``.
    """
    place = _place(config, system)
    return {
        "label": in_legend(system_title(config, system)),
        "color": _COLOURS[place % len(_COLOURS)],
        "marker": _MARKERS[place % len(_MARKERS)],
    }


def line_style(config: Config, system: str) -> dict[str, Any]:
    """``label``, ``color`` and ``linestyle`` of a system's lines, where :func:`system_style` is for its points."""
    style = system_style(config, system)
    return {
        "label": style["label"],
        "color": style["color"],
        "linestyle": _LINES[_place(config, system) // len(_COLOURS) % len(_LINES)],
    }


def _place(config: Config, system: str) -> int:
    return list(dict.fromkeys([*config.systems, *config.compare])).index(system)


def condition_title(config: Config, condition: str) -> str:
    """The title of a condition; of the mean over conditions "Mean", or that of the comparison that stands for it."""
    if condition == MEAN:
        overall = config.statistics.overall
        return condition_title(config, overall) if overall else "Mean"
    return context.condition_title(config, condition)


def mean_in_words(config: Config) -> str:
    """What a number of the condition "mean" is, for captions."""
    overall = config.statistics.overall
    return condition_title(config, overall) if overall else "Mean over conditions"


def conditions_and_mean(config: Config) -> list[str]:
    """The conditions or comparisons in the tables' order, and their mean or what stands for it, as "mean"."""
    return [*(name for name in compared_names(config.protocol) if name != config.statistics.overall), MEAN]


def in_legend(title: str) -> str:
    """A title as a label of a legend, from which Matplotlib leaves out those that begin with an underscore."""
    return f" {title}" if title.startswith("_") else title


def plain_number(number: float, _: float | None = None) -> str:
    """``0.001`` or ``1e−7``: a tick of a logarithmic axis as text, since texts are not read as mathematics."""
    if 1e-6 < number < 1e6:
        return np.format_float_positional(number, precision=6, fractional=False, trim="-")
    mantissa, exponent = f"{number:e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}".replace("-", "−")


def legend_above(figure: Figure, handles: Iterable[Artist], labels: Iterable[str] | None = None) -> None:
    """Write a legend above the panels, in as few lines as fit into the figure's width."""
    entries = list(handles)
    texts = [str(entry.get_label()) for entry in entries] if labels is None else list(labels)
    for columns in range(max(1, len(entries)), 0, -1):
        legend = figure.legend(entries, texts, loc="outside upper center", ncols=columns)
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def folded(title: str) -> str:
    """A title in lines of a few words each."""
    lines: list[str] = []
    for word in title.split():
        if lines and len(lines[-1]) + len(word) < _LONGEST:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


def letter(panels: Iterable[Axes]) -> None:
    """Write a, b, c, ... above the panels of a figure, for its caption to refer to."""
    for axes, name in zip(panels, ascii_lowercase, strict=False):
        axes.set_title(name, loc="left", fontweight="bold")
