"""The systems whose networks end with a map of their frames, their runs, and a sentence on that map."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from gaitcore.networks import has_map, map_sentence, modality
from gaitcore.settings.experiment import Config
from gaitcore.systems import runs_of, system_network, system_title
from gaitcore.words import listed

ATTRIBUTION_TITLES = {"grad_cam": "Grad-CAM", "hires_cam": "HiResCAM"}


def mapped_systems(config: Config, of: str = "keypoints") -> list[str]:
    """The systems whose networks take frames of this modality and end with a map, in the configuration's order."""
    return [system for system in config.compare if has_map(system_network(config, system), of)]


def mapped_runs(config: Config, files: Sequence[Path], of: str = "keypoints") -> Iterator[tuple[str, int | None, Path]]:
    """System, seed and file of each of their runs; the files are in the order of :func:`gaitcore.systems.runs_of`."""
    for (system, seed), file in zip(runs_of(config, mapped_systems(config, of)), files, strict=True):
        yield system, seed, file


def first_runs(config: Config, files: Sequence[Path], of: str = "keypoints") -> Iterator[tuple[str, int | None, Path]]:
    """System, seed and file of the first run of each system."""
    seen = set()
    for system, seed, file in mapped_runs(config, files, of):
        if system not in seen:
            seen.add(system)
            yield system, seed, file


def first_seed(config: Config) -> str:
    """The seed of the first runs, in words."""
    seeds = {seed for _, seed in runs_of(config)}
    return "weights from files" if seeds == {None} else f"seed {config.seeds[0]}"


def maps_sentence(config: Config, of: str = "keypoints") -> str:
    """Which tensor the map is for each system, and which systems of the same modality have no such map."""
    by_map: dict[str | None, list[str]] = {}
    mapped = mapped_systems(config, of)
    for system in mapped:
        sentence_of_map = map_sentence(system_network(config, system))
        by_map.setdefault(sentence_of_map, []).append(system_title(config, system))
    sentence = "The map is, for " + "; for ".join(f"{listed(titles)}, {text}" for text, titles in by_map.items()) + "."
    others = [name for name in config.compare if name not in mapped]
    without = [system_title(config, name) for name in others if modality(system_network(config, name)) == of]
    return sentence + (f" {listed(without)} ha{'s' if len(without) == 1 else 've'} no such map." if without else "")
