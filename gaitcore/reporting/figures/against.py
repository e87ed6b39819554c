"""Accuracy against an option of the network: the systems that ``figures.against`` names."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from gaitcore.artefacts.summary import MEAN, read_summary
from gaitcore.percent import in_percent
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.style import (
    COLUMN,
    condition_title,
    conditions_and_mean,
    in_legend,
    legend_above,
    mean_in_words,
)
from gaitcore.reporting.tables.estimates import percent_text
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_section
from gaitcore.words import counted

# The settings that this figure depends on.
SECTIONS = (
    "compare systems network data.dataset protocol statistics.confidence statistics.overall tables.conditions "
    "figures.against"
)


BESIDE = 1.03  # the factor between neighbouring points of one value, on the logarithmic axis
OPTION_LABELS = {"kernel": "temporal kernel (frames)"}  # other options have their names of the configuration
# Colours stand for systems in all figures; here conditions differ in grey, line and marker.
_LINES = (("#777777", "o", ":"), ("#777777", "s", "-."), ("#777777", "^", (0, (4, 2))), ("#AAAAAA", "v", ":"))


def draw(config: Config, *, option: str, summary: Path) -> Drawing:
    """Draw the figure from summary.csv.

    The numbers: one row per system and condition (and "mean", over conditions), sorted by the option's value: system,
    the option, condition, rank1_percent, std_percent, ci_low_percent, ci_high_percent, n_seeds.
    """
    numbers = accuracy_against(option, config, read_summary(summary))
    return Drawing(_figure(option, config, numbers), numbers, _caption(option, config, numbers))


def accuracy_against(option: str, config: Config, summary: pd.DataFrame) -> pd.DataFrame:
    """The numbers, as :func:`draw` returns them."""
    networks = {name: system_section(config, name, "network") for name in config.figures.against[option]}
    values = {name: network.model_dump()[option] for name, network in networks.items()}
    rows = summary[(summary["metric"] == "rank1") & (summary["view"] == MEAN) & summary["system"].isin(values)]
    numbers = pd.DataFrame(
        {"system": rows["system"], option: rows["system"].map(values), "condition": rows["condition"]}
    )
    for column, source in (("rank1", "mean"), ("std", "std"), ("ci_low", "ci_low"), ("ci_high", "ci_high")):
        numbers[f"{column}_percent"] = in_percent(rows[source]).round(4)
    numbers["n_seeds"] = rows["n_seeds"]
    return numbers.sort_values([option, "condition"], kind="stable").reset_index(drop=True)


def _figure(option: str, config: Config, numbers: pd.DataFrame) -> Figure:
    """One line per condition over the option's values, with the interval of each point."""
    figure = Figure(figsize=(COLUMN, 2.4))
    axes = figure.subplots()
    conditions = conditions_and_mean(config)
    for number, condition in enumerate(conditions):
        points = numbers[numbers["condition"] == condition]
        mean = points["rank1_percent"]
        colour, marker, line = ("black", "D", "-") if condition == MEAN else _LINES[number % len(_LINES)]
        axes.errorbar(
            points[option] * BESIDE ** (number - (len(conditions) - 1) / 2),
            mean,
            yerr=[mean - points["ci_low_percent"], points["ci_high_percent"] - mean],
            label=in_legend(condition_title(config, condition)),
            marker=marker,
            capsize=2,
            linestyle=line,
            color=colour,
        )
    ticks = sorted(set(numbers[option]))
    axes.set_xscale("log")
    axes.set_xticks(ticks, [str(value) for value in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel(_label(option).capitalize())
    axes.set_ylabel("Rank-1 accuracy (%)")
    legend_above(figure, *axes.get_legend_handles_labels())
    return figure


def _caption(option: str, config: Config, numbers: pd.DataFrame) -> str:
    mean = numbers[numbers["condition"] == MEAN]
    best, worst = mean.iloc[int(mean["rank1_percent"].argmax())], mean.iloc[int(mean["rank1_percent"].argmin())]
    level = in_percent(config.statistics.confidence)
    return (
        f"Rank-1 accuracy on {config.data.dataset} against {_label(option)}, mean over "
        f"{counted(int(mean['n_seeds'].max()), 'seed')} with the {level:g}% bootstrap "
        f"interval over subjects and seeds. {mean_in_words(config)}: the highest is "
        f"{percent_text(best['rank1_percent'])}% at {best[option]:g}, the lowest "
        f"{percent_text(worst['rank1_percent'])}% at {worst[option]:g}."
    )


def _label(option: str) -> str:
    return OPTION_LABELS.get(option, option)
