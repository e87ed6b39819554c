"""Settings merged over settings, and the ancestry of a system that is like another one."""

from collections.abc import Mapping
from typing import Any

from gaitcore.errors import short
from gaitcore.networks import model_names
from gaitcore.suggest import nearest


def lineage_of(name: str, systems: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The network that a system is based on, the systems in between, and the system itself.

    Raises:
        ValueError: there is no such network, or the systems are like one another.
    """
    lineage = [name]
    while like := systems.get(lineage[0], {}).get("like"):
        if like in lineage:
            raise ValueError(f"circular `like`: {' -> '.join([*reversed(lineage), like])}")
        lineage.insert(0, like)
    if lineage[0] not in model_names():
        hint = "" if len(lineage) > 1 else " A variant names its system in `like`."
        raise ValueError(f'there is no network "{short(lineage[0])}"{nearest(lineage[0], model_names())}{hint}')
    return lineage


# The keys of these mappings are the user's own names, so an overlay replaces a mapping as a whole.
_REPLACED = (
    *("gallery", "probes", "comparisons", "repeat", "conditions", "against", "clothing", "min_frames_of"),
    "settings",  # of a sweep
)
_MERGED = ("protocol",)  # a section whose other settings are the same for every kind


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """``overlay`` over ``base``, section by section; lists and numbers are replaced, and sections of another kind."""
    result = dict(base)
    for key, value in overlay.items():
        old = result.get(key)
        result[key] = value
        if isinstance(value, Mapping) and isinstance(old, Mapping) and key not in _REPLACED:
            same_kind = key in _MERGED or value.get("kind", old.get("kind")) == old.get("kind")
            result[key] = merged(old, value) if same_kind else value
    return result
