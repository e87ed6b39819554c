"""The values that a setting allows, in words: for messages and for docs/configuration.md."""

from collections.abc import Iterable, Mapping
from typing import Any

_WORDS = {"integer": "whole number", "string": "text", "boolean": "`true` or `false`", "null": "`null`"}


def allowed(schema: Mapping[str, Any]) -> str:
    """The values that a JSON schema allows, in words; values to be typed as they stand are in backticks."""
    if "enum" in schema:
        return any_of(schema["enum"])
    if "const" in schema:
        return any_of([schema["const"]])
    if "anyOf" in schema:
        return " or ".join(map(allowed, schema["anyOf"]))
    match schema.get("type"):
        case "array" if "prefixItems" in schema:
            return f"list of {len(schema['prefixItems'])}, each a {allowed(schema['prefixItems'][0])}"
        case "array":
            items = allowed(schema.get("items") or {})
            return f"list of {items.replace('number', 'numbers').replace('text', 'texts')}"
        case "object":
            inner = schema.get("additionalProperties")
            return f"mapping of names to {allowed(inner)}" if isinstance(inner, dict) and inner else "mapping"
        case None:
            return "any value"
        case kind:
            return _WORDS.get(kind, kind) + _bounds(schema)


def in_a_sentence(schema: Mapping[str, Any]) -> str:
    """The same after "expected": with an article, without backticks."""
    words = allowed(schema).replace("`", "")
    return f"a {words}" if words.startswith(("whole", "number", "list", "mapping")) else words


def any_of(values: Iterable[object]) -> str:
    """The values in backticks, as alternatives."""
    return " or ".join(f"`{value}`" for value in values)


def _bounds(schema: Mapping[str, Any]) -> str:
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    bounds = {bound: schema[bound] for bound in words if bound in schema}
    if bounds.keys() == {"minimum", "maximum"}:
        return f" from {_digits(bounds['minimum'])} to {_digits(bounds['maximum'])}"
    found = [f"{words[bound]} {_digits(value)}" for bound, value in bounds.items()]
    return f" {' and '.join(found)}" if found else ""


def _digits(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:g}"
