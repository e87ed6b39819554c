"""The systems whose networks have a last map over frames and joints, their runs, and a sentence on that map."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from gaitcore.networks import has_map, map_sentence
from gaitcore.reporting.figures.style import listed
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_settings

ATTRIBUTION_TITLES = {"grad_cam": "Grad-CAM", "hires_cam": "HiResCAM"}


def mapped_systems(config: Config) -> list[str]:
    """The systems whose networks end with a map over frames and joints, in the configuration's order."""
    return [system for system in config.compare if has_map(system_settings(config, system).network.name)]


def mapped_runs(config: Config, files: Sequence[Path]) -> Iterator[tuple[str, int, Path]]:
    """System, seed and file of each of their runs; the files are in the configuration's order of systems and seeds."""
    for (system, seed), file in zip(product(mapped_systems(config), config.seeds), files, strict=True):
        yield system, seed, file


def maps_sentence(config: Config) -> str:
    """Which tensor the map is for each system, and which systems have no such map."""
    by_map: dict[str | None, list[str]] = {}
    for system in mapped_systems(config):
        settings = system_settings(config, system)
        by_map.setdefault(map_sentence(settings.network.name), []).append(settings.title)
    sentence = "The map is, for " + "; for ".join(f"{listed(titles)}, {text}" for text, titles in by_map.items()) + "."
    others = [name for name in config.compare if name not in mapped_systems(config)]
    without = [system_settings(config, name).title for name in others]
    return sentence + (f" {listed(without)} ha{'s' if len(without) == 1 else 've'} no such map." if without else "")
