"""The configuration's files: layers merged, validated once, and one sentence for a mistake.

``config.yaml`` holds the paper's settings, the chosen experiment's overlay is merged over it, and the
command line over both. Every message names the key, its file and, where there is one, its line.
"""

import copy
import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gaitcore import extensions
from gaitcore.errors import ConfigError, short, shown
from gaitcore.keys import canonical, parse_sequence_name
from gaitcore.merging import lineage_of, merged
from gaitcore.modalities import modality_names
from gaitcore.names import checked_name
from gaitcore.networks import OPTIONS, modality, network_options, sizes_at_fault
from gaitcore.settings.chosen import check_options, section_of
from gaitcore.settings.data import Data, Detector, Segmenter, Silhouettes, Video
from gaitcore.settings.experiment import Config, System
from gaitcore.settings.kept import tell_kept_settings
from gaitcore.settings.layers import COMMAND_LINE, Layer, Layers, holds, merged_layers, source_of
from gaitcore.settings.network import Network
from gaitcore.settings.sentences import full_stop, section_below, sentence, within_system
from gaitcore.settings.values import Folders, Settings
from gaitcore.suggest import nearest
from gaitcore.systems import crossed, system_settings
from gaitcore.yaml_files import DEEPEST, plain_value, read_yaml

log = logging.getLogger(__name__)

RENAMED = {  # keys of the previous release; those inside a section are also renamed inside systems.<name>
    "models": "compare",
    "evaluation.views": "evaluation.test_time_augmentation",
    "training.batch.views": "training.batch.copies",
}

_MOST_LAYERS = 100
_FOLDERS = (  # beside those of the systems
    *("benchmarks", "checkpoints", "figures", "inspection", "logs", "movies", "overlay", "poses", "silhouettes"),
    *("tables", "verify"),
)
_MADE_FROM = {  # formats of silhouettes without a path
    "bodies": "bodies are drawn round the experiment's poses",
    "video": "people are cut out of the videos of the experiment's poses",
}
_NULL = ("null", "")  # on the command line, where a text may be absent
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
    command_line = Layer(COMMAND_LINE, _typed(overrides or {}, Config), {})
    bottom = _layer(base)
    folder = base.parent / "experiments"
    name = _experiment(bottom, command_line, folder)
    overlays = _overlays(folder, name)
    layers = [_with_new_names(layer) for layer in (bottom, *overlays, command_line)]
    _search_extensions(layers)
    _check_systems(layers)
    try:
        config = Config.model_validate({**merged_layers(layers), "experiment": name})
    except ValidationError as error:
        raise ConfigError(sentence(error, layers)) from None
    config = _crossed(config, layers)
    _check_modalities(config, layers)
    _check_frame(config.data, layers)
    _check_people(config.data, layers)
    _check_protocol(config, layers)
    _check_walkers(config, layers)
    for system in config.compare:
        _check_system(config, system, layers)
    for option, systems in config.figures.against.items():
        for system in systems:
            _check_figure(config, option, system, layers)
    if config.data.format == "video":
        _check_video(config, layers)
    tell_kept_settings(config, layers)
    return config


def paper_config(base: str | Path) -> Config:
    """The paper's settings: ``base``, the path of ``config.yaml``, as it stands, without an experiment's overlay.

    Raises:
        ConfigError: as :func:`load_config`.
    """
    layer = _layer(Path(base))
    try:
        return Config.model_validate(layer.content)
    except ValidationError as error:
        raise ConfigError(sentence(error, [layer])) from None


def sequence_to_draw(value: Any) -> str | None:
    """The sequence that ``--config sequence=...`` names for the movie, None where there is none.

    Raises:
        ConfigError: it is not the name of a sequence.
    """
    if value is not None and (not isinstance(value, str) or parse_sequence_name(value) is None):
        raise ConfigError(f"{COMMAND_LINE}: sequence: {shown(value)} is not a valid name, expected e.g. 001-nm-01-090.")
    return value


def _layer(path: Path) -> Layer:
    content, lines = read_yaml(path)
    return Layer(str(path), content, lines)


def _experiment(bottom: Layer, command_line: Layer, folder: Path) -> str:
    """The name of the experiment in use, which the command line or config.yaml gives.

    Snakemake reads ``--config experiment=007`` as the number 7: a number is the overlay 007 if that is the only one.
    """
    layers = [bottom, command_line]
    where = f"{source_of(['experiment'], layers)}: experiment"
    values = merged_layers(layers)
    if "experiment" not in values:
        raise ConfigError(f"{where} is missing, expected the name of an overlay, e.g. demo.")
    name = _name(values["experiment"], where)
    if isinstance(values["experiment"], int) and not (folder / f"{name}.yaml").exists():
        spelled = [path.stem for path in folder.glob("*.yaml") if canonical(path.stem) == name]
        return spelled[0] if len(spelled) == 1 else name
    return name


def _name(value: Any, where: str) -> str:
    try:
        return checked_name(value)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}.") from None


def _overlays(folder: Path, name: str, within: tuple[str, ...] = ()) -> Layers:
    """An experiment's overlay, after the overlays it extends."""
    overlay = folder / f"{name}.yaml"
    if not overlay.exists():
        raise ConfigError(f'There is no experiment "{name}" (no file {overlay}){_hint(folder, name)}')
    if name in within:
        raise ConfigError(f"{overlay}: circular `extends`: {' -> '.join([*within, name])}.")
    layer = _layer(overlay)
    where = f"{source_of(['extends'], [layer])}: extends"
    extended = layer.content.pop("extends", [])
    if isinstance(extended, str):
        extended = [extended]
    if not isinstance(extended, list):
        raise ConfigError(f"{where} is {shown(extended)}, expected the name of an experiment, or a list of names.")
    before: Layers = []
    for other in extended:
        before += _overlays(folder, _name(other, where), (*within, name))
        if len(before) > _MOST_LAYERS:
            raise ConfigError(f"{where} leads to more than {_MOST_LAYERS} overlays, expected fewer.")
    _check_own_name(layer, name)
    return [*before, layer]


def _hint(folder: Path, name: str) -> str:
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    spelled = [other for other in known if canonical(other) == canonical(name)]
    if not known:
        return f"; {folder} has no overlays in it, expected files like demo.yaml."
    if spelled:
        return f"; expected {' or '.join(spelled)}, of which only one may exist if the command line gives a number."
    return nearest(name, known)


def _check_own_name(overlay: Layer, name: str) -> None:
    """Refuse an overlay that has another name inside, by which its results would go elsewhere."""
    if "experiment" in overlay.content:
        where = f"{source_of(['experiment'], [overlay])}: experiment"
        own = _name(overlay.content["experiment"], where)
        if own != name:
            raise ConfigError(f'{where} is "{own}", but the file has the name {name}.yaml; write experiment: {name}.')


def _search_extensions(layers: Layers) -> None:
    """Register the extension folders; a value that is not a list of folders is refused later by the schema."""
    try:
        folders = TypeAdapter(Folders).validate_python(merged_layers(layers).get("extensions", ()))
    except ValidationError:
        pass
    else:
        try:
            extensions.search(folders)
        except ConfigError as error:
            raise ConfigError(f"{source_of(['extensions'], layers)}: extensions: {error}") from None


def _with_new_names(layer: Layer) -> Layer:
    """The layer with keys of the previous release under their new names; each is logged."""
    content = copy.deepcopy(layer.content)
    systems = content.get("systems")
    sections = {f"systems.{name}.": system for name, system in systems.items()} if isinstance(systems, dict) else {}
    for prefix, section in {"": content, **sections}.items():
        for old, new in RENAMED.items():
            _refuse_both(layer.file, prefix, section, old, new)
            if _rename(section, old.split("."), new.rpartition(".")[2]):
                log.warning(
                    "%s: %s is now called %s; the old name works until the next release.",
                    layer.file,
                    prefix + old,
                    prefix + new,
                )
    return layer._replace(content=content)


def _refuse_both(file: str, prefix: str, section: Any, old: str, new: str) -> None:
    """Refuse a key that stands under its old name and its new one."""
    for part in old.split(".")[:-1]:
        section = section.get(part) if isinstance(section, dict) else None
    if isinstance(section, dict) and {old.rpartition(".")[2], new.rpartition(".")[2]} <= section.keys():
        raise ConfigError(
            f"{file}: {prefix}{old} is the old name of {prefix}{new}, and both are set; remove the old one."
        )


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


def _check_systems(layers: Layers) -> None:
    """Refuse what is no system, and network options that are no arguments of the network's class."""
    systems: dict[str, Any] = {}
    for layer in layers:
        _check_shapes(layer)
        systems = merged(systems, layer.content.get("systems", {}))
        for name, sections in layer.content.get("systems", {}).items():
            where = f"{source_of(['systems', name], [layer])}: systems.{short(name)}"
            try:
                network = lineage_of(name, systems)[0]
            except ValueError as error:
                raise ConfigError(f"{where}: {str(error).rstrip('.')}{full_stop(error)}") from None
            known = {*Network.model_fields, *network_options(network)}
            for option in sections.get("network", {}):
                if option not in known:
                    where = f"{source_of(['systems', name, 'network', option], [layer])}: systems.{name}.network"
                    raise ConfigError(f"{where}.{short(option)}: unknown setting{nearest(str(option), known)}")


def _check_shapes(layer: Layer) -> None:
    """Refuse a layer whose systems, or their networks, are not mappings, or whose `like` is no name."""

    def check(value: Any, *location: str) -> None:
        if not isinstance(value, Mapping):
            key = ".".join(map(short, location))
            where = source_of(location, [layer])
            raise ConfigError(f"{where}: {key} is {shown(value)}, expected a mapping of settings.")

    systems = layer.content.get("systems", {})
    check(systems, "systems")
    for name, sections in systems.items():
        location = ("systems", name)
        where = f"{source_of(location, [layer])}: systems"
        if _name(name, where) in _FOLDERS:
            raise ConfigError(f"{where}.{name}: results/NAME/{name}/ has other results; give the system another name.")
        check(sections, *location)
        if "network" in sections:
            check(sections["network"], *location, "network")
        if "like" in sections:
            _name(sections["like"], f"{source_of([*location, 'like'], [layer])}: systems.{name}.like")


def _check_system(config: Config, name: str, layers: Layers) -> None:
    lineage = lineage_of(name, config.systems)
    try:
        system = system_settings(config, name)
    except ValidationError as error:
        raise ConfigError(sentence(error, layers, within_system(name, lineage, error, layers), System)) from None
    _check_options(system, lineage, layers)
    if modality(system.network.name) not in config.data.modality:
        raise ConfigError(
            f"{source_of(['data', 'modality'], layers)}: data.modality is {', '.join(config.data.modality)}, but "
            f"{name}'s network takes {modality(system.network.name)}; add it there, or take {name} out of compare."
        )
    least = config.protocol.min_frames_of.get("keypoints", config.protocol.min_frames)
    if system.weights is not None:
        return  # what follows concerns training
    cuts_windows = system.training.epochs or system.evaluation.windows != "whole_sequence"
    takes_windows = modality(system.network.name) == "keypoints" and system.training.sampling.kind == "window"
    if cuts_windows and takes_windows and least <= system.network.frames and system.input.short_sequences == "excluded":
        raise ConfigError(
            f"{source_of(['protocol', 'min_frames'], layers)}: protocol.min_frames is {least}, "
            f"expected more than {name}'s window of {system.network.frames} frames (the published code never draws a "
            "sequence's last window)."
        )
    if modality(system.network.name) == "keypoints":
        _check_unit(config, name, system, layers)
    split = config.protocol.splits.get(config.protocol.split)  # None for a partition file, which has no such subjects
    if system.training.select == "best_validation" and not (split and split.validation):
        raise ConfigError(
            f"{source_of(['training', 'select'], layers)}: training.select is best_validation, but "
            f"{'protocol.splits.' if split else ''}{config.protocol.split} holds no validation subjects out; "
            f"{'name some there, or ' if split else ''}select last."
        )


def _check_people(data: Data, layers: Layers) -> None:
    """Refuse the rule index without its folder, and the folder with another rule."""
    if (data.people == "index") != (data.people_index is not None):
        found = "null" if data.people_index is None else shown(data.people_index)
        raise ConfigError(
            f"{source_of(['data', 'people'], layers)}: data.people is {data.people}, but data.people_index is {found}; "
            "set both (people: index and the folder), or neither."
        )


def _check_frame(data: Data, layers: Layers) -> None:
    """Refuse a frame with one side, and none where videos or walkers need it."""
    missing = [name for name in ("frame_width", "frame_height") if getattr(data, name) is None]
    needed = "data.format is video" if data.format == "video" else "data.walkers are drawn in it"
    if len(missing) == 1 or (missing and (data.format == "video" or data.walkers is not None)):
        why = "the other side is not null" if len(missing) == 1 else needed
        raise ConfigError(
            f"{source_of(['data', missing[0]], layers)}: data.{missing[0]} is null, but {why}; give it in pixels."
        )


def _check_unit(config: Config, name: str, system: System, layers: Layers) -> None:
    """Refuse to divide coordinates of a crop by the width of a frame."""
    uses_unit = extensions.declared("inputs", system.input.transform).get("UNIT", True)
    if config.data.frame_width is None and uses_unit and system.input.unit == "frame_width":
        raise ConfigError(
            f"{source_of(['data', 'frame_width'], layers)}: data.frame_width is null, but {name} divides by it "
            "(input.unit: frame_width); set input.unit to body_height or torso."
        )


def _crossed(config: Config, layers: Layers) -> Config:
    if config.experiment in config.cross:
        raise ConfigError(
            f"{source_of(['cross'], layers)}: cross names {config.experiment} itself, expected other experiments."
        )
    try:
        return crossed(config)
    except ValidationError:  # of a system: reported with its place as each of them is checked
        return config


def _check_modalities(config: Config, layers: Layers) -> None:
    for name in config.data.modality:
        if name not in modality_names():
            raise ConfigError(
                f'{source_of(["data", "modality"], layers)}: data.modality: there is no modality "{name}"'
                f"{nearest(name, modality_names())}"
            )
    for name in config.protocol.min_frames_of:
        if name not in modality_names():
            raise ConfigError(
                f"{source_of(['protocol', 'min_frames_of'], layers)}: protocol.min_frames_of: there is no modality "
                f'"{short(name)}"{nearest(name, modality_names())}'
            )
    named = ", ".join(config.data.modality)
    if "silhouettes" in config.data.modality and config.data.silhouettes is None:
        raise ConfigError(
            f"{source_of(['data', 'modality'], layers)}: data.modality is {named}, but data.silhouettes is null; give "
            "their format and path there."
        )
    if config.data.silhouettes is not None:
        _check_source_of_silhouettes(config.data, config.data.silhouettes, layers)
    if "silhouettes" not in config.data.modality and config.data.silhouettes is not None:
        raise ConfigError(
            f"{source_of(['data', 'silhouettes'], layers)}: data.silhouettes is set, but data.modality is {named}; add "
            "silhouettes there, or set data.silhouettes to null."
        )


def _check_source_of_silhouettes(data: Data, silhouettes: Silhouettes, layers: Layers) -> None:
    """Check what silhouettes are made from: a folder of their own, or the experiment's poses, or its videos too."""
    made, made_from = silhouettes.format, _MADE_FROM.get(silhouettes.format)
    if bool(made_from) == bool(silhouettes.path):
        expected = f"none, since {made_from}; take it out" if made_from else "a folder with the silhouettes"
        raise ConfigError(
            f"{source_of(['data', 'silhouettes'], layers)}: data.silhouettes.path is "
            f"{', '.join(silhouettes.path) or 'missing'}, expected {expected}."
        )
    if made_from and "keypoints" not in data.modality:
        raise ConfigError(
            f"{source_of(['data', 'modality'], layers)}: data.modality is {', '.join(data.modality)}, but "
            f"data.silhouettes.format is {made}, and {made_from}; write [keypoints, silhouettes]."
        )
    if made == "video" and data.format != "video":
        raise ConfigError(
            f"{source_of(['data', 'silhouettes', 'format'], layers)}: data.silhouettes.format is video, but "
            f"data.format is {data.format}, so there are no videos; set data.format to video, or another format here."
        )
    segmenter = silhouettes.segmenter
    if made == "video" and segmenter and segmenter.kind == "onnx":
        _check_weights(segmenter, "silhouettes.segmenter", segmenter.kind, layers)


def _check_protocol(config: Config, layers: Layers) -> None:
    kind = config.protocol.kind
    if config.protocol.exclude_same == "view" and extensions.declared("protocols", kind)["METRICS"] == "cross_view":
        raise ConfigError(
            f"{source_of(['protocol', 'exclude_same'], layers)}: protocol.exclude_same is view, but {kind} leaves "
            "identical views out in any case; set it to null, or protocol.kind: whole_gallery."
        )


def _check_figure(config: Config, option: str, name: str, layers: Layers) -> None:
    where = f"{source_of(['figures', 'against', option], layers)}: figures.against.{option}"
    if name not in config.compare:
        raise ConfigError(f'{where} names "{name}", which is not one of the systems{nearest(name, config.compare)}')
    if option not in system_settings(config, name).network.model_dump():
        raise ConfigError(f'{where}: "{name}" has no network option "{option}".')


def _check_video(config: Config, layers: Layers) -> None:
    """Check the settings that only some estimators and detectors need."""
    video = config.data.video
    if video is None:
        raise ConfigError(f"{source_of(['data', 'video'], layers)}: data.video is null, but data.format is video.")
    for section, part, name in (
        ("video", video, video.estimator),
        ("video.detector", video.detector, video.detector.kind),
    ):
        if name != "mediapipe":
            _check_weights(part, section, name, layers)
    if video.people == "exactly_one" and video.detect_every > 1:
        raise ConfigError(
            f"{source_of(['data', 'video', 'detect_every'], layers)}: data.video.detect_every is {video.detect_every}, "
            "but exactly_one counts people in every frame; set it to 1, or data.video.people: track."
        )


def _check_weights(part: Video | Detector | Segmenter, section: str, name: str, layers: Layers) -> None:
    """Refuse a network without the file of its weights, or without that file's digest."""
    for key in ("weights", "sha256"):
        if getattr(part, key) is None:
            where = source_of(["data", *section.split("."), key], layers)
            raise ConfigError(f"{where}: data.{section}.{key} is not set, but {name} needs it ({_WEIGHTS[key]}).")


def _check_options(system: System, lineage: list[str], layers: Layers) -> None:
    """Refuse options of a network that its class does not allow, by the types in its signature."""
    options = {name: value for name, value in system.network.model_dump().items() if name not in Network.model_fields}
    network = options.pop("name")
    try:
        check_options(OPTIONS, network, options)
    except ValidationError as error:
        place = [*error.errors(include_url=False)[0]["loc"]]
        owners = [owner for owner in lineage if _sets(layers, "systems", owner, "network", *place)]
        within = ("systems", (owners or lineage)[-1], "network")
        raise ConfigError(sentence(error, layers, within, section_of(OPTIONS, network))) from None
    defaults = {name: field.default for name, field in section_of(OPTIONS, network).model_fields.items()}
    for option, found, expected in sizes_at_fault(network, {**defaults, **options}):
        owner = next((owner for owner in reversed(lineage) if _sets(layers, "systems", owner, "network", option)), "")
        key = ["systems", owner or lineage[-1], "network", option]
        raise ConfigError(f"{source_of(key, layers)}: {'.'.join(key)} is {shown(found)}, expected {expected}.")


def _sets(layers: Layers, *location: str | int) -> bool:
    return any(holds(layer.content, location) for layer in layers)


def _check_walkers(config: Config, layers: Layers) -> None:
    """Refuse a path outside data/ for the walkers, which are written there."""
    if config.data.walkers is None:
        return
    path = Path(config.data.path[0])
    if path.is_absolute() or ".." in path.parts or path.parts[:1] != ("data",) or path.suffix != ".csv":
        raise ConfigError(
            f"{source_of(['data', 'path'], layers)}: data.path is {shown(config.data.path[0])}, but the walkers are "
            "written there; expected a CSV inside data/, e.g. data/raw/demo/poses.csv."
        )


def _typed(value: Any, section: Any, text: bool = False, depth: int = 0) -> Any:
    """The command line's settings with numbers and truth values, which Snakemake leaves as text below the first level.

    Args:
        value: a setting, or a section of settings.
        section: the class of the section, which says where text is meant.
        text: whether the value is text, whatever it looks like.
        depth: the number of lists and mappings around it.
    """
    if depth > DEEPEST:
        raise ConfigError(
            f"{COMMAND_LINE}: more than {DEEPEST} lists and mappings inside each other, expected fewer; correct it."
        )
    if isinstance(value, Mapping):
        return {key: _typed(inner, *_kind_below(section, str(key), text), depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner, section, text, depth + 1) for inner in value]
    if not isinstance(value, str):
        return value
    if text:
        return None if value in _NULL else value
    try:
        return plain_value(value)
    except ValueError as error:
        raise ConfigError(f"{COMMAND_LINE}: {error}.") from None


def _kind_below(section: Any, key: str, text: bool) -> tuple[Any, bool]:
    """The class of the section below a key, and whether text stands there."""
    if isinstance(section, type) and section is Config and key == "systems":
        return {"": System}, False  # a mapping of names to systems
    if isinstance(section, dict):
        return section[""], False
    if not (isinstance(section, type) and issubclass(section, Settings)):
        return None, text
    if key not in section.model_fields:  # a name inside a mapping
        return section, text
    return section_below(section, key), _is_text(_properties(section)[key])


@cache
def _properties(section: type[Settings]) -> Mapping[str, Any]:
    """The JSON schema of each setting of a section, which takes long to make."""
    properties: Mapping[str, Any] = section.model_json_schema()["properties"]
    return properties


def _is_text(schema: Mapping[str, Any]) -> bool:
    """Whether a schema allows text, in a list or a mapping too, and no numbers."""
    kinds = [schema, *schema.get("anyOf", ())]
    kinds += [kind["items"] for kind in kinds if isinstance(kind.get("items"), Mapping)]
    kinds += [kind["additionalProperties"] for kind in kinds if isinstance(kind.get("additionalProperties"), Mapping)]
    types = {kind.get("type") for kind in kinds}
    return "string" in types and not types & {"integer", "number", "boolean", None}
