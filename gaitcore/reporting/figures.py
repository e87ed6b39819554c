"""Figures: drawn in one style, with the numbers behind them beside them."""

from pathlib import Path

import matplotlib.style
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from gaitcore.config import Config
from gaitcore.evaluation.statistics import MEAN
from gaitcore.files import replacing

STYLE = Path(__file__).with_name("figures.mplstyle")
BESIDE = 1.03  # points of one value stand beside one another, on the logarithmic axis
OPTION_LABELS = {"kernel": "Temporal kernel (frames)"}  # others are called as in the configuration


def accuracy_against(option: str, config: Config, summary: pd.DataFrame) -> pd.DataFrame:
    """Rank-1 of the systems that differ in one option of their network.

    Args:
        option: one of ``figures.against``.
        config: the experiment's configuration.
        summary: summary.csv.

    Returns:
        One row per system and condition (and "mean", over conditions), sorted by the option's value: system, option,
        condition, rank1_percent, std_percent, ci_low_percent, ci_high_percent, n_seeds.
    """
    values = {name: config.system(name).network.model_dump()[option] for name in config.figures.against[option]}
    rows = summary[(summary["metric"] == "rank1") & (summary["view"] == MEAN) & summary["model"].isin(values)]
    found = pd.DataFrame({"system": rows["model"], option: rows["model"].map(values), "condition": rows["condition"]})
    for column, source in (("rank1", "mean"), ("std", "std"), ("ci_low", "ci_low"), ("ci_high", "ci_high")):
        found[f"{column}_percent"] = (100 * rows[source]).round(4)
    found["n_seeds"] = rows["n_seeds"]
    return found.sort_values([option, "condition"], kind="stable").reset_index(drop=True)


def draw_accuracy_against(option: str, config: Config, numbers: pd.DataFrame) -> Figure:
    """One line per condition over the option's values, with the interval of each point."""
    with matplotlib.style.context(STYLE):
        figure = Figure()
        axes = figure.subplots()
        conditions = [*config.protocol.probes, MEAN]
        for number, condition in enumerate(conditions):
            points = numbers[numbers["condition"] == condition]
            mean = points["rank1_percent"]
            title = "Mean" if condition == MEAN else config.tables.conditions.get(condition, condition.upper())
            axes.errorbar(
                points[option] * BESIDE ** (number - (len(conditions) - 1) / 2),
                mean,
                yerr=[mean - points["ci_low_percent"], points["ci_high_percent"] - mean],
                label=title,
                marker="o",
                capsize=2,
                linestyle="--" if condition == MEAN else "-",
                color="black" if condition == MEAN else None,
            )
        ticks = sorted(set(numbers[option]))
        axes.set_xscale("log")
        axes.set_xticks(ticks, [str(value) for value in ticks])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel(OPTION_LABELS.get(option, option))
        axes.set_ylabel("Rank-1 accuracy (%)")
        axes.legend(ncols=2)
    return figure


def write_accuracy_against(option: str, config: Config, *, summary: Path, figure: Path) -> None:
    """Draw it as .pdf and .png, and write the numbers as .csv; ``figure`` is the path of one of them."""
    table = pd.read_csv(summary, dtype={"view": str, "condition": str, "model": str})
    numbers = accuracy_against(option, config, table)
    with replacing(figure.with_suffix(".csv")) as unfinished:
        numbers.to_csv(unfinished, index=False)
    save(draw_accuracy_against(option, config, numbers), figure)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as .pdf and .png; the same figure gives the same bytes."""
    with matplotlib.style.context(STYLE):
        for suffix, metadata in ((".pdf", {"CreationDate": None}), (".png", {"Software": None})):
            with replacing(path.with_suffix(suffix)) as unfinished:
                figure.savefig(unfinished, format=suffix[1:], metadata=metadata)
