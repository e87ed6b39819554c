"""The accuracy of every seed as a dot beside the published value: how much results vary with the seed."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.summary import MEAN
from gaitcore.percent import in_percent
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.style import (
    COLUMN,
    condition_title,
    conditions_and_mean,
    legend_above,
    mean_in_words,
    system_style,
)
from gaitcore.reporting.tables.estimates import percent_text
from gaitcore.reporting.tables.published import published_rows, shows_published
from gaitcore.settings.experiment import Config
from gaitcore.systems import runs_of, system_title
from gaitcore.words import counted, listed

# The settings that this figure depends on.
SECTIONS = "compare systems data.dataset protocol seeds statistics.overall tables"


MEASURED, PUBLISHED = "measured", "published"


def draw(config: Config, *, metrics: Sequence[Path]) -> Drawing:
    """Draw the figure from metrics.json of every run, in the configuration's order of systems and seeds.

    The numbers: system, source (measured or published), condition (or "mean", over conditions), seed (none for a
    published value and for weights from a file), rank1_percent.
    """
    numbers = pd.DataFrame([*_measured(config, metrics), *_published(config)]).astype({"seed": "Int64"})
    return Drawing(_figure(config, numbers), numbers, _caption(config, numbers))


def _measured(config: Config, metrics: Sequence[Path]) -> list[dict[str, object]]:
    rows = []
    for (system, seed), path in zip(runs_of(config), metrics, strict=True):
        rank1 = read_metrics(path).means["rank1"]
        by_condition = {
            condition: rank1[condition] for condition in compared_names(config.protocol) if condition in rank1
        }
        overall = config.statistics.overall
        mean = sum(by_condition.values()) / len(by_condition)
        by_condition[MEAN] = by_condition.pop(overall) if overall in by_condition else mean
        rows += [_row(system, MEASURED, condition, seed, value) for condition, value in by_condition.items()]
    return rows


def _published(config: Config) -> list[dict[str, object]]:
    if not shows_published(config):
        return []
    titles = {system_title(config, system): system for system in config.compare}
    table = published_rows(titles, config.tables.published_set, config.statistics.overall)
    return [
        _row(titles[method], PUBLISHED, condition, None, rank1)
        for method, condition, rank1 in zip(table["method"], table["condition"], table["rank1"], strict=True)
        if method in titles and condition in conditions_and_mean(config)
    ]


def _row(system: str, source: str, condition: str, seed: int | None, rank1: float) -> dict[str, object]:
    names = ("system", "source", "condition", "seed", "rank1_percent")
    return dict(zip(names, (system, source, condition, seed, round(in_percent(rank1), 4)), strict=True))


def _figure(config: Config, numbers: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(COLUMN, 2.4))
    axes = figure.subplots()
    conditions = list(dict.fromkeys(numbers["condition"]))
    width = 0.8 / len(config.compare)  # of the band of one system within that of a condition
    for number, system in enumerate(config.compare):
        style = system_style(config, system)
        rows = numbers[numbers["system"] == system]
        place = rows["condition"].map(conditions.index) + (number - (len(config.compare) - 1) / 2) * width
        measured = rows["source"] == MEASURED
        axes.plot(place[measured], rows["rank1_percent"][measured], linestyle="", alpha=0.75, **style)
        means = rows[measured].groupby(place[measured])["rank1_percent"].mean()
        axes.hlines(means, means.index - width / 3, means.index + width / 3, color=style["color"], linewidth=0.8)
        axes.plot(place[~measured], rows["rank1_percent"][~measured], "_", color="black", markersize=9)
    axes.set_xticks(range(len(conditions)), [condition_title(config, condition) for condition in conditions])
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("Rank-1 accuracy (%)")
    handles, _ = axes.get_legend_handles_labels()
    if (numbers["source"] == PUBLISHED).any():
        handles.append(Line2D([], [], color="black", marker="_", markersize=9, linestyle="", label="published"))
    legend_above(figure, handles)
    return figure


def _caption(config: Config, numbers: pd.DataFrame) -> str:
    mean = numbers[(numbers["condition"] == MEAN) & (numbers["source"] == MEASURED)]
    rows = numbers[(numbers["condition"] == MEAN) & (numbers["source"] == PUBLISHED)]
    published = dict(zip(rows["system"], rows["rank1_percent"], strict=True))
    ranges: list[str] = []
    from_file: list[str] = []
    for system in dict.fromkeys(mean["system"]):
        rank1 = mean.loc[mean["system"] == system, "rank1_percent"].tolist()
        title = system_title(config, system)
        text = f"{title} from {percent_text(min(rank1))} to {percent_text(max(rank1))}%"
        if len(rank1) == 1:
            from_file += [title] if mean.loc[mean["system"] == system, "seed"].isna().all() else []
            text = f"{title} {percent_text(rank1[0])}%"
        if system in published:
            text += f" (published {percent_text(published[system])}%)"
        ranges.append(text)
    lines = "; thin lines are their means, black ones the published values" if len(published) else "; lines are means"
    if len(from_file) == len(ranges):
        of_files = f"Rank-1 accuracy on {config.data.dataset} of weights from files."
        return f"{of_files} {mean_in_words(config)}: {listed(ranges)}."
    alone = f"; one dot for the weights from a file of {listed(from_file)}" if from_file else ""
    return (
        f"Rank-1 accuracy on {config.data.dataset} by seed, one dot for each of a system's "
        f"{counted(len(config.seeds), 'training run')}{lines}{alone}. {mean_in_words(config)}: {listed(ranges)}."
    )
