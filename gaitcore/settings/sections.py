"""A configuration with only some sections, for a job that depends on no others."""

from collections.abc import Mapping
from typing import Any

from pydantic import create_model

from gaitcore.settings.experiment import Config
from gaitcore.settings.values import Settings


def sections_of(values: Mapping[str, Any]) -> Settings:
    """A configuration that holds the sections in ``values`` (as plain values) and no others.

    Using a section that is left out raises an AttributeError, so that no job depends on it unnoticed.
    """
    fields: dict[str, Any] = {
        name: (field.annotation, field) for name, field in Config.model_fields.items() if name in values
    }
    return create_model("Sections", __base__=Settings, **fields).model_validate(dict(values))
