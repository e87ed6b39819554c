"""Loss, learning rate, spread of the embeddings and validation accuracy by epoch."""

from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from gaitcore import extensions
from gaitcore.artefacts.training_history import read_history
from gaitcore.percent import in_percent
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.style import COLUMN, legend_above, letter, line_style, plain_number, system_style
from gaitcore.settings.experiment import Config
from gaitcore.systems import is_trained, runs_of, system_section, system_title
from gaitcore.words import counted, listed

# The settings that this figure depends on.
SECTIONS = "compare systems training data.dataset seeds"


LOSS, RATE, SPREAD, VALIDATION = "loss", "learning_rate", "spread", "validation_rank1_percent"
LABELS = {LOSS: "Loss", RATE: "Learning rate", SPREAD: "Spread", VALIDATION: "Validation\nrank-1 (%)"}
DECADES = 5  # maximum of a logarithmic axis; lower values, such as zeros, are drawn at its lower edge
MARKERS = 8  # approximate number on a line
_CAPTION_NAMES = {
    LOSS: "loss",
    RATE: "learning rate",
    SPREAD: "spread of the embeddings",
    VALIDATION: "validation rank-1",
}


def draw(config: Config, *, training: Sequence[Path]) -> Drawing:
    """Draw the figure from training.csv of every run, in the configuration's order of systems and seeds.

    The numbers: system, epoch, quantity (loss, learning_rate, spread, validation_rank1_percent), mean, lowest and
    highest of the seeds, n_seeds; six significant digits.
    """
    numbers = curves(config, training)
    return Drawing(_figure(config, numbers), numbers, _caption(config, numbers))


def curves(config: Config, training: Sequence[Path]) -> pd.DataFrame:
    """The numbers, as :func:`draw` returns them.

    Seeds are joined by epoch. Where runs differ in length, later epochs cover the longer runs only, and ``n_seeds`` is
    their number; an epoch without a validation has no row for it.
    """
    runs = []
    for (system, _), path in zip(runs_of(config, _trained(config)), training, strict=True):
        run = read_history(path)
        run[VALIDATION] = in_percent(run["validation_rank1"])
        runs.append(run.melt("epoch", list(LABELS), "quantity", "value").assign(system=system))
    rows = pd.concat(runs).dropna(subset="value")
    order = {"system": pd.CategoricalDtype(list(config.compare)), "quantity": pd.CategoricalDtype(list(LABELS))}
    groups = rows.astype(order).groupby(["system", "epoch", "quantity"], observed=True)["value"]
    numbers = groups.agg(mean="mean", lowest="min", highest="max", n_seeds="count").reset_index()
    values = ["mean", "lowest", "highest"]
    numbers[values] = numbers[values].map(lambda value: float(f"{value:.6g}"))
    return numbers.astype({"system": str, "quantity": str})


def _trained(config: Config) -> list[str]:
    """The systems that are trained in this experiment; the weights of others come from elsewhere."""
    return [name for name in config.compare if is_trained(config, name)]


def collapse_spreads(config: Config) -> list[float]:
    """The distinct thresholds of the systems: a run that ends with a lower spread counts as collapsed.

    The root mean square distance between two embeddings is sqrt(2 spread) of their length.
    """
    recipes = (system_section(config, name, "training") for name in _trained(config))
    distances = {recipe.collapse_distance for recipe in recipes if recipe.epochs}
    return sorted(distance**2 / 2 for distance in distances - {0.0})


def _figure(config: Config, numbers: pd.DataFrame) -> Figure:
    """One panel for each quantity that some run has, one above the other."""
    present = [quantity for quantity in LABELS if (numbers["quantity"] == quantity).any()] or [LOSS, SPREAD]
    figure = Figure(figsize=(COLUMN, 0.6 + 1.15 * len(present)))
    panels = dict(zip(present, figure.subplots(len(present), sharex=True), strict=True))
    letter(panels.values())
    for quantity, axes in panels.items():
        rows = numbers[numbers["quantity"] == quantity]
        floor = 0.0 if quantity == VALIDATION else _floor(rows)
        for system in dict.fromkeys(rows["system"]):
            _line(
                axes, rows[rows["system"] == system], floor, line_style(config, system) | system_style(config, system)
            )
        axes.set_ylabel(LABELS[quantity])
    for spread in collapse_spreads(config):
        panels[SPREAD].axhline(spread, color="#555555", linestyle=":", linewidth=0.8, label="collapsed below")
    for axes in (axes for quantity, axes in panels.items() if quantity != VALIDATION):
        axes.set_yscale("log")
        _ticks(axes)
    figure.align_ylabels()
    panels[present[-1]].set_xlabel("Epoch")
    panels[present[-1]].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    handles = dict(zip(*reversed(panels[SPREAD].get_legend_handles_labels()), strict=True))
    legend_above(figure, handles.values(), handles)
    return figure


def _ticks(axes: Axes) -> None:
    """Powers of ten where the axis shows a decade or more, else round numbers: there may be no power of ten on it."""
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(numticks=5) if high >= 10 * low else MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(plain_number)
    axes.yaxis.set_minor_locator(NullLocator())


def _floor(rows: pd.DataFrame) -> float:
    return rows["highest"].max() / 10**DECADES or 10.0**-DECADES


def _line(axes: Axes, points: pd.DataFrame, floor: float, style: dict[str, Any]) -> None:
    """A system's mean, and the band from its lowest to its highest seed."""
    mean, lowest, highest = (points[name].clip(lower=floor) for name in ("mean", "lowest", "highest"))
    axes.plot(points["epoch"], mean, markevery=max(1, len(points) // MARKERS), markersize=3, **style)
    if points["n_seeds"].max() > 1:
        axes.fill_between(points["epoch"], lowest, highest, color=style["color"], alpha=0.25, linewidth=0)


def _caption(config: Config, numbers: pd.DataFrame) -> str:
    if numbers.empty:
        return f"Training on {config.data.dataset}: no system is trained, so there is no curve."
    present = [name for quantity, name in _CAPTION_NAMES.items() if (numbers["quantity"] == quantity).any()]
    quantities = [f"{name} ({panel})" for name, panel in zip(present, ascii_lowercase, strict=False)]
    seeds = len(config.seeds)
    lines = f"Lines are means over {seeds} seeds, bands reach from the lowest to the highest. " if seeds > 1 else ""
    return (
        f"Training on {config.data.dataset} by epoch: {listed(quantities)}; learning rate and spread are those of the "
        "last step of an epoch. A spread of 0 means that all embeddings are one point, a spread of 1 that they have no "
        "direction in common. "
        f"{lines}At the end: {'; '.join(_ends(config, numbers))}. {''.join(_remarks(config, numbers))}".strip()
    )


def _ends(config: Config, numbers: pd.DataFrame) -> list[str]:
    """A text on the last epoch of each system."""
    texts = []
    for system in dict.fromkeys(numbers["system"]):
        rows = numbers[numbers["system"] == system]
        last = rows[rows["epoch"] == rows["epoch"].max()].set_index("quantity")["mean"]
        kind = extensions.declared("losses", system_section(config, system, "training").loss.kind)["TITLE"]
        texts.append(
            f"{system_title(config, system)} after {counted(int(rows['epoch'].max()), 'epoch')}, {kind} "
            f"{_digits(last[LOSS])}, spread {_digits(last[SPREAD])}"
        )
    return texts


def _remarks(config: Config, numbers: pd.DataFrame) -> list[str]:
    """Sentences that a reader of these curves needs."""
    recipes = {system_title(config, name): system_section(config, name, "training") for name in _trained(config)}
    untrained = [title for title, recipe in recipes.items() if not recipe.epochs]
    recipes = {title: recipe for title, recipe in recipes.items() if recipe.epochs}
    sentences = [f"Not trained: {listed(untrained)}. "] if untrained else []
    sentences += [
        f"{title}'s second phase begins after epoch {recipe.epochs}. "
        for title, recipe in recipes.items()
        if recipe.second_phase
    ]
    if len({recipe.loss.kind for recipe in recipes.values()}) > 1:
        sentences.append("Losses of different kinds are not comparable. ")
    logarithmic = numbers[numbers["quantity"] != VALIDATION].groupby("quantity")
    if any((rows["lowest"] < _floor(rows)).any() for _, rows in logarithmic):
        sentences.append(f"Values more than {DECADES} decades below a panel's highest are drawn at its lower edge. ")
    if spreads := collapse_spreads(config):
        limits = listed([_digits(spread) for spread in spreads])
        sentences.append(f"A run that ends with a spread below {limits} (dotted) counts as collapsed.")
    return sentences


def _digits(value: float) -> str:
    """Three significant digits."""
    return np.format_float_positional(value, precision=3, fractional=False, trim="-")
