"""The systems whose last map figures look at, their runs, and what that map is."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from gaitcore.networks import has_map
from gaitcore.reporting.figures.style import listed
from gaitcore.settings.experiment import Config

ATTRIBUTION_TITLES = {"grad_cam": "Grad-CAM", "hires_cam": "HiResCAM"}
_OF_GRAPHS = "what the last graph convolution module gives, a quarter of the frames"
_MAPS = {
    "gaitmixer": "what the last temporal block gives",
    "gaitformer": "the frames' tokens as they enter the last temporal block, where the class tokens, which alone are "
    "read at its end, gather from them for the last time",
    "gaitgraph": _OF_GRAPHS,
    "gaitgraph2": _OF_GRAPHS,
}


def mapped_systems(config: Config) -> list[str]:
    """The systems whose networks end with a map over frames and joints, in the configuration's order."""
    return [system for system in config.compare if has_map(config.system(system).network.name)]


def mapped_runs(config: Config, files: Sequence[Path]) -> Iterator[tuple[str, int, Path]]:
    """System, seed and file of each of their runs; the files are in the configuration's order of systems and seeds."""
    for (system, seed), file in zip(product(mapped_systems(config), config.seeds), files, strict=True):
        yield system, seed, file


def maps_sentence(config: Config) -> str:
    """Which tensor is shown, for each system; and which systems have none."""
    by_map: dict[str, list[str]] = {}
    for system in mapped_systems(config):
        settings = config.system(system)
        by_map.setdefault(_MAPS[settings.network.name], []).append(settings.title)
    sentence = "The map is, for " + "; for ".join(f"{listed(titles)}, {text}" for text, titles in by_map.items()) + "."
    without = [config.system(system).title for system in config.compare if system not in mapped_systems(config)]
    return sentence + (f" {listed(without)} ha{'s' if len(without) == 1 else 've'} none." if without else "")
