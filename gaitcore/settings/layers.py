"""The layers of a configuration, one over the other, and which of them a setting comes from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gaitcore.merging import merged
from gaitcore.yaml_files import Place

COMMAND_LINE = "--config on the command line"
UNFILLED = "???"  # stands in an overlay where `gaitcore new` leaves a setting to its reader

Location = Sequence[str | int]  # the keys and indices of a setting, from the outermost
_ABSENT = object()


class Layer(NamedTuple):
    """The settings of one file, or of the command line, with the line of each where there are lines."""

    file: str
    content: dict[str, Any]
    lines: Mapping[Place, int]


Layers = list[Layer]


def merged_layers(layers: Layers) -> dict[str, Any]:
    """The settings of all layers, the later over the earlier."""
    values: dict[str, Any] = {}
    for layer in layers:
        values = merged(values, layer.content)
    return values


def source_of(location: Location, layers: Layers) -> str:
    """The file and line of the last layer that sets the key; of a missing key, of the section that lacks it."""
    holding = [layer for layer in layers if holds(layer.content, location)]
    return _place(holding[-1], location) if holding else _source_of_lack(location[:-1], layers)


def holds(content: Any, location: Location) -> bool:
    """Whether a layer sets the key, or puts a plain value where a section is expected; null is a section's absence."""
    for part in location:
        if content is None:
            return False
        if not isinstance(content, Mapping | list):
            return True
        content = _inner(content, part)
        if content is _ABSENT:
            return False
    return True


def unfilled(layers: Layers) -> list[Location]:
    """The settings at which ``???`` stands, which no later layer has replaced."""
    return list(_unfilled(merged_layers(layers)))


def _unfilled(content: Any, above: tuple[str | int, ...] = ()) -> Iterator[Location]:
    if content == UNFILLED:
        yield above
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield from _unfilled(value, (*above, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from _unfilled(value, (*above, index))


def _source_of_lack(section: Location, layers: Layers) -> str:
    """The layer in which a section begins: those before it lack it, or have one of another kind."""
    values: dict[str, Any] = {}
    first = None
    for layer in layers:
        values = merged(values, layer.content)
        own = _at(layer.content, section)
        if own is not _ABSENT and own is _at(values, section):  # not merged into an earlier one
            first = layer
    if first is None and section:
        return _source_of_lack(section[:-1], layers)
    return _place(first or layers[0], section)


def _at(content: Any, location: Location) -> Any:
    for part in location:
        content = _inner(content, part)
    return content


def _inner(content: Any, part: Any) -> Any:
    try:
        return content[part] if isinstance(content, Mapping | list) else _ABSENT
    except (KeyError, IndexError, TypeError):
        return _ABSENT


def _place(layer: Layer, location: Location) -> str:
    for length in range(len(location), 0, -1):
        if line := layer.lines.get(tuple(location[:length])):
            return f"{layer.file}, line {line}"
    return layer.file
