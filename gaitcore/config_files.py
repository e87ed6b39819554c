"""The configuration's files: layers merged, validated once, and one sentence for a mistake.

``config.yaml`` holds the paper's settings, the chosen experiment's overlay is merged over it, and what the
command line gives goes on top. Every message names the key and the file it stands in.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from gaitcore.config import Config, Settings, merged
from gaitcore.errors import ConfigError
from gaitcore.suggest import nearest

_NUMBER_OR_BOOLEAN = re.compile(r"[-+.\deE]+|true|false|null")

Layers = list[tuple[str, dict]]  # (file, its content), the later over the earlier

# A key of these is the user's own; replacing one keeps nothing of the base.
_WHOLE = (("protocol", "gallery"), ("protocol", "probes"), ("training", "repeat"), ("tables", "conditions"))


def load_config(base: str | Path, overrides: Mapping | None = None) -> Config:
    """The configuration in use: ``base``, the overlay of its experiment, then ``overrides``.

    Args:
        base: path of ``config.yaml``; the overlay is ``experiments/<experiment>.yaml`` beside it.
        overrides: what the command line gives (``--config``), nested like the file.

    Raises:
        ConfigError: a file is missing or not YAML, a key is unknown, a value is not allowed. One sentence that
            names the key, the file, what was found and what is expected.
    """
    base = Path(base)
    overrides = _typed(overrides or {})
    layers = [(str(base), _read_yaml(base))]
    name = overrides.get("experiment", layers[0][1].get("experiment"))
    overlay = base.parent / "experiments" / f"{name}.yaml"
    if not overlay.is_file():
        known = sorted(path.stem for path in overlay.parent.glob("*.yaml"))
        raise ConfigError(f'There is no experiment "{name}" (no file {overlay}){nearest(str(name), known)}')
    layers += [(str(overlay), _read_yaml(overlay)), ("--config on the command line", overrides)]
    values: dict = {}
    for _, layer in layers:
        for section, key in _WHOLE:
            if isinstance(layer.get(section), Mapping) and key in layer[section]:
                values.get(section, {}).pop(key, None)
        values = merged(values, layer)
    _refuse_unknown_options(layers)
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_sentence(error, layers)) from None
    for model in config.models:
        _check_system(config, model, layers)
    return config


def _check_system(config: Config, model: str, layers: Layers) -> None:
    try:
        system = config.system(model)
    except ValidationError as error:
        raise ConfigError(_sentence(error, layers, within=("systems", model))) from None
    if config.protocol.min_frames <= system.network.frames:
        raise ConfigError(
            f"{_file_of(['protocol', 'min_frames'], layers)}: protocol.min_frames is {config.protocol.min_frames}, "
            f"expected more than {model}'s window of {system.network.frames} frames (the published code never draws a "
            "sequence's last window)."
        )
    if system.training.select == "best_validation" and not config.protocol.subjects.validation:
        raise ConfigError(
            f"{_file_of(['training', 'select'], layers)}: training.select is best_validation, but "
            f"protocol.splits.{config.protocol.split} holds no validation subjects out; name some there, "
            "or select last."
        )


def _typed(value: Any) -> Any:
    """Numbers and booleans in what the command line gives: below the first level Snakemake leaves them text."""
    if isinstance(value, Mapping):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    plain = isinstance(value, str) and _NUMBER_OR_BOOLEAN.fullmatch(value)
    return yaml.safe_load(value) if plain else value


def _read_yaml(path: Path) -> dict:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file, expected the configuration.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}{line}: this is not YAML ({getattr(error, 'problem', None) or error}).") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds {type(content).__name__}, expected a mapping of settings.")
    return content


def _refuse_unknown_options(layers: Layers) -> None:
    """A system's options are free-form for the schema, so the base file, which lists them all, is their schema."""
    base = layers[0][1]
    for file, layer in layers[1:]:
        for model, sections in (layer.get("systems") or {}).items():
            if model not in base.get("systems", {}):
                raise ConfigError(f"{file}: systems.{model}: unknown system{nearest(model, base['systems'])}")
            known = {*base["network"], *base["systems"][model].get("network", {})}
            for option in (sections or {}).get("network", {}):
                if option not in known:
                    raise ConfigError(
                        f"{file}: systems.{model}.network.{option}: unknown setting{nearest(option, known)}"
                    )


def _sentence(error: ValidationError, layers: Layers, within: tuple = ()) -> str:
    """The first mistake as one sentence: file, key, found, expected."""
    first = error.errors()[0]
    location = list(first["loc"])
    if within and any(_holds(layer, [*within, *location]) for _, layer in layers):
        location = [*within, *location]
    key = ".".join(str(part) for part in location)
    where = f"{_file_of(location, layers)}: {key}" if location else "The configuration"
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown setting{nearest(str(location[-1]), _fields_at(location[:-1]))}"
    if first["type"] == "missing":
        return f"{where} is missing ({_description(location)})."
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    if first["type"] == "value_error":
        return f"{where}: {message}{'' if message.endswith('?') else '.'}"
    expected = message.replace("Input should be", "expected")
    return f"{where} is {first['input']!r}, {expected} ({_description(location)})."


def _file_of(location: list, layers: Layers) -> str:
    """The last layer that sets the key (or, for a missing one, the section it belongs in)."""
    for file, layer in reversed(layers):
        if _holds(layer, location):
            return file
    return layers[0][0]


def _holds(layer: Any, location: list) -> bool:
    for part in location:
        if not isinstance(layer, Mapping | list):
            return True  # the layer puts a plain value where a section is expected
        try:
            layer = layer[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _fields_at(location: list) -> list[str]:
    section: Any = Config
    for part in location:
        section = _section_type(section, str(part))
    return list(section.model_fields) if section is not None else []


def _description(location: list) -> str:
    names = [part for part in location if isinstance(part, str)]
    if names[:1] == ["systems"]:
        names = names[2:]  # a system's own settings mean what the common ones mean
    section: Any = Config
    for part in names[:-1]:
        section = _section_type(section, part) or section
    field = section.model_fields.get(names[-1]) if names else None
    return (field.description if field else None) or "see docs/configuration.md"


def _section_type(section: Any, key: str) -> type[Settings] | None:
    """The settings class below ``key``; through a mapping of named sections too (protocol.splits.74/50)."""
    field = section.model_fields.get(key) if section is not None else None
    if field is None:
        return section  # a name the user chose inside a mapping of sections
    candidates = (field.annotation, *get_args(field.annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, Settings)), None)
