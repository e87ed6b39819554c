"""How systems and conditions look in every figure, and how large a figure is."""

from typing import Any

from gaitcore.evaluation.statistics import MEAN
from gaitcore.reporting.tables import context
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_settings

COLUMN, PAGE = 3.4, 7.0  # inches: the width of a column, and of both, of a paper

# Okabe and Ito, "Color Universal Design", 2008: told apart by the colour-blind. A system has its colour everywhere.
_COLOURS = {
    "gaitmixer": "#0072B2",
    "gaitformer": "#D55E00",
    "gaitgraph": "#009E73",
    "gaitgraph2": "#CC79A7",
    "posegait": "#E69F00",
}
_MARKERS = {"gaitmixer": "o", "gaitformer": "s", "gaitgraph": "^", "gaitgraph2": "v", "posegait": "D"}
_OTHER_COLOURS = ("#56B4E9", "#000000", "#999999", "#8C6D31")
_OTHER_MARKERS = ("P", "X", "*", "<", ">")


def of_system(config: Config, system: str) -> dict[str, Any]:
    """``label``, ``color`` and ``marker`` of a system, for matplotlib.

    Variants take what the five systems leave, in the configuration's order.
    """
    title = system_settings(config, system).title
    if system in _COLOURS:
        return {"label": title, "color": _COLOURS[system], "marker": _MARKERS[system]}
    place = [name for name in config.systems if name not in _COLOURS].index(system)
    colour, marker = _OTHER_COLOURS[place % len(_OTHER_COLOURS)], _OTHER_MARKERS[place % len(_OTHER_MARKERS)]
    return {"label": title, "color": colour, "marker": marker}


def condition_title(config: Config, condition: str) -> str:
    """NM, or "Mean"."""
    return "Mean" if condition == MEAN else context.condition_title(config.tables, condition)


def counted(number: int, thing: str) -> str:
    """``1 seed``, ``2 seeds``."""
    return f"{number:,} {thing}{'s' * (number != 1)}"


def listed(texts: list[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))
