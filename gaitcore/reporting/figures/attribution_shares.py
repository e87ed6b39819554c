"""The claim of the paper's Fig. 4 as numbers: the shares of joints and face, and the frames with half of the weight."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from gaitcore.artefacts.inspected_probes import read_probes, share_columns
from gaitcore.artefacts.summary import MEAN
from gaitcore.modalities.keypoints.skeleton import BODY_PARTS, JOINTS, NUM_JOINTS
from gaitcore.percent import in_percent
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.mapped import ATTRIBUTION_TITLES, mapped_runs, mapped_systems
from gaitcore.reporting.figures.over_seeds import (
    FEWEST,
    VALUES,
    interval_sentence,
    mean_text,
    most_seeds,
    over_seeds,
)
from gaitcore.reporting.figures.style import COLUMN, SMALL, legend_above, system_style
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_section, system_title
from gaitcore.words import listed

# The settings that this figure depends on.
SECTIONS = "compare systems network data.dataset protocol seeds statistics.confidence figures.attribution"


FACE, HALF = "face", "frames_for_half"
_KEYS = ["system", "condition", "quantity"]


def draw(config: Config, *, probes: Sequence[Path]) -> Drawing:
    """Draw the figure from probes.csv of every run.

    The numbers: system, condition (or "mean", over conditions), quantity and unit (each joint and the face: percent of
    the weight; frames_for_half: frames), mean, std, ci_low and ci_high (from five seeds on), and
    n_seeds.
    """
    by_seed = pd.concat(
        [
            _condition_means(config, read_probes(path, JOINTS)).assign(system=s, seed=seed)
            for s, seed, path in mapped_runs(config, probes)
        ],
        ignore_index=True,
    )
    frames = max(system_section(config, system, "network").frames for system in mapped_systems(config))
    level = config.statistics.confidence
    is_half = by_seed["quantity"] == HALF
    means = pd.concat(
        [
            over_seeds(by_seed[~is_half], _KEYS, "value", level, within=(0, 100)).assign(unit="percent"),
            over_seeds(by_seed[is_half], _KEYS, "value", level, within=(1, frames)).assign(unit="frames"),
        ],
        ignore_index=True,
    )
    numbers = means.drop(columns=VALUES).round(4)
    return Drawing(_figure(config, by_seed, means), numbers, _caption(config, means, frames))


def _condition_means(config: Config, probes: pd.DataFrame) -> pd.DataFrame:
    """condition, quantity, value: the means over the probes of each condition, and over conditions."""
    shares = in_percent(probes[share_columns(JOINTS)]).set_axis(list(JOINTS), axis=1)
    shares[FACE] = shares.iloc[:, list(BODY_PARTS["head"])].sum(axis=1, skipna=False)
    shares[HALF] = probes[HALF]
    means = shares.groupby(probes["condition"]).mean().reindex(list(compared_names(config.protocol)))
    means.loc[MEAN] = means.mean()
    return means.rename_axis("condition").reset_index().melt("condition", var_name="quantity")


def _figure(config: Config, by_seed: pd.DataFrame, over_runs: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(COLUMN, 3.9))
    axes = figure.subplots()
    systems = mapped_systems(config)
    height = 0.75 / len(systems)  # of the band of one system within that of a joint
    for number, system in enumerate(systems):
        style = system_style(config, system)
        means, runs = (
            rows[(rows["system"] == system) & (rows["condition"] == MEAN) & rows["quantity"].isin(JOINTS)]
            for rows in (over_runs, by_seed)
        )
        offset = (number - (len(systems) - 1) / 2) * height
        place = means["quantity"].map(JOINTS.index) + offset
        axes.plot(means["mean"], place, linestyle="", **style)
        if most_seeds(over_runs) >= FEWEST:
            axes.hlines(place, means["ci_low"], means["ci_high"], color=style["color"], linewidth=0.8)
        elif most_seeds(over_runs) > 1:
            axes.plot(runs["value"], runs["quantity"].map(JOINTS.index) + offset, "|", color=style["color"])
    axes.axvline(in_percent(1 / NUM_JOINTS), color="black", linewidth=0.6, linestyle=":")
    axes.axhspan(-0.5, len(BODY_PARTS["head"]) - 0.5, color="black", alpha=0.06, linewidth=0)
    axes.text(
        0.99, len(BODY_PARTS["head"]) - 0.6, "face", transform=axes.get_yaxis_transform(), ha="right", fontsize=SMALL
    )
    axes.set_yticks(range(NUM_JOINTS), [joint.replace("_", " ") for joint in JOINTS])
    axes.set_ylim(NUM_JOINTS - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("Share of the weight (%)")
    legend_above(figure, *axes.get_legend_handles_labels())
    return figure


def _caption(config: Config, means: pd.DataFrame, frames: int) -> str:
    seeds = most_seeds(means)
    marks = " Small lines are these intervals." if seeds >= FEWEST else " Small ticks are the single seeds."
    face = in_percent(len(BODY_PARTS["head"]) / NUM_JOINTS)
    return (
        f"Share of each joint in the {ATTRIBUTION_TITLES[config.figures.attribution]} weight of a probe's similarity "
        f"to its match on {config.data.dataset}, mean over probes and conditions; the dotted line is the share of "
        f"each joint under equal weights. Share of the five points of the face, which are {face:.1f}% of the joints: "
        f"{_listed(config, means, FACE, '%')}. Number of the {frames} frames in which half of the weight lies, "
        f"{frames // 2} under equal weights: {_listed(config, means, HALF, '')}. "
        f"{interval_sentence(seeds, config.statistics.confidence)}{marks if seeds > 1 else ''}"
    )


def _listed(config: Config, means: pd.DataFrame, quantity: str, unit: str) -> str:
    rows = means[(means["quantity"] == quantity) & (means["condition"] == MEAN)]
    titles = [system_title(config, system) for system in rows["system"]]
    texts = (mean_text(row, unit) for _, row in rows.iterrows())
    return listed([f"{title} {text}" for text, title in zip(texts, titles, strict=True)])
