"""Check that the stages of dvc.yaml have the systems and seeds of the experiment."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from gaitcore.errors import ConfigError


def check_stages(path: str | Path, systems: Iterable[str], seeds: Iterable[int]) -> None:
    """Refuse a ``dvc.yaml`` whose stages have other systems or seeds than the experiment.

    DVC defines its stages before it runs anything, so it cannot read the lists from the merged configuration: they are
    in ``vars.runs``, and the systems also among the dependencies of the stage ``tables``.

    Raises:
        ConfigError: they differ.
    """
    content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    systems, seeds = list(systems), list(seeds)
    for name, wanted in {"systems": systems, "seeds": seeds}.items():
        listed = _run_list(content, name)
        if sorted(listed) != sorted(wanted):
            raise ConfigError(
                f"{path}: vars.runs.{name} is {listed}, but the experiment in config.yaml has {wanted}; "
                f"write there: {name}: [{', '.join(map(str, wanted))}]"
            )
    for system in systems:
        folder = f"results/${{experiment}}/{system}"
        if folder not in content["stages"]["tables"]["deps"]:
            raise ConfigError(
                f"{path}: stages.tables.deps lacks {folder}; add it, so that DVC tracks the results of this system."
            )


def _run_list(content: Mapping[str, Any], name: str) -> list:
    runs = (entry["runs"] for entry in content.get("vars", []) if isinstance(entry, Mapping) and "runs" in entry)
    return next(runs, {}).get(name, [])
