"""The stages of dvc.yaml and the runs of an experiment: the same systems and seeds?"""

from collections.abc import Iterable
from pathlib import Path

import yaml

from gaitcore.errors import ConfigError


def check_stages(path: str | Path, models: Iterable[str], seeds: Iterable[int]) -> None:
    """Refuse a ``dvc.yaml`` whose ``vars`` list other systems or seeds than the experiment has.

    DVC makes its stages before it runs anything, so it cannot take the lists from the merged configuration.

    Raises:
        ConfigError: they differ.
    """
    wanted = {"models": list(models), "seeds": list(seeds)}
    given: dict = {}
    for entry in yaml.safe_load(Path(path).read_text(encoding="utf-8")).get("vars", []):
        given |= entry if isinstance(entry, dict) else {}
    for name, values in wanted.items():
        if sorted(given.get(name, [])) != sorted(values):
            listed = ", ".join(map(str, values))
            raise ConfigError(
                f"{path}: vars.{name} is {given.get(name)}, but the experiment in config.yaml has {values}; "
                f"write there: {name}: [{listed}]"
            )
