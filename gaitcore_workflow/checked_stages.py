"""The check that dvc.yaml has the systems, seeds and stages of the experiment."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gaitcore.errors import ConfigError, shown
from gaitcore.yaml_files import Document, read_yaml

_WORDS: dict[type, str] = {list: "list", dict: "mapping"}


def check_stages(path: str | Path, systems: Iterable[str], seeds: Iterable[int], stages: Iterable[str] = ()) -> None:
    """Refuse a ``dvc.yaml`` whose stages have other systems or seeds than the experiment.

    DVC defines its stages before it runs anything, so it cannot read the lists from the merged configuration: they are
    in ``vars.runs``, and the systems also among the dependencies of the stage ``tables``. ``stages`` are those that the
    experiment needs, e.g. silhouettes.

    Raises:
        ConfigError: they differ, or the file does not have these lists.
    """
    document = read_yaml(path, "the stages of DVC")
    systems, seeds = list(systems), list(seeds)
    runs = _place_of_runs(path, document)
    expected: dict[str, list[Any]] = {"systems": systems, "seeds": seeds}
    for name, wanted in expected.items():
        where, listed = _found(path, document, list, *runs, name)
        if sorted(map(repr, listed)) != sorted(map(repr, wanted)):
            raise ConfigError(
                f"{where}: vars.runs.{name} is {shown(listed)}, but the experiment in config.yaml has {wanted}; "
                f"write there: {name}: [{', '.join(map(str, wanted))}]"
            )
    where, present = _found(path, document, dict, "stages")
    for stage in stages:
        if stage not in present:
            raise ConfigError(
                f"{where}: stages.{stage} is missing, which the experiment in config.yaml needs; write the stages of "
                "this experiment by: make stages"
            )
    where, dependencies = _found(path, document, list, "stages", "tables", "deps")
    for system in systems:
        folder = f"results/${{experiment}}/{system}"
        if folder not in dependencies:
            raise ConfigError(
                f"{where}: stages.tables.deps lacks {folder}; add it, so that DVC tracks the results of this system."
            )


def _place_of_runs(path: str | Path, document: Document) -> tuple[str | int, ...]:
    """The keys that lead to the systems and seeds, which are in one of the entries of ``vars``."""
    _, entries = _found(path, document, list, "vars")
    for number, entry in enumerate(entries):
        if isinstance(entry, Mapping) and "runs" in entry:
            return ("vars", number, "runs")
    raise ConfigError(f"{path}: vars.runs is missing, expected the systems and seeds of the experiment; add it.")


def _found(path: str | Path, document: Document, kind: type, *place: str | int) -> tuple[str, Any]:
    """The value at a place and where it stands, if it is of that kind and mappings or lists lead to it."""
    value, where = document.content, str(path)
    for depth, part in enumerate(place):
        key = ".".join(str(other) for other in place[: depth + 1] if not isinstance(other, int))
        inner_kind = (list if isinstance(place[depth + 1], int) else dict) if depth + 1 < len(place) else kind
        if isinstance(value, Mapping) and part not in value:
            raise ConfigError(f"{where}: {key} is missing, expected a {_WORDS[inner_kind]}; add it.")
        value = value[part]
        where = f"{path}, line {document.lines[place[: depth + 1]]}" if place[: depth + 1] in document.lines else where
        if not isinstance(value, inner_kind):
            raise ConfigError(f"{where}: {key} is {shown(value)}, expected a {_WORDS[inner_kind]}; correct it.")
    return where, value
