"""The stages of dvc.yaml and the runs of an experiment: the same systems and seeds?"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from gaitcore.errors import ConfigError


def check_stages(path: str | Path, systems: Iterable[str], seeds: Iterable[int]) -> None:
    """Refuse a ``dvc.yaml`` whose stages are of other systems or seeds than the experiment's.

    DVC makes its stages before it runs anything, so it cannot take the lists from the merged configuration: they stand
    in ``vars.runs``, and the systems once more among the files that the stage ``tables`` depends on.

    Raises:
        ConfigError: they differ.
    """
    content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    systems, seeds = list(systems), list(seeds)
    for name, wanted in {"systems": systems, "seeds": seeds}.items():
        given = _run_list(content, name)
        if sorted(given) != sorted(wanted):
            raise ConfigError(
                f"{path}: vars.runs.{name} is {given}, but the experiment in config.yaml has {wanted}; "
                f"write there: {name}: [{', '.join(map(str, wanted))}]"
            )
    for system in systems:
        folder = f"results/${{experiment}}/{system}"
        if folder not in content["stages"]["tables"]["deps"]:
            raise ConfigError(
                f"{path}: stages.tables.deps lacks {folder}, without which its results would go unnoticed."
            )


def _run_list(content: Mapping[str, Any], name: str) -> list:
    runs = (entry["runs"] for entry in content.get("vars", []) if isinstance(entry, Mapping) and "runs" in entry)
    return next(runs, {}).get(name, [])
