"""The systems whose networks end with a map of their frames, their runs, and a sentence on that map."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from gaitcore.networks import has_map, map_sentence, modality
from gaitcore.reporting.figures.style import listed
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_settings

ATTRIBUTION_TITLES = {"grad_cam": "Grad-CAM", "hires_cam": "HiResCAM"}


def mapped_systems(config: Config, of: str = "keypoints") -> list[str]:
    """The systems whose networks take frames of this modality and end with a map, in the configuration's order."""
    return [system for system in config.compare if has_map(system_settings(config, system).network.name, of)]


def mapped_runs(config: Config, files: Sequence[Path], of: str = "keypoints") -> Iterator[tuple[str, int, Path]]:
    """System, seed and file of each of their runs; the files are in the configuration's order of systems and seeds."""
    for (system, seed), file in zip(product(mapped_systems(config, of), config.seeds), files, strict=True):
        yield system, seed, file


def maps_sentence(config: Config, of: str = "keypoints") -> str:
    """Which tensor the map is for each system, and which systems of the same modality have no such map."""
    by_map: dict[str | None, list[str]] = {}
    mapped = mapped_systems(config, of)
    for system in mapped:
        settings = system_settings(config, system)
        by_map.setdefault(map_sentence(settings.network.name), []).append(settings.title)
    sentence = "The map is, for " + "; for ".join(f"{listed(titles)}, {text}" for text, titles in by_map.items()) + "."
    others = [system_settings(config, name) for name in config.compare if name not in mapped]
    without = [settings.title for settings in others if modality(settings.network.name) == of]
    return sentence + (f" {listed(without)} ha{'s' if len(without) == 1 else 've'} no such map." if without else "")
