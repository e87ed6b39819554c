"""The stages of dvc.yaml: written for an experiment, and checked to have its systems and seeds.

    python workflow_scripts/stages.py    (make stages)

writes dvc.yaml for the experiment that config.yaml names.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from gaitcore import modalities
from gaitcore.errors import ConfigError, GaitError, shown
from gaitcore.files import write_text
from gaitcore.networks import modality
from gaitcore.settings.experiment import Config
from gaitcore.settings.files import load_config
from gaitcore.systems import system_settings
from gaitcore.yaml_files import Document, read_yaml

HEADER = """\
# The experiment in config.yaml as stages of DVC, written by `make stages`; see docs/data.md. Each stage calls Snakemake
# for its own rules only, and depends on what those rules depend on: their files, and their settings and code as the
# first stage writes them down. Each stage also keeps the receipts, logs and benchmarks of its jobs, which the manifest
# lists. The manifest is in git alone, since figures and reports that are made later are added to it. Tables are small
# and in git, so that a clone has them without a pull.
"""
RESULTS = "results/${experiment}"
_WIDTH = 110
RUN = f"{RESULTS}/${{item.system}}/seed-${{item.seed}}"


def stages_of(config: Config) -> dict[str, Any]:
    """The content of ``dvc.yaml`` for an experiment.

    Raises:
        ConfigError: its frames are made from videos, which no stage does.
    """
    data = config.data
    silhouettes = data.silhouettes if "silhouettes" in data.modality else None
    if data.format == "video" and "keypoints" in data.modality:
        raise ConfigError("data.format is video, and no stage of DVC makes poses from videos; run Snakemake alone.")
    systems: dict[str, list[str]] = {name: [] for name in data.modality}
    for system in config.compare:
        systems[modality(system_settings(config, system).network.name)].append(system)
    runs: dict[str, Any] = {"systems": list(config.compare), "seeds": list(config.seeds)}
    if len(data.modality) > 1:
        runs |= systems
    poses = _sources(data.path, data.tree) if "keypoints" in data.modality else []
    stages = {"settings": _settings()}
    if poses and data.walkers:
        stages["walkers"] = _stage("walkers", ["walkers"], poses[0], outs=poses)
    if poses:
        stages["poses"] = _frames("poses", "read_poses", poses)
    pictures: list[str] = []
    if silhouettes and silhouettes.format == "bodies":
        stages["silhouettes"] = _frames("silhouettes", "draw_silhouettes", [f"{RESULTS}/poses.parquet"])
    elif silhouettes:
        pictures = _sources(silhouettes.path, silhouettes.tree)
        stages["silhouettes"] = _frames("silhouettes", "read_silhouettes", pictures)
    tables = {name: f"{RESULTS}/{modalities.table_name(name)}" for name in data.modality}
    reports = [table.replace(".parquet", "_report.csv") for table in tables.values()]
    splits = [f"{RESULTS}/split{f'_{name}' if place else ''}.csv" for place, name in enumerate(data.modality)]
    stages["splits"] = _stage("splits", ["splits"], splits[0], deps=tables.values(), outs=splits)
    for job, target in {"train": "weights.safetensors", "evaluate": "metrics.json"}.items():
        for place, (name, split) in enumerate(zip(data.modality, splits, strict=True)):
            frames = tables.values() if config.protocol.common_tests else [tables[name]]
            matrix = {"system": f"${{runs.{name if len(data.modality) > 1 else 'systems'}}}", "seed": "${runs.seeds}"}
            if systems[name]:
                stages[job + (f"_{name}" if place else "")] = {
                    "matrix": matrix,
                    **_run(job, target, [*frames, split]),
                }
    folders = [f"{RESULTS}/{system}" for system in config.compare]
    sources = [*poses, *(path for path in pictures if path not in poses)]
    stages["tables"] = _tables([*sources, *tables.values(), *reports, *splits, *folders])
    return {"vars": ["config.yaml:experiment", {"runs": runs}], "stages": stages, "plots": _plots(config)}


def _sources(paths: Sequence[str], tree: Any) -> list[str]:
    return [*dict.fromkeys(paths), *([tree.list] if tree and tree.list else [])]


def _settings() -> dict[str, Any]:
    """The stage of settings.json; `true` gets the runs, so that it runs again if they change."""
    made = f"{RESULTS}/settings.json"
    return {
        "cmd": f"true ${{runs}} && snakemake --profile profiles/dvc --allowed-rules write_settings -- {made}",
        "deps": ["config.yaml", "experiments", "Snakefile", "gaitcore", "rules", "workflow_scripts"],
        "outs": [made, f"{RESULTS}/receipts/settings.json", f"{RESULTS}/logs/settings.log"],
    }


def _stage(
    name: str, rules: Sequence[str], target: str, *, deps: Iterable[str] = (), outs: Iterable[str], settings: str = ""
) -> dict[str, Any]:
    """A stage of one job, called ``name``; ``settings`` is its entry in settings.json, if it is another."""
    stage: dict[str, Any] = {
        "cmd": f"snakemake --profile profiles/dvc --allowed-rules {' '.join(rules)} -- {target}",
        "deps": list(deps),
        "params": [{f"{RESULTS}/settings.json": [settings or name]}],
        "outs": [*outs, *_records(name)],
    }
    return {key: value for key, value in stage.items() if value}


def _records(job: str) -> list[str]:
    kinds = {"receipts": "json", "logs": "log", "benchmarks": "tsv"}
    return [f"{RESULTS}/{folder}/{job}.{ending}" for folder, ending in kinds.items()]


def _frames(name: str, rule: str, deps: Sequence[str]) -> dict[str, Any]:
    table = f"{RESULTS}/{name}.parquet"
    return _stage(name, [rule], table, deps=deps, outs=[table, f"{RESULTS}/{name}_report.csv"])


def _run(job: str, target: str, deps: list[str]) -> dict[str, Any]:
    """A stage of the runs of some systems."""
    files = {
        "train": ["weights.safetensors", "training.csv", "run.json"],
        "evaluate": ["embeddings.parquet", "metrics.json", "subjects.csv"],
    }
    weights = [f"{RUN}/weights.safetensors"] if job == "evaluate" else []
    return _stage(
        f"${{item.system}}/seed-${{item.seed}}/{job}",
        [job],
        f"{RUN}/{target}",
        deps=[*deps, *weights],
        outs=[f"{RUN}/{file}" for file in files[job]],
        settings=f"{job}.${{item.system}}",
    )


def _tables(deps: list[str]) -> dict[str, Any]:
    rules = ["summary", "write_tables", "write_reproduction", "write_manifest", "tables"]
    made = [
        "summary.csv",
        *(f"tables/{table}.{ending}" for table in ("table1", "table2") for ending in ("tex", "csv", "md", "html")),
        *("tables/summary.md", "reproduction.md", "reproduction.html"),
    ]
    stage = _stage("tables", rules, "tables", deps=[*deps, "gaitcore/reporting/tables/published_numbers"], outs=[])
    stage["outs"] = [{f"{RESULTS}/{file}": {"cache": False}} for file in made]
    stage["outs"] += [record for job in ("summary", "tables", "reproduction") for record in _records(job)]
    return {**stage, "metrics": [{f"{RESULTS}/rank1.json": {"cache": False}}]}


def _plots(config: Config) -> list[dict[str, Any]]:
    by_view = {"title": "Rank-1 by probe view", "template": "scatter", "x": "view", "y": "mean"}
    losses = [
        {f"{RESULTS}/{system}/seed-{config.seeds[0]}/training.csv": {"title": system, "x": "epoch", "y": "loss"}}
        for system in config.compare
    ]
    return [{f"{RESULTS}/summary.csv": by_view}, *losses]


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
    for name, wanted in {"systems": systems, "seeds": seeds}.items():
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


_WORDS = {list: "list", dict: "mapping"}


def write_stages(config: str | Path, path: str | Path) -> None:
    """Write ``dvc.yaml`` for the experiment that a configuration names; raises what :func:`stages_of` raises."""
    content = stages_of(load_config(config))
    runs = {"vars": content.pop("vars")}
    short = yaml.safe_dump(runs, sort_keys=False, width=_WIDTH, default_flow_style=None)
    write_text(path, f"{HEADER}{short}\n{yaml.safe_dump(content, sort_keys=False, width=_WIDTH)}")


def main() -> None:
    """Write dvc.yaml for the experiment that config.yaml names."""
    try:
        write_stages("config.yaml", "dvc.yaml")
    except GaitError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
