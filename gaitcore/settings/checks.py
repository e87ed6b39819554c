"""What the schema cannot say of a whole configuration: settings that need or exclude one another.

Each mistake is one sentence with the file, the line and the key, what was found and what to do.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from pydantic import ValidationError

from gaitcore import extensions
from gaitcore.errors import ConfigError, short, shown
from gaitcore.merging import lineage_of
from gaitcore.modalities import modality_names
from gaitcore.networks import OPTIONS, modality, sizes_at_fault
from gaitcore.settings.chosen import check_options, section_of
from gaitcore.settings.data import Data, Detector, Segmenter, Silhouettes, Video
from gaitcore.settings.experiment import Config, System
from gaitcore.settings.layers import Layers, Location, holds, source_of
from gaitcore.settings.network import Network
from gaitcore.settings.sentences import sentence, within_system
from gaitcore.suggest import nearest
from gaitcore.systems import system_settings

_MADE_FROM = {  # formats of silhouettes without a path
    "bodies": "bodies are drawn round the experiment's poses",
    "video": "people are cut out of the videos of the experiment's poses",
}
_WEIGHTS = {"weights": "the file; docs/poses.md says where to get it", "sha256": "what sha256sum prints for the file"}


def check_config(config: Config, layers: Layers) -> None:
    """Refuse settings that do not fit together.

    Raises:
        ConfigError: they do not; the sentence names the last of the layers that sets the key.
    """
    _check_modalities(config, layers)
    _check_frame(config.data, layers)
    _check_people(config.data, layers)
    _check_protocol(config, layers)
    _check_tracking(config, layers)
    _check_walkers(config, layers)
    for system in config.compare:
        check_system(config, system, layers)
    for option, systems in config.figures.against.items():
        for system in systems:
            _check_figure(config, option, system, layers)
    if config.data.format == "video":
        _check_video(config, layers)


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


def _check_frame(data: Data, layers: Layers) -> None:
    """Refuse a frame with one side, and none where videos or walkers need it."""
    missing = [name for name in ("frame_width", "frame_height") if getattr(data, name) is None]
    needed = "data.format is video" if data.format == "video" else "data.walkers are drawn in it"
    if len(missing) == 1 or (missing and (data.format == "video" or data.walkers is not None)):
        why = "the other side is not null" if len(missing) == 1 else needed
        raise ConfigError(
            f"{source_of(['data', missing[0]], layers)}: data.{missing[0]} is null, but {why}; give it in pixels."
        )


def _check_people(data: Data, layers: Layers) -> None:
    """Refuse the rule index without its folder, and the folder with another rule."""
    if (data.people == "index") != (data.people_index is not None):
        found = "null" if data.people_index is None else shown(data.people_index)
        raise ConfigError(
            f"{source_of(['data', 'people'], layers)}: data.people is {data.people}, but data.people_index is {found}; "
            "set both (people: index and the folder), or neither."
        )
    key, people = (
        ("video.people", data.video.people) if data.format == "video" and data.video else ("people", data.people)
    )
    if data.tracking is not None and people != "track":
        raise ConfigError(
            f"{source_of(['data', 'tracking'], layers)}: data.tracking is set, but data.{key} is {people}, which "
            f"follows nobody; remove data.tracking, or set data.{key}: track."
        )


def _check_protocol(config: Config, layers: Layers) -> None:
    kind = config.protocol.kind
    if config.protocol.exclude_same == "view" and extensions.declared("protocols", kind)["METRICS"] == "cross_view":
        raise ConfigError(
            f"{source_of(['protocol', 'exclude_same'], layers)}: protocol.exclude_same is view, but {kind} leaves "
            "identical views out in any case; set it to null, or protocol.kind: whole_gallery."
        )
    overall, names = config.statistics.overall, tuple(config.protocol.comparisons)
    if overall is not None and overall not in names:
        expected = f"{nearest(overall, names)}" if names else "; set it to null."
        raise ConfigError(
            f"{source_of(['statistics', 'overall'], layers)}: statistics.overall: there is no comparison "
            f'"{short(overall)}"{expected}'
        )


def _check_tracking(config: Config, layers: Layers) -> None:
    if config.tracking.tool and find_spec("tensorboardX") is None:
        raise ConfigError(
            f"{source_of(['tracking', 'tool'], layers)}: tracking.tool is {config.tracking.tool}, whose package "
            "tensorboardX is not installed; install it with: make tracking, or set tracking.tool to null."
        )


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


def check_system(config: Config, name: str, layers: Layers, own: Location | None = None, called: str = "") -> System:
    """Refuse the settings of a system that are wrong or do not fit together; its settings.

    Args:
        config: the configuration.
        name: of the system.
        layers: where the settings come from.
        own: the section with its own settings; None for ``systems.NAME``.
        called: what messages call it; its name if that is empty.

    Raises:
        ConfigError: as :func:`check_config`.
    """
    called = called or name
    lineage = lineage_of(name, config.systems)
    places: list[Location] = [*(("systems", owner) for owner in lineage[:-1]), own or ("systems", name)]
    try:
        system = system_settings(config, name)
    except ValidationError as error:
        raise ConfigError(sentence(error, layers, within_system(places, error, layers), System)) from None
    _check_options(system, places, layers)
    if modality(system.network.name) not in config.data.modality:
        raise ConfigError(
            f"{source_of(['data', 'modality'], layers)}: data.modality is {', '.join(config.data.modality)}, but "
            f"{called}'s network takes {modality(system.network.name)}; add it there, or take {called} out of compare."
        )
    least = config.protocol.min_frames_of.get("keypoints", config.protocol.min_frames)
    if system.weights is not None:
        return system  # what follows concerns training
    cuts_windows = system.training.epochs or system.evaluation.windows != "whole_sequence"
    takes_windows = modality(system.network.name) == "keypoints" and system.training.sampling.kind == "window"
    if cuts_windows and takes_windows and least <= system.network.frames and system.input.short_sequences == "excluded":
        raise ConfigError(
            f"{source_of(['protocol', 'min_frames'], layers)}: protocol.min_frames is {least}, "
            f"expected more than {called}'s window of {system.network.frames} frames (the published code never draws a "
            "sequence's last window)."
        )
    if modality(system.network.name) == "keypoints":
        _check_unit(config, called, system, layers)
    split = config.protocol.splits.get(config.protocol.split)  # None for a partition file, which has no such subjects
    if system.training.select == "best_validation" and not (split and split.validation):
        raise ConfigError(
            f"{source_of(['training', 'select'], layers)}: training.select is best_validation, but "
            f"{'protocol.splits.' if split else ''}{config.protocol.split} holds no validation subjects out; "
            f"{'name some there, or ' if split else ''}select last."
        )
    return system


def _check_unit(config: Config, name: str, system: System, layers: Layers) -> None:
    """Refuse to divide coordinates of a crop by the width of a frame."""
    uses_unit = extensions.declared("inputs", system.input.transform).get("UNIT", True)
    if config.data.frame_width is None and uses_unit and system.input.unit == "frame_width":
        raise ConfigError(
            f"{source_of(['data', 'frame_width'], layers)}: data.frame_width is null, but {name} divides by it "
            "(input.unit: frame_width); set input.unit to body_height or torso."
        )


def _check_options(system: System, places: Sequence[Location], layers: Layers) -> None:
    """Refuse options of a network that its class does not allow, by the types in its signature."""
    options = {name: value for name, value in system.network.model_dump().items() if name not in Network.model_fields}
    network = options.pop("name")
    try:
        check_options(OPTIONS, network, options)
    except ValidationError as error:
        option_at = error.errors(include_url=False)[0]["loc"]
        owners = [place for place in places if _sets(layers, *place, "network", *option_at)]
        within = (*(owners or places)[-1], "network")
        raise ConfigError(sentence(error, layers, within, section_of(OPTIONS, network))) from None
    defaults = {name: field.default for name, field in section_of(OPTIONS, network).model_fields.items()}
    for option, found, expected in sizes_at_fault(network, {**defaults, **options}):
        owners = [place for place in places if _sets(layers, *place, "network", option)]
        key = [*(owners or places)[-1], "network", option]
        raise ConfigError(
            f"{source_of(key, layers)}: {'.'.join(map(str, key))} is {shown(found)}, expected {expected}."
        )


def _sets(layers: Layers, *location: str | int) -> bool:
    return any(holds(layer.content, location) for layer in layers)


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
