"""Settings of the command line that some systems do not take, since they have their own."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from gaitcore.errors import shown
from gaitcore.merging import lineage_of
from gaitcore.settings.experiment import Config, System
from gaitcore.settings.layers import Layers, Location, holds
from gaitcore.systems import system_settings

log = logging.getLogger(__name__)

_SECTIONS = System.model_fields.keys() - {"title"}
_NONE = object()


def tell_kept_settings(config: Config, layers: Layers) -> None:
    """Log each common setting of the last layer, the command line, that a compared system's own setting replaces.

    In files this is how recipes work: the common settings are those of systems that have no recipe of their own. On the
    command line a single number, like ``training='{epochs: 1}'``, is mostly meant for all systems.
    """
    given = layers[-1]
    common = config.model_dump(mode="json")
    systems = {name: system_settings(config, name).model_dump(mode="json") for name in config.compare}
    for location in _settings({key: value for key, value in given.content.items() if key in _SECTIONS}):
        kept = {
            name: _at(values, location)
            for name, values in systems.items()
            if not _has_its_own(name, location, config, [given])
            and _has_its_own(name, location, config, layers[:-1])
            and _at(values, location) != _at(common, location)
        }
        if kept:
            *others, last = [name if value is _NONE else f"{name} ({shown(value)})" for name, value in kept.items()]
            key = ".".join(map(str, location))
            log.warning(
                "%s: %s is %s, but %s set%s systems.NAME.%s, which is used; set it there to change it.",
                given.file,
                key,
                shown(_at(common, location)),
                f"{', '.join(others)} and {last}" if others else last,
                "" if others else "s",
                key,
            )


def _settings(content: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[Location]:
    """The location of each plain value."""
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from _settings(value, (*above, key))
        else:
            yield (*above, key)


def _has_its_own(name: str, location: Location, config: Config, layers: Layers) -> bool:
    lineage = lineage_of(name, config.systems)
    return any(holds(layer.content, ("systems", owner, *location)) for layer in layers for owner in lineage)


def _at(values: Any, location: Location) -> Any:
    for part in location:
        if not isinstance(values, Mapping) or part not in values:
            return _NONE
        values = values[part]
    return values
