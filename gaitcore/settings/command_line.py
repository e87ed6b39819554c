"""The settings of the command line, whose values Snakemake passes as text or as guesses of their type."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from gaitcore.errors import ConfigError
from gaitcore.settings.experiment import Config, System
from gaitcore.settings.layers import COMMAND_LINE
from gaitcore.settings.sentences import section_below
from gaitcore.settings.values import Settings
from gaitcore.yaml_files import DEEPEST, plain_value

_NULL = ("null", "")  # on the command line, where a text may be absent


def typed(value: Any, section: Any, text: bool = False, depth: int = 0) -> Any:
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
        return {key: typed(inner, *_kind_below(section, str(key), text), depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [typed(inner, section, text, depth + 1) for inner in value]
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
