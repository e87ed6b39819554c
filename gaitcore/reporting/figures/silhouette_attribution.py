"""Where networks look at a silhouette: on which rows and columns the similarity of a probe to its match depends."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from gaitcore.artefacts.silhouette_maps import SilhouetteMap, SilhouetteMaps, read_silhouette_maps
from gaitcore.percent import in_percent
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.mapped import ATTRIBUTION_TITLES, first_runs, first_seed, mapped_systems, maps_sentence
from gaitcore.reporting.figures.style import PAGE, condition_title, folded
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_section, system_title
from gaitcore.words import listed

# The settings that this figure depends on.
SECTIONS = "compare systems evaluation data.dataset protocol seeds tables.conditions figures.attribution"


PROBE = "probe"
FRAMES = "silhouettes"
QUARTERS = 4  # of the height, for the numbers of the caption
CELL, LABELS, HEAD, BAR = 1.05, 0.35, 0.25, 0.75  # inches: width of a panel, of the systems' names; titles; colour bar
Maps = dict[tuple[str, str], SilhouetteMap]  # (system, "probe" or a condition)


def draw(config: Config, *, maps: Sequence[Path]) -> Drawing:
    """Draw the maps of the first seed from silhouette_maps.safetensors of every run.

    The numbers: system, seed, shown ("probe", or the condition whose mean map it is), row and column (from 1, at the
    top and on the left), weight (the weights of a map sum to 1), silhouette (of the gait energy image, from 0 to 1).
    """
    panels: Maps = {}
    by_system, seeds = {}, {}
    for system, seed, path in first_runs(config, maps, FRAMES):
        of_run = read_silhouette_maps(path)
        by_name = {PROBE: of_run.probe_map, **of_run.condition_maps}
        names = (PROBE, *compared_names(config.protocol))
        panels |= {(system, name): by_name[name] for name in names if name in by_name}
        by_system[system], seeds[system] = of_run, seed
    numbers = pd.concat(
        [_long(system, seeds[system], name, map_) for (system, name), map_ in panels.items()], ignore_index=True
    )
    return Drawing(_figure(config, panels), numbers, _caption(config, by_system))


def _long(system: str, seed: int | None, name: str, map_: SilhouetteMap) -> pd.DataFrame:
    rows, columns = np.indices(map_.attribution.shape) + 1
    return pd.DataFrame(
        {
            "system": system,
            "seed": seed,
            "shown": name,
            "row": rows.ravel(),
            "column": columns.ravel(),
            "weight": [float(f"{value:.4g}") for value in map_.attribution.ravel()],
            "silhouette": map_.silhouette.ravel().astype(float).round(3),
        }
    )


def _figure(config: Config, panels: Maps) -> Figure:
    systems, columns = mapped_systems(config, FRAMES), list(dict.fromkeys(name for _, name in panels))
    rows, across = next(iter(panels.values())).attribution.shape
    width = min(CELL, (PAGE - LABELS - BAR) / len(columns))
    size = (LABELS + BAR + width * len(columns), HEAD + width * rows / across * len(systems))
    figure = Figure(figsize=size)
    grid = figure.subplots(len(systems), len(columns), squeeze=False)
    for system, line in zip(systems, grid, strict=True):
        for name, axes in zip(columns, line, strict=True):
            axes.set_xticks([])
            axes.set_yticks([])
            if (system, name) in panels:
                image = _panel(axes, panels[system, name])
        line[0].set_ylabel(folded(system_title(config, system)))
    for name, axes in zip(columns, grid[0], strict=True):
        axes.set_title("One probe" if name == PROBE else condition_title(config, name))
    figure.colorbar(image, ax=grid, label="Weight / largest of the map", aspect=40, pad=0.01)
    return figure


def _panel(axes: Axes, map_: SilhouetteMap) -> AxesImage:
    """The gait energy image in grey, and over it the map, more opaque where its weight is higher."""
    rows, columns = map_.attribution.shape
    place: dict[str, Any] = {"extent": (0.5, columns + 0.5, rows + 0.5, 0.5), "interpolation": "nearest"}
    axes.imshow(map_.silhouette, cmap="gray", vmin=0, vmax=1, **place)
    if not map_.attribution.any():
        axes.text(0.5, 0.5, "no positive\nattribution", transform=axes.transAxes, color="white", ha="center")
    level = map_.attribution / (map_.attribution.max() or 1)
    return axes.imshow(level, cmap="magma", vmin=0, vmax=1, alpha=0.8 * np.sqrt(level), **place)


def _caption(config: Config, by_system: dict[str, SilhouetteMaps]) -> str:
    first = next(iter(by_system.values()))
    by_match: dict[str, list[str]] = {}
    for system, maps in by_system.items():
        by_match.setdefault(maps.match, []).append(system_title(config, system))
    matches = "; ".join(f"{match} ({listed(titles)})" for match, titles in by_match.items())
    shares = "; ".join(
        f"{listed([f'{share:.0f}%' for share in _quarters(maps)])} ({system_title(config, system)})"
        for system, maps in by_system.items()
    )
    return (
        f"{ATTRIBUTION_TITLES[config.figures.attribution]} of the similarity of a probe to the nearest gallery "
        f"sequence of its subject from another view, over rows and columns of the silhouette, on "
        f"{config.data.dataset}, {first_seed(config)}. The map is drawn over the gait energy image, the mean of the "
        f"silhouettes; higher weights are more opaque. The left column shows the probe {first.probe}, matched with "
        f"{matches}; the other columns show the mean over the probes of each condition. Each map is scaled to its "
        f"largest weight. The quarters of the height, from the head to the feet, have {shares} of the weight, mean "
        f"over conditions. {_gradient_sentence(config)}{maps_sentence(config, FRAMES)}"
    )


def _gradient_sentence(config: Config) -> str:
    """What the gradient of a Euclidean distance lacks, see :func:`gaitcore.inspection.attribution.agreement`."""
    distances = {system_section(config, system, "evaluation").distance for system in mapped_systems(config, FRAMES)}
    sentence = "The gradient of the Euclidean distance is without the term of the probe's embedding alone. "
    return sentence if "euclidean" in distances else ""


def _quarters(maps: SilhouetteMaps) -> list[float]:
    """The percentage of the weight in each quarter of the height, mean over conditions."""
    means = np.mean([map_.attribution for map_ in maps.condition_maps.values()], axis=0, dtype=float)
    total = means.sum() or 1
    return [float(in_percent(quarter.sum() / total)) for quarter in np.array_split(means, QUARTERS)]
