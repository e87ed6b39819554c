"""The configuration as a JSON Schema, by which editors complete keys, show their meaning and mark mistakes.

The schema is that of config.yaml and of the overlays in experiments/, which hold some of the keys. It allows what
:mod:`gaitcore.settings.files` allows, and a little more: what the names of other files decide is not in it.
"""

from collections.abc import Mapping
from typing import Any

from gaitcore.settings.chosen import how_chosen, names_of, section_of
from gaitcore.settings.experiment import Config, System
from gaitcore.settings.training import Training

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/"


def json_schema() -> dict[str, Any]:
    """The schema of config.yaml and of overlays, with the names that are known now."""
    whole = Config.model_json_schema()
    sections = {**whole.pop("$defs"), **System.model_json_schema()["$defs"]}
    sections["ChosenSection"] = _losses()
    parts = {
        name: {"$ref": f"{_REFERENCE}{name.capitalize()}"} for name in ("input", "training", "evaluation", "weights")
    }
    system = {
        "type": "object",
        "description": "a system: what it changes of the common settings",
        "properties": {
            "title": {"type": "string", "description": "name in tables and figures"},
            "like": {"type": "string", "description": "another system, whose settings it starts from"},
            "network": {"type": "object", "description": "the network's name and options, see docs/systems.md"},
            **parts,
        },
    }
    whole["properties"]["systems"]["additionalProperties"] = system
    whole["properties"]["extends"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "overlays that this one is merged over",
    }
    return {"$schema": DRAFT, "title": "gaitcore", **_as_written({**whole, "$defs": sections})}


def _losses() -> dict[str, Any]:
    """All losses in one section: which options belong to which kind is checked when the file is read."""
    chosen = how_chosen(Training.model_fields["loss"])
    assert chosen is not None
    names = names_of(chosen)
    options: dict[str, Any] = {}
    for name in names:
        for option, schema in section_of(chosen, name).model_json_schema()["properties"].items():
            options.setdefault(option, {"description": schema.get("description", "")})
    return {"type": "object", "properties": {**options, "kind": {"type": "string", "examples": list(names)}}}


def _as_written(schema: Any) -> Any:
    """The schema of what people write: some of the keys, one value for a list of one, a number for a text of digits."""
    if isinstance(schema, list):
        return [_as_written(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    result = {key: value for key, value in schema.items() if key not in ("required", "title", "discriminator")}
    if "properties" in schema:
        result["properties"] = {name: _as_written(value) for name, value in schema["properties"].items()}
    if "$defs" in schema:
        result["$defs"] = {name: _as_written(value) for name, value in schema["$defs"].items()}
    for key in ("items", "additionalProperties", "anyOf", "prefixItems"):
        if key in schema:
            result[key] = _as_written(schema[key])
    if "oneOf" in schema:  # parts of several kinds of a section may look the same
        result["anyOf"] = _as_written(result.pop("oneOf"))
    if schema.get("type") == "string" and "enum" not in schema and "const" not in schema:
        result["type"] = ["string", "integer"]
    if schema.get("type") == "array" and "prefixItems" not in schema:
        meaning = {key: result.pop(key) for key in ("description", "default") if key in result}
        return {**meaning, "anyOf": [result, result.get("items", {})]}
    return result
