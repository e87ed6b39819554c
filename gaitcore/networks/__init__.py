"""The networks by name: one file each, found here and in extensions, loaded only when asked for.

A file is a network where it declares ``TITLE`` (as tables print it; also the name of its class, or that is ``CLASS``),
``MODALITY`` (the frames it takes) and ``MAP`` (what its last map is, or None). Declarations are read without importing
the file, so that rules and tables name networks without loading torch, and a change in one network's file concerns the
systems built on it alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from gaitcore import extensions
from gaitcore.errors import ConfigError, shown
from gaitcore.settings.allowed import in_a_sentence
from gaitcore.settings.chosen import Chosen, check_options, section_of
from gaitcore.suggest import nearest

if TYPE_CHECKING:
    from torch import Tensor, nn


# What networks are built with beside options of their own; the values are for a class without a default.
_COMMON = {"frames": 60, "joints": 17, "in_channels": 2, "maps": 2, "embedding_dim": 128}

OPTIONS = Chosen("networks", common=tuple(_COMMON), strict=False)


def model_names() -> tuple[str, ...]:
    """The networks that can be built, e.g. ``("gaitformer", "gaitmixer")``."""
    return tuple(extensions.available("networks"))


def model_title(name: str) -> str:
    """How the field writes a network's name, for tables and figures: ``GaitMixer``."""
    return extensions.declared("networks", name)["TITLE"]


def modality(name: str) -> str:
    """The frames a network takes: "keypoints" or "silhouettes"."""
    return extensions.declared("networks", name)["MODALITY"]


def paper_text(name: str) -> dict[str, str]:
    """Option -> what the paper's text says where the published code does otherwise; empty where nothing is declared."""
    return extensions.declared("networks", name).get("PAPER_TEXT", {})


def map_sentence(name: str) -> str | None:
    """What the map is that a network ends with, and that figures show; None if it has none.

    A network with a map has ``last_map(x)`` and ``read(*last_map(x))``, the embedding. ``last_map`` returns the map and
    whatever else is read beside it. The map of poses (B, T, J, C) is over frames and joints, (B, T', J, C'); that of
    silhouettes (B, T, 64, 44) is over frames, rows and columns, (B, T', H', W', C'), and T' is 1 where it is one map of
    all frames. Its cells are squares: 16 x 11 of them are 64 x 44 pixels, 7 x 7 of them the square round these.
    """
    return extensions.declared("networks", name)["MAP"]


def has_map(name: str, of: str = "keypoints") -> bool:
    """Whether a network takes the frames of this modality and ends with a map of them."""
    return modality(name) == of and map_sentence(name) is not None


def network_options(name: str) -> tuple[str, ...]:
    """The options a network takes beside frames, joints, in_channels and embedding_dim, from its class's signature."""
    return tuple(extensions.options("networks", name, _COMMON))


def sizes_at_fault(name: str, options: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """The options with which a network cannot be built, by what its file declares: option, value, what was expected.

    ``MULTIPLES`` has for an option (a number or several) a number, or the option of which it is a multiple, or that
    option and the values of others under which this holds; ``LENGTHS`` for one of several numbers how many they are.
    """
    declared = extensions.declared("networks", name)
    for option, of in declared.get("MULTIPLES", {}).items():
        of, where = of if isinstance(of, tuple) else (of, {})
        divisor, value = options.get(of) if isinstance(of, str) else of, options.get(option)
        values = value if isinstance(value, list | tuple) else (value,)
        if all(options.get(other) == under for other, under in where.items()) and any(one % divisor for one in values):
            yield option, value, f"a multiple of {of} ({divisor})" if isinstance(of, str) else f"multiples of {of}"
    for option, number in declared.get("LENGTHS", {}).items():
        if len(options[option]) != number:
            yield option, options[option], f"{number} numbers"


def build_model(
    name: str,
    *,
    frames: int | None = None,
    joints: int | None = None,
    in_channels: int | None = None,
    maps: int | None = None,
    embedding_dim: int | None = None,
    **options: Any,
) -> nn.Module:
    """A system's network with fresh weights drawn from torch's global generator.

    Args:
        name: one of :func:`model_names`.
        frames, joints, in_channels: T, J and C of the (B, T, J, C) input of a network of keypoints.
        maps: their number, where its input is maps (B, T, maps, 64, 44) instead.
        embedding_dim: length D of the embedding it returns: (B, D), or (B, parts, D) from silhouettes (B, T, 64, 44),
            which are numbers from 0 to 1.
        options: the system's own settings, e.g. ``kernel=9`` or ``padding="both"``; see its class.

    Of frames, joints, in_channels, maps and embedding_dim a network gets those that its class takes. None is the
    class's own default.

    Raises:
        ConfigError: the name is unknown, the network refuses an option, or it takes maps and not joints or the reverse.
    """
    title = model_title(name)
    network = extensions.definition("networks", name)
    known = network_options(name)
    for option in options:
        if option not in known:
            raise ConfigError(f'{title} has no option "{option}"{nearest(option, known)}')
    _check_options(name, title, options)
    takes_maps = "maps" in inspect.signature(network).parameters
    if takes_maps and in_channels is not None:
        raise ConfigError(f"{title} takes maps, not channels of joints; set its input.transform to skeleton_maps.")
    if maps is not None and not takes_maps:
        raise ConfigError(f"{title} takes channels of joints, not maps; set its input.transform, e.g. to channels.")
    given = {"frames": frames, "joints": joints, "in_channels": in_channels}
    given |= {"maps": maps, "embedding_dim": embedding_dim}
    try:
        return network(**_taken(network, given), **options)
    except (ValueError, ArithmeticError, RuntimeError, MemoryError) as error:
        raise ConfigError(f"{title} cannot be built: {str(error).rstrip('.')}.") from error


def _check_options(name: str, title: str, options: Mapping[str, Any]) -> None:
    """Refuse a value that is not of the type of its option in the signature of the network's class."""
    try:
        check_options(OPTIONS, name, options)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = str(first["loc"][0])
        expected = in_a_sentence(section_of(OPTIONS, name).model_json_schema()["properties"][option])
        raise ConfigError(
            f"{title} cannot be built: {option} is {shown(options.get(option))}, expected {expected}."
        ) from None


def _taken(network: type[nn.Module], given: Mapping[str, int | None]) -> dict[str, int]:
    """The common arguments that a network's class takes, but those that are left to its own defaults."""
    taken = {}
    for argument, parameter in inspect.signature(network).parameters.items():
        value = given.get(argument)
        if argument in _COMMON and value is None and parameter.default is parameter.empty:
            value = _COMMON[argument]
        if value is not None:
            taken[argument] = value
    return taken


def load_published_weights(model: nn.Module, weights: str | Path | Mapping[str, Tensor]) -> None:
    """Load the authors' released weights, by their key names, into a network built here.

    Args:
        model: a network from :func:`build_model` with the published options.
        weights: a file of ``torch.save``, or a mapping of the authors' keys to tensors, or of OpenGait's for a network
            that OpenGait has. Of a file only tensors are read and nothing is executed, so it may be a training
            checkpoint. A ``module.`` prefix (DataParallel) is taken off.

    The log says whether the file has the SHA-256 of the authors' release, where that is known.

    Raises:
        DataError: the file cannot be read, a key is unknown or missing, a shape differs, or a number is not finite.
            Strict: every key is used, and every weight of the network is set.
    """
    import_module("gaitcore.networks.released").load(model, weights)
