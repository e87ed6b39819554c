"""The settings in which an experiment differs from the paper, and those in which the published code differs from it."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from gaitcore.networks import paper_text
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_settings

_DATA = ("dataset", "frame_width", "frame_height", "fps", "pose_source")
_PROTOCOL = ("split", "gallery", "probes", "min_frames")

# (setting, the paper's text) where the published code differs from the text.
_TEXT: tuple[tuple[str, str], ...] = (
    ("protocol.min_frames", "not said"),
    ("evaluation.windows", "the 60 centre frames (section 4.2)"),
    ("training.select", "not said; the published code takes the best epoch on the test subjects"),
    ("training.repeat", "not said"),
    ("training.augmentation", '"from GaitGraph"'),
)


def setting_differences(config: Config, paper: Config) -> list[tuple[str, str, str]]:
    """(setting, the paper's, here) for each setting that is not the paper's.

    A change that all systems share has one row; a change of a single system is listed under its name.

    Args:
        config: the experiment's configuration.
        paper: config.yaml without an overlay.
    """
    here, papers = dict(_common(config)), dict(_common(paper))
    changed = {key: (papers.get(key), value) for key, value in here.items() if papers.get(key) != value}
    by_system = {system: _system_changes(config, paper, system) for system in config.compare}
    for system, changes in by_system.items():
        for key, values in changes.items():
            alike = all(other.get(key) == values for other in by_system.values())
            changed[key if alike else f"systems.{system}.{key}"] = values
    return [(key, setting_text(old), setting_text(new)) for key, (old, new) in changed.items()]


def text_differences(config: Config) -> list[tuple[str, str, str]]:
    """(setting, the paper's text, here) where the text leaves a setting open or the published code differs from it."""
    rows = []
    for key, text in (*_TEXT, *_network_texts(config)):
        value = _value(config, key)
        if value is not None:
            rows.append((key, text, setting_text(value)))
    return rows


def _network_texts(config: Config) -> Iterator[tuple[str, str]]:
    """The entries that the networks' own files declare in ``PAPER_TEXT``; variants have none."""
    for system in config.compare:
        if system == system_settings(config, system).network.name:
            for option, text in paper_text(system).items():
                yield f"systems.{system}.network.{option}", text


def _common(config: Config) -> Iterator[tuple[str, Any]]:
    values = config.model_dump(mode="json")
    yield from ((f"data.{key}", values["data"][key]) for key in _DATA)
    yield from ((f"protocol.{key}", values["protocol"][key]) for key in _PROTOCOL)
    yield "seeds", values["seeds"]


def _system_changes(config: Config, paper: Config, name: str) -> dict[str, tuple[Any, Any]]:
    system = system_settings(config, name)
    # A variant is compared with the system it is built on.
    reference = name if name in paper.systems else system.network.name
    here, papers = (
        dict(flat_settings(one.model_dump(mode="json", exclude={"title"})))
        for one in (system, system_settings(paper, reference))
    )
    return {key: (papers.get(key), value) for key, value in here.items() if papers.get(key) != value}


def flat_settings(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting of nested sections with its whole name: ``training.loss.margin``."""
    for key, value in values.items():
        if isinstance(value, Mapping) and key != "repeat":  # the keys of repeat are conditions
            yield from flat_settings(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _value(config: Config, key: str) -> Any:
    """A setting by its name; None where the experiment has no such system."""
    section, *rest = key.split(".")
    if section == "systems":
        system, *rest = rest
        value = system_settings(config, system).model_dump(mode="json") if system in config.compare else None
    else:
        value = config.model_dump(mode="json")[section]
    for part in rest:
        value = value.get(part) if value else None
    return value


def setting_text(value: Any) -> str:
    """A value as in a YAML file, on one line."""
    if value is None:
        return "–"
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=100_000)
    return text.removesuffix("...\n").strip()
