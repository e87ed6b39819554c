"""Colours, markers, labels and sizes shared by all figures."""

import math
from pathlib import Path
from typing import Any

from matplotlib.colors import hsv_to_rgb, to_hex

from gaitcore.evaluation.statistics import MEAN
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.tables import context
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_settings

STYLE = Path(__file__).with_name("figures.mplstyle")
COLUMN, PAGE = 3.4, 7.0  # inches: the width of a column, and of both, of a paper

# The first eight in the palette of Okabe and Ito, "Color Universal Design", 2008, are distinct to the colour-blind.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999", "#8C6D31")
_MARKERS = ("o", "s", "^", "v", "D", "P", "X", "*", "<", ">")
_GOLDEN_RATIO = 0.618034  # as a step of the hue, it never repeats a colour
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def system_style(config: Config, system: str) -> dict[str, Any]:
    """``label``, ``color`` and ``marker`` of a system for Matplotlib, the same in every figure of an experiment.

    They depend on the position of the system in the section ``systems``; systems without an entry there follow in the
    order of ``compare``.
    """
    place = list(dict.fromkeys([*config.systems, *config.compare])).index(system)
    return {
        "label": in_legend(system_settings(config, system).title),
        "color": _colour(place),
        "marker": _MARKERS[place % len(_MARKERS)],
    }


def _colour(place: int) -> str:
    if place < len(_COLOURS):
        return _COLOURS[place]
    red, green, blue = hsv_to_rgb((place * _GOLDEN_RATIO % 1, 0.7, 0.65))
    return to_hex((red, green, blue))


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


def power_of_ten(number: float, _: float | None = None) -> str:
    """``10⁻³`` for 0.001: a tick of a logarithmic axis, as text, since texts in figures are not read as mathematics."""
    exponent = round(math.log10(number))
    power = math.isclose(number, 10.0**exponent)
    return "10" + str(exponent).translate(_SUPERSCRIPT) if power else f"{number:g}"


def counted(number: int, noun: str) -> str:
    """``1 seed``, ``2 seeds``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def listed(texts: list[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))
