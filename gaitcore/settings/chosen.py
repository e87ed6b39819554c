"""Settings whose values are names of networks, losses, readers or protocols: see gaitcore/extensions.py."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union

from pydantic import Field, ValidationError, create_model
from pydantic.fields import FieldInfo

from gaitcore import extensions
from gaitcore.errors import ConfigError, short
from gaitcore.settings import values as values_of_settings
from gaitcore.settings.values import Settings
from gaitcore.suggest import nearest

# The types allowed in an option's annotation.
_RANGES = ("Count", "Frames", "Channels", "Blocks", "Positive", "NotNegative", "Probability", "Fraction")
_PLAIN: dict[str, Any] = {
    "int": values_of_settings.AnyWhole,
    "float": values_of_settings.AnyNumber,
    "str": values_of_settings.Line,
    "bool": values_of_settings.Truth,
    **{name: getattr(values_of_settings, name) for name in _RANGES},
}
_GENERIC: dict[str, Any] = {"tuple": tuple, "list": list, "Sequence": Sequence, "dict": dict, "Literal": Literal}


@dataclass(frozen=True)
class Chosen:
    """Metadata of a setting whose value is the name of an extension.

    ``kind`` is the kind of extension; ``others`` are further allowed names; ``common`` are arguments of its classes
    that are not options. ``strict``: an annotation that is no type of the schema, or a default that is no
    literal, is an error; otherwise such an option may have any value.
    """

    kind: str
    others: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    strict: bool = True


class ChosenSection(Settings):
    """A section whose ``kind`` is the name of an extension and whose other keys are the options of that extension."""

    kind: str


def known_name(chosen: Chosen, name: str) -> str:
    """The name, if it is known.

    Raises:
        ValueError: it is not.
    """
    if name not in names_of(chosen):
        one = extensions.KINDS[chosen.kind].one
        raise ValueError(f'there is no {one} "{short(name)}"{nearest(name, names_of(chosen))}')
    return name


def validated_section(chosen: Chosen, value: Any) -> Any:
    """A section from its values, by the signature of the class that its ``kind`` names.

    Raises:
        ValueError: there is no such kind; ValidationError: an option is unknown, missing or of another type.
    """
    if not isinstance(value, Mapping):
        return value
    if "kind" not in value:
        one = extensions.KINDS[chosen.kind].one
        raise ValueError(f"kind is missing, the name of a {one}; expected one of: {', '.join(names_of(chosen))}")
    name = known_name(chosen, str(value["kind"]))
    try:
        return section_of(chosen, name).model_validate(value)
    except ValidationError as error:
        raise _beneath(name, error) from None


def check_options(chosen: Chosen, name: str, options: Mapping[str, Any]) -> None:
    """Check the values of options that are known to be options of an extension.

    Raises:
        ValidationError: one has another type or is out of range, or one without a default is missing.
    """
    section = section_of(chosen, name)
    section.model_validate({option: value for option, value in options.items() if option in section.model_fields})


def how_chosen(field: FieldInfo) -> Chosen | None:
    """The :class:`Chosen` of a setting; None where the schema alone defines the allowed values."""
    return next((part for part in field.metadata if isinstance(part, Chosen)), None)


def names_of(chosen: Chosen) -> tuple[str, ...]:
    """The allowed names."""
    return (*extensions.available(chosen.kind), *chosen.others)


def section_of(chosen: Chosen, name: str) -> type[ChosenSection]:
    """The section of one name, made from the signature of its class: types, defaults, meanings."""
    return _section(chosen, name, extensions.file(chosen.kind, name))


def _beneath(name: str, error: ValidationError) -> ValidationError:
    """The same error with the section's kind in its location, as in pydantic's own unions."""
    lines: list[Any] = [{**line, "loc": (name, *line["loc"])} for line in error.errors(include_url=False)]
    return ValidationError.from_exception_data(error.title, lines)


@cache
def _section(chosen: Chosen, name: str, file: Path) -> type[ChosenSection]:
    fields: dict[str, Any] = {"kind": (Literal[name], name)}
    for option, (annotation, default, meaning, line) in extensions.options(chosen.kind, name, chosen.common).items():
        where = f"{file}, line {line}: {option}"
        if not chosen.strict and (option.startswith("_") or hasattr(Settings, option)):
            continue  # a name that a section cannot have
        try:
            value = ... if default is None else _literal(default, where)
            kind = _type(annotation, where)
        except ConfigError:
            if chosen.strict:
                raise
            value, kind = None if default else ..., Any
        fields[option] = (kind, Field(value, description=meaning))
    return create_model(name, __base__=ChosenSection, **fields)


def _literal(value: ast.expr, where: str) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise ConfigError(f"{where} has {ast.unparse(value)}, expected a literal value.") from None


def _type(annotation: ast.expr | None, where: str) -> Any:
    """The type that an annotation names, without importing the file that it stands in."""
    match annotation:
        case ast.Name(id=name) if name in _PLAIN:
            return _PLAIN[name]
        case ast.Constant(value=None):
            return None
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return Union[_type(left, where), _type(right, where)]  # noqa: UP007, of values
        case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
            return Literal[_literal(inner, where)]
        case ast.Subscript(value=ast.Name(id=name), slice=inner) if name in _GENERIC:
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _GENERIC[name][tuple(... if _is_ellipsis(part) else _type(part, where) for part in parts)]
    source = ast.unparse(annotation) if annotation else "without a type"
    raise ConfigError(f"{where} is {source}, expected a type made of {', '.join([*_PLAIN, *_GENERIC])} and None.")


def _is_ellipsis(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and part.value is ...
