"""Check that the stages of dvc.yaml have the systems and seeds of the experiment."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from gaitcore.errors import ConfigError, shown
from gaitcore.yaml_files import read_yaml


def check_stages(path: str | Path, systems: Collection[str], seeds: Collection[int]) -> None:
    """Refuse a ``dvc.yaml`` whose stages have other systems or seeds than the experiment.

    DVC defines its stages before it runs anything, so it cannot read the lists from the merged configuration: they are
    in ``vars.runs``, and the systems also among the dependencies of the stage ``tables``.

    Raises:
        ConfigError: they differ.
    """
    content = read_yaml(path, "the stages of DVC").content
    for name, wanted in {"systems": list(systems), "seeds": list(seeds)}.items():
        listed = _at(_runs(content), name)
        if not isinstance(listed, list) or sorted(map(repr, listed)) != sorted(map(repr, wanted)):
            raise ConfigError(
                f"{path}: vars.runs.{name} is {shown(listed)}, but the experiment in config.yaml has {wanted}; "
                f"write there: {name}: [{', '.join(map(str, wanted))}]"
            )
    dependencies = _at(content, "stages", "tables", "deps")
    for system in systems:
        folder = f"results/${{experiment}}/{system}"
        if not isinstance(dependencies, list) or folder not in dependencies:
            raise ConfigError(
                f"{path}: stages.tables.deps lacks {folder}; add it, so that DVC tracks the results of this system."
            )


def _runs(content: Any) -> Any:
    """The first ``runs`` in ``vars``."""
    entries = _at(content, "vars")
    return next((entry["runs"] for entry in entries if _at(entry, "runs")), None) if isinstance(entries, list) else None


def _at(value: Any, *keys: str) -> Any:
    """What is below these keys; None where a mapping or a key is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
