"""The first mistake in a configuration as one sentence: file and line, key, found, expected."""

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import ValidationError

from gaitcore.errors import short, shown
from gaitcore.settings.allowed import in_a_sentence
from gaitcore.settings.chosen import Chosen, how_chosen, section_of
from gaitcore.settings.experiment import Config
from gaitcore.settings.layers import Layers, Location, holds, source_of
from gaitcore.settings.values import Settings
from gaitcore.suggest import nearest

SectionType = type[Settings] | tuple[type[Settings], ...] | Chosen | None  # a tuple where a section comes in kinds
_A_KEY = "[key]"  # pydantic's mark of a mistake in the key itself


def sentence(error: ValidationError, layers: Layers, within: Location = (), root: SectionType = Config) -> str:
    """The first mistake as one sentence.

    Args:
        error: of the schema.
        layers: where the settings come from.
        within: the key of the section that was validated: ("systems", "gaitmixer").
        root: the class of that section.
    """
    first = error.errors(include_url=False)[0]
    path = [part for part in first["loc"] if part != _A_KEY]  # has the kind of a section after its name
    location = [*within, *_without_kinds(path, root)]
    shown_location = location[:-1] if _A_KEY in first["loc"] else location
    key = ".".join(map(short, shown_location))
    where = f"{source_of(location, layers)}: {key}" if key else source_of(location, layers)
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown setting{nearest(str(location[-1]), _fields_at(path[:-1], root))}"
    if first["type"] == "missing":
        return f"{where} is missing ({_meaning(path, root)})."
    if first["type"].startswith("union_tag"):
        kinds = first["ctx"].get("expected_tags") or "one of the kinds in docs/configuration.md"
        found = shown(first["ctx"]["tag"]) if "tag" in first["ctx"] else "missing"
        return f"{where}.kind is {found}, expected {kinds.replace(', ', ' or ')}."
    if first["type"] == "value_error":
        message = str(first["ctx"]["error"]).rstrip(".")
        return f"{where}: {message}{full_stop(message)}"
    if first["type"] in ("string_too_long", "too_long"):
        return f"{where} has {len(first['input'])} signs, expected {first['ctx']['max_length']} at most."
    return f"{where} is {shown(first['input'])}, expected {_expected(path, root)} ({_meaning(path, root)})."


def full_stop(message: object) -> str:
    """The end of a sentence that may end with a question."""
    return "" if str(message).endswith("?") else "."


def within_system(places: Sequence[Location], error: ValidationError, layers: Layers) -> Location:
    """Where a mistake in a system's settings stands: in its own, in those of a system it is like, or in the common.

    Args:
        places: the sections of the systems it is like and its own, the last one; ("systems", "gaitmixer").
        error: of the schema.
        layers: where the settings come from.
    """
    path = [part for part in error.errors(include_url=False)[0]["loc"] if part != _A_KEY]
    location = _without_kinds(path, Config)
    for place in reversed(places):
        if any(holds(layer.content, [*place, *location]) for layer in layers):
            return place
    return () if location and location[0] in Config.model_fields else places[-1]


def section_below(section: Any, key: str) -> SectionType:
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


def _without_kinds(path: Location, root: SectionType) -> list[str | int]:
    """The key as in the file: pydantic's location has the kind of a section after the section's name."""
    section: Any = root
    written = []
    for part in path:
        if not isinstance(section, tuple | Chosen):
            written.append(part)
        section = section_below(section, str(part))
    return written


def _fields_at(path: Location, root: SectionType) -> list[str]:
    section: Any = root
    for part in path:
        section = section_below(section, str(part))
    return list(section.model_fields) if section is not None else []


def _field(path: Location, root: SectionType) -> tuple[Any, str]:
    """The section with the field that a path leads to or into, and the field's name; None where there is none."""
    section: Any = root
    found: tuple[Any, str] = (None, "")
    for part in path:
        if _is_section(section) and part in section.model_fields:
            found = (section, str(part))
        section = section_below(section, str(part))
    return found


def _meaning(path: Location, root: SectionType) -> str:
    section, name = _field(path, root)
    return (section.model_fields[name].description if section else None) or "see docs/configuration.md"


def _expected(path: Location, root: SectionType) -> str:
    section, name = _field(path, root)
    if section is None:
        return "a mapping of settings"
    inner = section_below(section, name)
    if isinstance(inner, type) and inner is not section:
        return f"a mapping with settings such as {', '.join(list(inner.model_fields)[:3])}"
    return in_a_sentence(section.model_json_schema()["properties"][name])


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Settings)
