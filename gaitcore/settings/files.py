"""The configuration's files: layers merged, validated once, and one sentence for a mistake.

``config.yaml`` holds the paper's settings, the chosen experiment's overlay is merged over it, and the
command line over both. Every message names the key and its file.
"""

import copy
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from gaitcore import extensions
from gaitcore.errors import ConfigError
from gaitcore.merging import lineage_of, merged
from gaitcore.modalities import modality_names
from gaitcore.networks import modality, network_options
from gaitcore.settings.chosen import Chosen, how_chosen, section_of
from gaitcore.settings.experiment import Config
from gaitcore.settings.values import Settings, listed
from gaitcore.suggest import nearest
from gaitcore.systems import system_settings

_NUMBER_OR_BOOLEAN = re.compile(r"[-+.\deE]+|true|false|null")

log = logging.getLogger(__name__)

RENAMED = {  # keys of the previous release; those inside a section are also renamed inside systems.<name>
    "models": "compare",
    "evaluation.views": "evaluation.test_time_augmentation",
    "training.batch.views": "training.batch.copies",
}

Layers = list[tuple[str, dict[str, Any]]]  # (file, its content), the later over the earlier
Location = Sequence[str | int]  # the keys and indices of a setting, from the outermost

_WEIGHTS = {"weights": "the file; docs/poses.md says where to get it", "sha256": "what sha256sum prints for the file"}


def load_config(base: str | Path, overrides: Mapping[str, Any] | None = None) -> Config:
    """The configuration in use: ``base``, the overlay of its experiment, then ``overrides``.

    Args:
        base: path of ``config.yaml``; the overlay is ``experiments/<experiment>.yaml`` beside it.
        overrides: the settings of the command line (``--config``), nested as in the file.

    Raises:
        ConfigError: a file is missing or not YAML, a key is unknown, a value is not allowed. One sentence that
            names the key, the file, what was found and what is expected.

    The folders in ``extensions`` are searched for networks, losses, readers and protocols from then on.
    """
    base = Path(base)
    command_line: dict[str, Any] = _typed(overrides or {})
    layers: Layers = [(str(base), _read_yaml(base))]
    name: Any = command_line.get("experiment", layers[0][1].get("experiment"))
    layers += [*_overlays(base.parent / "experiments", name), ("--config on the command line", command_line)]
    layers = [(file, _with_new_names(layer, file)) for file, layer in layers]
    values: dict[str, Any] = {}
    for _, layer in layers:
        values = merged(values, layer)
    _search_extensions(values, layers)
    _refuse_unknown_options(layers)
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_sentence(error, layers)) from None
    _check_modalities(config, layers)
    _check_protocol(config, layers)
    for system in config.compare:
        _check_system(config, system, layers)
    for option, systems in config.figures.against.items():
        for name in systems:
            _check_figure(config, option, name, layers)
    if config.data.format == "video":
        _check_video(config, layers)
    return config


def _search_extensions(values: dict[str, Any], layers: Layers) -> None:
    """Register the extension folders; a value that is not a list of folders is refused later by the schema."""
    folders = listed(values.get("extensions", ()))
    if isinstance(folders, Sequence) and all(isinstance(folder, str) for folder in folders):
        try:
            extensions.search(folders)
        except ConfigError as error:
            raise ConfigError(f"{_file_of(['extensions'], layers)}: extensions: {error}") from None


def _overlays(folder: Path, name: str, within: tuple[str, ...] = ()) -> Layers:
    """An experiment's overlay, after the overlays it extends."""
    overlay = folder / f"{name}.yaml"
    if not overlay.is_file():
        known = sorted(path.stem for path in folder.glob("*.yaml"))
        raise ConfigError(f'There is no experiment "{name}" (no file {overlay}){nearest(str(name), known)}')
    if name in within:
        raise ConfigError(f"{overlay}: circular `extends`: {' -> '.join([*within, name])}.")
    content = _read_yaml(overlay)
    extended = content.pop("extends", [])
    extended = [extended] if isinstance(extended, str) else extended
    before = [layer for other in extended for layer in _overlays(folder, other, (*within, name))]
    return [*before, (str(overlay), content)]


def paper_config(base: str | Path) -> Config:
    """The paper's settings: ``base``, the path of ``config.yaml``, as it stands, without an experiment's overlay.

    Raises:
        ConfigError: as :func:`load_config`.
    """
    values = _read_yaml(Path(base))
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_sentence(error, [(str(base), values)])) from None


def _with_new_names(layer: dict[str, Any], file: str) -> dict[str, Any]:
    """The layer with keys of the previous release under their new names; each is logged."""
    layer = copy.deepcopy(layer)
    systems = layer.get("systems")
    sections = {f"systems.{name}.": system for name, system in systems.items()} if isinstance(systems, dict) else {}
    for prefix, section in {"": layer, **sections}.items():
        for old, new in RENAMED.items():
            if _rename(section, old.split("."), new.rpartition(".")[2]):
                log.warning(
                    "%s: %s is now called %s; the old name works until the next release.",
                    file,
                    prefix + old,
                    prefix + new,
                )
    return layer


def _rename(section: Any, path: list[str], name: str) -> bool:
    """Rename the key at ``path`` in place, where it keeps its position; False where there is none."""
    *parents, old = path
    for part in parents:
        section = section.get(part) if isinstance(section, dict) else None
    if not isinstance(section, dict) or old not in section:
        return False
    renamed = {name if key == old else key: value for key, value in section.items()}
    section.clear()
    section.update(renamed)
    return True


def _check_system(config: Config, name: str, layers: Layers) -> None:
    try:
        system = system_settings(config, name)
    except ValidationError as error:
        raise ConfigError(_sentence(error, layers, within=("systems", name))) from None
    if modality(system.network.name) not in config.data.modality:
        raise ConfigError(
            f"{_file_of(['data', 'modality'], layers)}: data.modality is {', '.join(config.data.modality)}, but "
            f"{name}'s network takes {modality(system.network.name)}; add it there, or take {name} out of compare."
        )
    if config.protocol.min_frames <= system.network.frames and system.input.short_sequences == "excluded":
        raise ConfigError(
            f"{_file_of(['protocol', 'min_frames'], layers)}: protocol.min_frames is {config.protocol.min_frames}, "
            f"expected more than {name}'s window of {system.network.frames} frames (the published code never draws a "
            "sequence's last window)."
        )
    if system.training.select == "best_validation" and not config.protocol.splits[config.protocol.split].validation:
        raise ConfigError(
            f"{_file_of(['training', 'select'], layers)}: training.select is best_validation, but "
            f"protocol.splits.{config.protocol.split} holds no validation subjects out; name some there, "
            "or select last."
        )


def _check_modalities(config: Config, layers: Layers) -> None:
    for name in config.data.modality:
        if name not in modality_names():
            raise ConfigError(
                f'{_file_of(["data", "modality"], layers)}: data.modality: there is no modality "{name}"'
                f"{nearest(name, modality_names())}"
            )
    named = ", ".join(config.data.modality)
    if "silhouettes" in config.data.modality and config.data.silhouettes is None:
        raise ConfigError(
            f"{_file_of(['data', 'modality'], layers)}: data.modality is {named}, but data.silhouettes is null; give "
            "their format and path there."
        )
    silhouettes = config.data.silhouettes
    if silhouettes and (silhouettes.format == "bodies") == bool(silhouettes.path):
        expected = (
            "none, since bodies are drawn round the experiment's poses; take it out"
            if silhouettes.path
            else "a folder with the silhouettes"
        )
        raise ConfigError(
            f"{_file_of(['data', 'silhouettes'], layers)}: data.silhouettes.path is "
            f"{', '.join(silhouettes.path) or 'missing'}, expected {expected}."
        )
    if silhouettes and silhouettes.format == "bodies" and "keypoints" not in config.data.modality:
        raise ConfigError(
            f"{_file_of(['data', 'modality'], layers)}: data.modality is {named}, but data.silhouettes.format is "
            "bodies, which are drawn round poses; write [keypoints, silhouettes]."
        )
    if "silhouettes" not in config.data.modality and config.data.silhouettes is not None:
        raise ConfigError(
            f"{_file_of(['data', 'silhouettes'], layers)}: data.silhouettes is set, but data.modality is {named}; add "
            "silhouettes there, or set data.silhouettes to null."
        )


def _check_protocol(config: Config, layers: Layers) -> None:
    kind = config.protocol.kind
    if config.protocol.exclude_same and extensions.declared("protocols", kind)["METRICS"] == "cross_view":
        raise ConfigError(
            f"{_file_of(['protocol', 'exclude_same'], layers)}: protocol.exclude_same is view, but {kind} leaves "
            "identical views out in any case; set it to null, or protocol.kind: whole_gallery."
        )


def _check_figure(config: Config, option: str, name: str, layers: Layers) -> None:
    where = f"{_file_of(['figures', 'against', option], layers)}: figures.against.{option}"
    if name not in config.compare:
        raise ConfigError(f'{where} names "{name}", which is not one of the systems{nearest(name, config.compare)}')
    if option not in system_settings(config, name).network.model_dump():
        raise ConfigError(f'{where}: "{name}" has no network option "{option}".')


def _check_video(config: Config, layers: Layers) -> None:
    """Check the settings that only some estimators and detectors need."""
    video = config.data.video
    if video is None:
        raise ConfigError(f"{_file_of(['data', 'video'], layers)}: data.video is null, but data.format is video.")
    for section, part, name in (
        ("video", video, video.estimator),
        ("video.detector", video.detector, video.detector.kind),
    ):
        if name == "mediapipe":
            continue
        for key in ("weights", "sha256"):
            if getattr(part, key) is None:
                where = _file_of(["data", *section.split("."), key], layers)
                raise ConfigError(f"{where}: data.{section}.{key} is not set, but {name} needs it ({_WEIGHTS[key]}).")
    if video.people == "exactly_one" and video.detect_every > 1:
        raise ConfigError(
            f"{_file_of(['data', 'video', 'detect_every'], layers)}: data.video.detect_every is {video.detect_every}, "
            "but exactly_one counts people in every frame; set it to 1, or data.video.people: track."
        )


def _typed(value: Any) -> Any:
    """The command line's settings with numbers and booleans, which Snakemake leaves as text below the first level."""
    if isinstance(value, Mapping):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    plain = isinstance(value, str) and _NUMBER_OR_BOOLEAN.fullmatch(value)
    return yaml.safe_load(value) if plain else value


def _read_yaml(path: Path) -> dict[str, Any]:
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
    """Refuse network options that are no arguments of the network's class; the schema does not know them."""
    base = layers[0][1]
    systems: dict[str, Any] = {}
    for file, layer in layers:
        systems = merged(systems, layer.get("systems") or {})
        for name, sections in (layer.get("systems") or {}).items():
            try:
                network = lineage_of(name, systems)[0]
            except ValueError as error:
                raise ConfigError(f"{file}: systems.{name}: {str(error).rstrip('.')}{_full_stop(error)}") from None
            known = {*base["network"], *network_options(network)}
            for option in (sections or {}).get("network") or {}:
                if option not in known:
                    raise ConfigError(
                        f"{file}: systems.{name}.network.{option}: unknown setting{nearest(option, known)}"
                    )


def _full_stop(message: object) -> str:
    return "" if str(message).endswith("?") else "."


def _sentence(error: ValidationError, layers: Layers, within: Location = ()) -> str:
    """The first mistake as one sentence: file, key, found, expected."""
    first = error.errors()[0]
    path = list(first["loc"])  # has the kind of a section after its name
    location = _without_kinds(path)
    if within and any(_holds(layer, [*within, *location]) for _, layer in layers):
        location = [*within, *location]
    key = ".".join(str(part) for part in location)
    where = f"{_file_of(location, layers)}: {key}" if location else "The configuration"
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown setting{nearest(str(location[-1]), _fields_at(path[:-1]))}"
    if first["type"] == "missing":
        return f"{where} is missing ({_description(path)})."
    if first["type"].startswith("union_tag"):
        kinds = first["ctx"].get("expected_tags") or "one of the kinds in docs/configuration.md"
        return f"{where}.kind is {first['ctx'].get('tag', 'missing')}, expected {kinds.replace(', ', ' or ')}."
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    if first["type"] == "value_error":
        return f"{where}: {message}{_full_stop(message)}"
    expected = message.replace("Input should be", "expected")
    return f"{where} is {first['input']!r}, {expected} ({_description(path)})."


def _without_kinds(path: Location) -> list[str | int]:
    """The key as in the file: pydantic's location has the kind of a section after the section's name."""
    section: Any = Config
    written = []
    for part in path:
        if not isinstance(section, tuple | Chosen):
            written.append(part)
        section = _section_type(section, str(part))
    return written


def _file_of(location: Location, layers: Layers) -> str:
    """The last layer that sets the key (or, for a missing one, the section it belongs in)."""
    for file, layer in reversed(layers):
        if _holds(layer, location):
            return file
    return layers[0][0]


def _holds(layer: Any, location: Location) -> bool:
    for part in location:
        if not isinstance(layer, Mapping | list):
            return True  # the layer puts a plain value where a section is expected
        try:
            layer = layer[part]  # type: ignore[index]  # what does not fit is caught
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _fields_at(path: Location) -> list[str]:
    section: Any = Config
    for part in path:
        section = _section_type(section, str(part))
    return list(section.model_fields) if section is not None else []


def _description(path: Location) -> str:
    names = [part for part in path if isinstance(part, str)]
    section: Any = Config
    for part in names[:-1]:
        section = _section_type(section, part) or section
    sections = isinstance(section, tuple | Chosen)
    field = section.model_fields.get(names[-1]) if names and not sections else None
    return (field.description if field else None) or "see docs/configuration.md"


def _section_type(section: Any, key: str) -> type[Settings] | tuple[type[Settings], ...] | Chosen | None:
    """The settings class below ``key``; several classes where the next key is one of the section's kinds.

    The key may also be a name in a mapping of sections (protocol.splits.74/50).
    """
    if isinstance(section, Chosen):
        return section_of(section, key)
    if isinstance(section, tuple):
        return next((kind for kind in section if key in get_args(kind.model_fields["kind"].annotation)), None)
    field = section.model_fields.get(key) if section is not None else None
    if field is None:
        return section  # a name the user chose inside a mapping of sections
    if (chosen := how_chosen(field)) and _is_section(field.annotation):
        return chosen
    candidates = (field.annotation, *get_args(field.annotation))
    classes = tuple(filter(_is_section, candidates))
    return classes if field.discriminator else next(iter(classes), None)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Settings)
