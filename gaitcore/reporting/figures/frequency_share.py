"""The claim of the paper's Fig. 3 as a number: the share of a map's energy at high frequencies."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from gaitcore.artefacts.spectrum import read_spectrum
from gaitcore.inspection.spectrum import shares_from
from gaitcore.modalities.keypoints.skeleton import NUM_JOINTS
from gaitcore.percent import in_percent
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.mapped import mapped_runs, mapped_systems, maps_sentence
from gaitcore.reporting.figures.over_seeds import (
    FEWEST,
    VALUES,
    interval_sentence,
    mean_text,
    most_seeds,
    over_seeds,
)
from gaitcore.reporting.figures.style import COLUMN, legend_above, letter, line_style, plain_number
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_section, system_title
from gaitcore.words import listed

# The settings that this figure depends on.
SECTIONS = "compare systems network data.dataset seeds statistics.confidence"


TIME, JOINTS = "frames", "joints"
_AXES = {TIME: 0, JOINTS: 1}  # of the map
LEAST = 0.1  # percent, of the logarithmic axis
_LABELS = {TIME: "Cycles per window", JOINTS: "Cycles along the joints"}


def draw(config: Config, *, spectra: Sequence[Path]) -> Drawing:
    """Draw the figure from spectrum.safetensors of every run.

    The numbers: system, axis (frames or joints), cycles (per window, or along the joints), and the percentage of the
    energy at this number of cycles or more: share_percent, std_percent, ci_low_percent, ci_high_percent (from five
    seeds on), n_seeds.
    """
    rows = []
    for system, seed, path in mapped_runs(config, spectra):
        energy = read_spectrum(path).energy
        for axis, number in _AXES.items():
            shares = in_percent(shares_from(energy, number))
            rows += [(system, axis, cycles, seed, share) for cycles, share in enumerate(shares) if cycles]
    by_seed = pd.DataFrame(rows, columns=["system", "axis", "cycles", "seed", "share"])
    means = over_seeds(by_seed, ["system", "axis", "cycles"], "share", config.statistics.confidence, within=(0, 100))
    numbers = means.rename(
        columns={"mean": "share_percent"} | {n: f"{n}_percent" for n in ("std", "ci_low", "ci_high")}
    )
    return Drawing(_figure(config, by_seed, means), numbers.drop(columns=VALUES).round(4), _caption(config, means))


def _figure(config: Config, by_seed: pd.DataFrame, means: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(COLUMN, 2.3))
    panels = figure.subplots(1, 2, sharey=True)
    letter(panels)
    for axes, (axis, label) in zip(panels, _LABELS.items(), strict=True):
        for system in mapped_systems(config):
            style = line_style(config, system)
            rows, runs = (table[(table["system"] == system) & (table["axis"] == axis)] for table in (means, by_seed))
            axes.plot(rows["cycles"], rows["mean"], **style)
            for _, run in runs.groupby("seed"):
                axes.plot(run["cycles"], run["share"], color=style["color"], linewidth=0.4)
            if most_seeds(means) >= FEWEST:
                axes.fill_between(
                    rows["cycles"], rows["ci_low"], rows["ci_high"], color=style["color"], alpha=0.2, lw=0
                )
        axes.set_xlabel(label)
        axes.set_xlim(left=1)
    axes.set_yscale("log")
    axes.set_ylim(LEAST, 100)
    axes.yaxis.set_major_formatter(plain_number)
    axes.yaxis.set_minor_formatter(NullFormatter())
    figure.axes[0].set_ylabel("Energy at this frequency\nor above (%)")
    legend_above(figure, *axes.get_legend_handles_labels())
    return figure


def _caption(config: Config, means: pd.DataFrame) -> str:
    confidence, seeds = config.statistics.confidence, most_seeds(means)
    half = {TIME: _half(config), JOINTS: NUM_JOINTS // 4}
    sentences = []
    for axis, unit in ((TIME, "cycles per window"), (JOINTS, "cycles along the joints")):
        rows = means[(means["axis"] == axis) & (means["cycles"] == half[axis])]
        values = [f"{system_title(config, row['system'])} {mean_text(row)}" for _, row in rows.iterrows()]
        sentences.append(f"The share at {half[axis]} {unit} or more, the upper half of the band: {listed(values)}.")
        if lower := [system for system in mapped_systems(config) if system not in set(rows["system"])]:
            titles = listed([system_title(config, system) for system in lower])
            sentences.append(f"The map of {titles} has no frequencies this high.")
    return (
        f"Share of the energy of the last feature map at high frequencies on {config.data.dataset}: over time (a) "
        "and along the joints in COCO's order (b), summed over channels, without the energy of zero frequency. "
        f"{' '.join(sentences)} {interval_sentence(seeds, confidence)} {_lines(seeds)}{maps_sentence(config)}"
    )


def _lines(seeds: int) -> str:
    """What the lines are, with a space behind it; nothing where there is one for each system."""
    if seeds == 1:
        return ""
    bands = ", bands these intervals" if seeds >= FEWEST else ""
    return f"Thick lines are means, thin lines the single seeds{bands}. "


def _half(config: Config) -> int:
    """Half of the highest frequency that a map of all frames can have, in cycles per window."""
    return max(system_section(config, system, "network").frames for system in mapped_systems(config)) // 4
