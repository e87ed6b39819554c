"""The stages of dvc.yaml, written for an experiment."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from gaitcore import modalities
from gaitcore.errors import ConfigError
from gaitcore.files import write_text
from gaitcore.networks import modality
from gaitcore.settings.experiment import Config
from gaitcore.settings.files import load_config
from gaitcore.settings.weights import Weights
from gaitcore.systems import is_trained, run_name, runs_of, system_settings

HEADER = """\
# The experiment in config.yaml as stages of DVC, written by `make stages`; see docs/data.md. Each stage calls Snakemake
# for its own rules only, and depends on what those rules depend on: their files, and their settings and code as the
# first stage writes them down. Each stage also keeps the receipts, logs and benchmarks of its jobs, which the manifest
# lists. The manifest is in git alone, since figures and reports that are made later are added to it. Tables are small
# and in git, so that a clone has them without a pull.
"""
RESULTS = "results/${experiment}"
_CODE = ("gaitcore", "gaitcore_workflow", "rules", "workflow_scripts")
_WIDTH = 110


def stages_of(config: Config) -> dict[str, Any]:
    """The content of ``dvc.yaml`` for an experiment.

    Raises:
        ConfigError: its frames are made from videos, which no stage does.
    """
    data = config.data
    silhouettes = data.silhouettes if "silhouettes" in data.modality else None
    if data.format == "video" and "keypoints" in data.modality:
        raise ConfigError("data.format is video, and no stage of DVC makes poses from videos; run Snakemake alone.")
    runs: dict[str, Any] = {"systems": list(config.compare), "seeds": list(config.seeds)}
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
    files = {
        name: [*(tables.values() if config.protocol.common_tests else [tables[name]]), split]
        for name, split in zip(data.modality, splits, strict=True)
    }
    stages |= _runs(config, runs, files)
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
        "deps": ["config.yaml", "experiments", "Snakefile", *_CODE],
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


def _runs(config: Config, runs: dict[str, Any], files: Mapping[str, list[str]]) -> dict[str, Any]:
    """The stages of training, import and evaluation; ``runs`` gets the lists of systems that they are repeated for.

    A run whose weights, or first weights, come from elsewhere has a stage of its own, which depends on their file.

    Args:
        config: the experiment.
        runs: ``vars.runs``, with all systems and seeds.
        files: modality -> its frames and roles.
    """
    systems = {name: system_settings(config, name) for name in config.compare}
    of = {name: [s for s in systems if modality(systems[s].network.name) == name] for name in files}
    if len(files) > 1:
        runs |= of
    own: dict[str, dict[str, Any]] = {job: {} for job in ("import", "train", "evaluate")}
    for job, system, seed in _own_runs(config):
        frames = files[modality(systems[system].network.name)]
        start = systems[system].weights or systems[system].training.start_from
        weights = _weights_files(start, seed) if start and job != "evaluate" else []
        deps = [*weights, *(frames[:1] if job == "import" else frames)]
        own[job][_own_name(job, system, seed)] = _run(job, deps, system, run_name(seed))
    drawn = [name for name in systems if not systems[name].weights and not systems[name].training.start_from]
    seeded = [system for system, seed in runs_of(config) if seed is not None]
    repeated: dict[str, dict[str, Any]] = {"train": {}, "evaluate": {}}
    for job, wanted in {"train": drawn, "evaluate": seeded}.items():
        for name in files:
            repeated[job] |= _repeated(job, name, [system for system in of[name] if system in wanted], runs, files)
    return {**own["import"], **repeated["train"], **own["train"], **repeated["evaluate"], **own["evaluate"]}


def own_stages(config: Config) -> list[str]:
    """The stages of single runs that the experiment needs, beside those that are repeated for systems and seeds."""
    return [_own_name(*run) for run in _own_runs(config)]


def _own_runs(config: Config) -> Iterator[tuple[str, str, int | None]]:
    """(job, system, seed) of the jobs that have a stage of their own: weights from elsewhere, and runs without seed."""
    for system, seed in runs_of(config):
        settings = system_settings(config, system)
        if settings.weights:
            yield "import", system, seed
        elif settings.training.start_from:
            yield "train", system, seed
        if seed is None:
            yield "evaluate", system, seed


def _own_name(job: str, system: str, seed: int | None) -> str:
    """The stage of a single run; DVC allows neither "." nor "+" in its name."""
    system = system.replace(".", "-dot-").replace("+", "-plus-")
    return f"{job}-{system}" if seed is None else f"{job}-{system}-{seed}"


def _weights_files(weights: Weights, seed: int | None) -> list[str]:
    """The file of weights from elsewhere, and the run.json beside it, if there is one."""
    path = Path(weights.path or f"results/{weights.experiment}/{weights.system}/seed-{seed}/weights.safetensors")
    beside = path.with_name("run.json")
    return [str(path), *([str(beside)] if weights.experiment or beside.exists() else [])]


def _repeated(
    job: str, name: str, systems: list[str], runs: dict[str, Any], files: Mapping[str, list[str]]
) -> dict[str, Any]:
    """The stage of a job for these systems and all seeds; none without systems."""
    if not systems:
        return {}
    first = next(iter(files)) == name
    listed = next((key for key, value in runs.items() if key != "seeds" and value == systems), None)
    if listed is None:
        listed = job if len(files) == 1 else f"{job}_{name}"
        runs[listed] = systems
    matrix = {"system": f"${{runs.{listed}}}", "seed": "${runs.seeds}"}
    stage = {"matrix": matrix, **_run(job, files[name], "${item.system}", "seed-${item.seed}")}
    return {job if first else f"{job}_{name}": stage}


def _run(job: str, deps: list[str], system: str, run: str) -> dict[str, Any]:
    """A stage of the runs of some systems, or of one run."""
    rule, target, files = {
        "train": ("train", "weights.safetensors", ["weights.safetensors", "training.csv", "run.json"]),
        "import": ("import_weights", "weights.safetensors", ["weights.safetensors", "run.json"]),
        "evaluate": ("evaluate", "metrics.json", ["embeddings.parquet", "metrics.json", "subjects.csv"]),
    }[job]
    folder = f"{RESULTS}/{system}/{run}"
    return _stage(
        f"{system}/{run}/{job}",
        [rule],
        f"{folder}/{target}",
        deps=[*deps, *([f"{folder}/weights.safetensors"] if job == "evaluate" else [])],
        outs=[f"{folder}/{file}" for file in files],
        settings=f"{rule}.{system}",
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
        if is_trained(config, system)
    ]
    return [{f"{RESULTS}/summary.csv": by_view}, *losses]


def write_stages(config: str | Path, path: str | Path) -> None:
    """Write ``dvc.yaml`` for the experiment that a configuration names; raises what :func:`stages_of` raises."""
    content = stages_of(load_config(config))
    runs = {"vars": content.pop("vars")}
    short = yaml.safe_dump(runs, sort_keys=False, width=_WIDTH, default_flow_style=None)
    write_text(path, f"{HEADER}{short}\n{yaml.safe_dump(content, sort_keys=False, width=_WIDTH)}")
