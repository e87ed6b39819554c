"""A configuration with only some settings, for a job that depends on no others."""

from collections.abc import Mapping
from typing import Any

from pydantic import create_model

from gaitcore.settings.experiment import Config
from gaitcore.settings.values import Settings


def chosen_settings(config: Config, names: str) -> dict[str, Any]:
    """The settings with these names, as plain values by section.

    Args:
        config: the whole configuration.
        names: sections and single settings, e.g. ``"compare protocol statistics.overall"``.

    Raises:
        KeyError: there is no such section or setting.
    """
    values, chosen = config.model_dump(mode="json"), dict[str, Any]()
    for name in names.split():
        section, _, key = name.partition(".")
        if key:
            chosen.setdefault(section, {})[key] = values[section][key]
        else:
            chosen[section] = values[section]
    return chosen


def sections_of(values: Mapping[str, Any]) -> Settings:
    """A configuration that holds the settings in ``values`` (plain values by section) and no others.

    Using a section or a setting that is left out raises an AttributeError, so that no job depends on it unnoticed.
    """
    return _model(Config, values).model_validate(dict(values))


def _model(kind: type[Settings], values: Mapping[str, Any]) -> type[Settings]:
    """The section, or a model that has only those of its settings that there are values for."""
    fields = {name: field for name, field in kind.model_fields.items() if not field.exclude}
    if fields.keys() <= values.keys():
        return kind
    some: dict[str, Any] = {}
    for name, field in fields.items():
        if name in values:
            of: Any = field.annotation
            if isinstance(of, type) and issubclass(of, Settings):
                of = _model(of, values[name])
            some[name] = (of, field)
    return create_model(kind.__name__, __base__=Settings, **some)
