"""The paper's Fig. 4: on which frames and joints the similarity of a probe to its match depends."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from gaitcore.artefacts.attribution_maps import AttributionMaps, read_maps
from gaitcore.modalities.keypoints.skeleton import JOINTS, NUM_JOINTS
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.mapped import ATTRIBUTION_TITLES, first_runs, first_seed, mapped_systems, maps_sentence
from gaitcore.reporting.figures.style import PAGE, TALLEST, condition_title, folded
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_title
from gaitcore.words import listed

# The settings that this figure depends on.
SECTIONS = "compare systems data.dataset protocol seeds tables.conditions figures.attribution"


PROBE = "probe"
# One label for a joint and its counterpart, as 17 of a legible size would need higher panels; nose, then the left and
# the right of each pair from the eyes to the ankles.
_LABELS = {"nose": 0.0} | {JOINTS[left].removeprefix("left_") + "s": left + 0.5 for left in range(1, NUM_JOINTS, 2)}
Maps = dict[tuple[str, str], np.ndarray]  # (system, "probe" or a condition) -> (T, J)


def draw(config: Config, *, maps: Sequence[Path]) -> Drawing:
    """Draw the maps of the first seed from maps.safetensors of every run.

    The numbers: system, seed, shown ("probe", or the condition whose mean map it is), frame (from 1), joint, weight
    (the weights of a map sum to 1).
    """
    panels: Maps = {}
    by_system, seeds = {}, {}
    for system, seed, path in first_runs(config, maps):
        maps_of_run = read_maps(path)
        by_name = {PROBE: maps_of_run.probe_map, **maps_of_run.condition_maps}
        names = (PROBE, *compared_names(config.protocol))
        panels |= {(system, name): by_name[name] for name in names if name in by_name}
        by_system[system], seeds[system] = maps_of_run, seed
    numbers = pd.concat([_long(system, seeds[system], name, map_) for (system, name), map_ in panels.items()])
    return Drawing(_figure(config, panels), numbers, _caption(config, by_system))


def _long(system: str, seed: int | None, name: str, map_: np.ndarray) -> pd.DataFrame:
    frames = len(map_)
    return pd.DataFrame(
        {
            "system": system,
            "seed": seed,
            "shown": name,
            "frame": np.repeat(np.arange(1, frames + 1), NUM_JOINTS),
            "joint": np.tile(JOINTS, frames),
            "weight": [float(f"{value:.4g}") for value in map_.ravel()],
        }
    )


def _figure(config: Config, panels: Maps) -> Figure:
    systems, columns = mapped_systems(config), list(dict.fromkeys(name for _, name in panels))
    figure = Figure(figsize=(PAGE, min(TALLEST, 0.5 + 1.5 * len(systems))))
    grid = figure.subplots(len(systems), len(columns), squeeze=False, sharex=True, sharey=True)
    for system, row in zip(systems, grid, strict=True):
        for name, axes in zip(columns, row, strict=True):
            image = _panel(axes, panels[system, name])
        row[0].set_ylabel(folded(system_title(config, system)))
    for name, axes in zip(columns, grid[0], strict=True):
        axes.set_title("One probe" if name == PROBE else condition_title(config, name))
    for axes in grid[-1]:
        axes.set_xlabel("Frame")
    figure.colorbar(image, ax=grid, label="Weight / largest of the map", aspect=40, pad=0.01)
    return figure


def _panel(axes: Axes, map_: np.ndarray) -> AxesImage:
    axes.set_yticks(list(_LABELS.values()), _LABELS)
    axes.set_yticks(np.arange(1, NUM_JOINTS, 2) - 0.5, minor=True)  # between one pair and the next
    axes.tick_params(axis="y", length=0, pad=3)
    axes.tick_params(axis="y", which="minor", length=3)
    if not map_.any():
        axes.text(0.5, 0.5, "no positive\nattribution", transform=axes.transAxes, color="white", ha="center")
    edges = (0.5, len(map_) + 0.5, NUM_JOINTS - 0.5, -0.5)  # the nose on top
    level = map_.T / (map_.max() or 1)
    return axes.imshow(level, cmap="magma", vmin=0, vmax=1, extent=edges, aspect="auto", interpolation="nearest")


def _caption(config: Config, by_system: dict[str, AttributionMaps]) -> str:
    first = next(iter(by_system.values()))
    by_match: dict[str, list[str]] = {}
    for system, maps in by_system.items():
        by_match.setdefault(maps.match, []).append(system_title(config, system))
    matches = "; ".join(f"{match} ({listed(titles)})" for match, titles in by_match.items())
    return (
        f"{ATTRIBUTION_TITLES[config.figures.attribution]} of the similarity of a probe to the nearest gallery "
        f"sequence of its subject from another view, over frames and joints, on {config.data.dataset}, "
        f"{first_seed(config)}. The left column shows the probe {first.probe}, matched with {matches}; the other "
        f"columns show the mean over the probes of each condition. Of two joints of one name the left one is above. "
        f"Each map is scaled to its largest weight. {maps_sentence(config)}"
    )
