"""Trace a number in a table to its runs, weights, data, split, configuration, code, revision and machine.

Everything is verified: digests that one file records of another are recomputed from the other file, and the number in
the table is recomputed from the accuracies of the runs.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from gaitcore.artefacts.metrics import Metrics, read_metrics
from gaitcore.artefacts.run_record import RunRecord, read_run
from gaitcore.artefacts.summary import read_summary
from gaitcore.artefacts.table_cells import read_cells
from gaitcore.audit.manifest import read_manifest
from gaitcore.digests import file_digest
from gaitcore.errors import DataError
from gaitcore.evaluation.statistics import MEAN
from gaitcore.keys import canonical
from gaitcore.modalities import modality_names, table_name
from gaitcore.percent import in_percent
from gaitcore.reporting.tables.context import condition_titles
from gaitcore.reporting.tables.estimates import Estimate, estimates, interval, with_spread
from gaitcore.suggest import nearest

MEASURED = " (measured)"  # suffix of a system's name in a table with published rows
_TOLERANCE = 1e-4  # percent; the table's CSV has four decimals

Record = Mapping[str, Any]


@dataclass(frozen=True)
class TracedFile:
    """A file behind a number, its SHA-256 as computed now, and the digests that other files record of it.

    ``recorded`` maps the name of the recording file to the recorded digest.
    """

    path: Path
    sha256: str
    recorded: Mapping[str, str]

    @property
    def agrees(self) -> bool:
        """Whether every recorded digest is that of the file."""
        return all(digest == self.sha256 for digest in self.recorded.values())


@dataclass(frozen=True)
class TracedRun:
    """One seed behind a number: its accuracy (a fraction), its files, and its run.json."""

    seed: int
    accuracy: float
    files: tuple[TracedFile, ...]
    record: RunRecord
    evaluation_code: str | None


@dataclass(frozen=True)
class Trace:
    """The runs and files behind one cell of a table.

    ``cell`` is its row of the table's CSV, ``estimate`` its row of summary.csv.
    """

    table: Path
    cell: Record
    estimate: Estimate
    runs: tuple[TracedRun, ...]
    common: tuple[TracedFile, ...]  # behind all runs
    problems: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether every digest and the number itself are as recorded."""
        return not self.problems


def trace_cell(table: str | Path, row: str, column: str, block: str | None = None) -> Trace:
    """Trace a measured cell to its files.

    Args:
        table: ``results/<experiment>/tables/table1.csv`` or ``table2.csv``; the .md or .tex beside it is accepted, too.
        row: the method, by its printed title or the name of the system.
        column: condition ("NM", "nm"), probe view ("90", "90°"), or "mean".
        block: the block of rows, for a method in several blocks (Table 1: "NM#5-6" or "NM").

    Raises:
        DataError: there is no such cell, it is a published one, or a file behind it is missing or damaged.
    """
    table = Path(table).with_suffix(".csv")
    folder = table.parent.parent
    cell = _cell(table, row, column, block)
    manifest = read_manifest(folder)
    config = manifest.configuration
    system, place = _system(cell["method"], manifest.titles), _place(cell, config)
    rank1 = estimates(read_summary(folder / "summary.csv"), "rank1")
    by_view = {(name, condition, canonical(view)): value for (name, condition, view), value in rank1.items()}
    estimate = by_view[system, *place]
    listed = {name: artefact.sha256 for name, artefact in manifest.artefacts.items()}
    runs = tuple(_run(folder, system, seed, place, listed) for seed in config["seeds"])
    common = tuple(_common_files(folder, table, listed, manifest.sources))
    return Trace(table, cell, estimate, runs, common, tuple(_problems(cell, runs, common)))


def _cell(table: Path, row: str, column: str, block: str | None) -> Record:
    if not table.is_file():
        raise DataError(f"{table}: no such file; make it with: snakemake --cores 2 tables")
    cells = read_cells(table)
    key = "view" if "view" in cells else "condition"
    row_cells = _in_block(_measured(cells, row, table), row, block if key == "view" else None, table)
    key_value = canonical(column.removesuffix("°"))
    matching = row_cells[row_cells[key] == key_value]
    if matching.empty:
        matching = row_cells[row_cells[key].str.lower() == key_value.lower()]
    if len(matching) != 1:
        raise DataError(f'{table}: "{row}" has no column "{column}"{nearest(column.lower(), row_cells[key])}')
    return {str(name): value for name, value in matching.iloc[0].items()}


def _measured(cells: pd.DataFrame, row: str, table: Path) -> pd.DataFrame:
    """The measured cells of a method; a published row may have the same name."""
    row_cells = cells[cells["method"].map(_plain) == _plain(row)]
    if row_cells.empty:
        raise DataError(f'{table}: there is no row "{row}"{nearest(row, cells["method"].unique())}')
    measured = row_cells[row_cells["source"] == "measured"]
    if measured.empty:
        raise DataError(
            f'{table}: "{row}" is a published row, as printed in the paper; see gaitcore/reporting/tables/.'
        )
    return measured


def _in_block(cells: pd.DataFrame, row: str, block: str | None, table: Path) -> pd.DataFrame:
    """The cells in one block; ``block`` must choose it where there are several."""
    blocks = list(cells["block"].unique())
    chosen = [name for name in blocks if block in (None, name, name.split("#")[0])]
    if not chosen and block:
        chosen = [name for name in blocks if block.lower() in (name.lower(), name.lower().split("#")[0])]
    if len(chosen) != 1:
        raise DataError(f'{table}: "{row}" is in {len(blocks)} blocks; choose one with --block: {", ".join(blocks)}')
    return cells[cells["block"] == chosen[0]]


def _plain(method: str) -> str:
    return re.sub(r"[†‡]", "", method).removesuffix(MEASURED).strip().lower()


def _system(method: str, titles: Mapping[str, str]) -> str:
    return next(system for system, title in titles.items() if _plain(title) == _plain(method))


def _place(cell: Record, config: Record) -> tuple[str, str]:
    """(condition, view in its canonical spelling) of a cell, "mean" for an average over them."""
    if "view" not in cell:
        return cell["condition"], MEAN
    title = cell["block"].partition("#")[0]
    protocol = config["protocol"]
    titles = condition_titles(config["tables"]["conditions"], [*protocol["gallery"], *protocol["probes"]])
    return next(name for name in protocol["probes"] if titles[name] == title), cell["view"]


def _run(folder: Path, system: str, seed: int, place: tuple[str, str], listed: Record) -> TracedRun:
    run = folder / system / f"seed-{seed}"
    record, metrics = read_run(run / "run.json"), read_metrics(run / "metrics.json")
    manifest = {name: listed[f"{system}/seed-{seed}/{name}"] for name in ("run.json", "metrics.json")}
    files = (
        _traced(run / "run.json", manifest_json=manifest),
        _traced(run / "metrics.json", manifest_json=manifest),
        _traced(run / "subjects.csv", metrics_json=metrics.outputs),
        _traced(run / "embeddings.parquet", metrics_json=metrics.outputs),
        _traced(run / "weights.safetensors", metrics_json=metrics.inputs, run_json=record.outputs),
        _traced(run / "training.csv", run_json=record.outputs),
        *(_traced(folder / name, metrics_json=metrics.inputs, run_json=record.inputs) for name in record.inputs),
    )
    return TracedRun(seed, _accuracy(metrics, *place), files, record, metrics.code_digest)


def _accuracy(metrics: Metrics, condition: str, view: str) -> float:
    means = metrics.means["rank1"]
    if condition == MEAN:
        return math.fsum(means.values()) / len(means)
    if view == MEAN:
        return means[condition]
    per_view = metrics.conditions[condition].per_probe_view["rank1"]
    return {canonical(spelled): value for spelled, value in per_view.items()}[view]


def _common_files(folder: Path, table: Path, listed: Record, sources: Record) -> Iterator[TracedFile]:
    """The table, the statistics, and the source of the frames where it is available, with the manifest's digests."""
    frames = (folder / table_name(modality) for modality in modality_names() if table_name(modality) in listed)
    for path in (table, folder / "summary.csv", *frames, folder / "split.csv"):
        yield TracedFile(path, _digest(path), {"manifest.json": listed[path.relative_to(folder).as_posix()]})
    for source, digest in sources.items():
        if Path(source).is_file():
            yield TracedFile(Path(source), file_digest(source), {"manifest.json": digest})


def _problems(cell: Record, runs: tuple[TracedRun, ...], common: tuple[TracedFile, ...]) -> Iterator[str]:
    recomputed = in_percent(math.fsum(run.accuracy for run in runs) / len(runs))
    if abs(recomputed - float(cell["rank1_percent"])) > _TOLERANCE:
        yield f"the table has {cell['rank1_percent']} %, but the runs give {recomputed:.4f} %"
    seen = set()
    for file in [*common, *(file for run in runs for file in run.files)]:
        for recorder, digest in file.recorded.items():
            if digest != file.sha256 and (file.path, recorder) not in seen:
                seen.add((file.path, recorder))
                yield f"{file.path} is not the file that {recorder} records ({digest})"


def _traced(path: Path, **recorders: Record) -> TracedFile:
    recorded = {
        name.replace("_", "."): digests[path.name] for name, digests in recorders.items() if path.name in digests
    }
    return TracedFile(path, _digest(path), recorded)


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; the number cannot be traced without it.") from None


def trace_text(trace: Trace) -> str:
    """A trace as text."""
    cell = trace.cell
    place = ", ".join(cell[key] for key in ("block", "view", "condition") if cell.get(key))
    ends = interval(trace.estimate)
    seeds = f"{len(trace.runs)} seed{'s' * (len(trace.runs) > 1)}"
    lines = [
        f"{trace.table}: {cell['method']}, {place}",
        f"  rank-1 {with_spread(trace.estimate)} %{f', interval {ends}' if ends else ''}; the mean of {seeds}",
        *_file_lines(trace.common, indent="  "),
    ]
    for run in trace.runs:
        lines += ["", f"seed {run.seed}: rank-1 {in_percent(run.accuracy):.2f} %", *_file_lines(run.files, indent="  ")]
        lines += [f"  {name:<19} {value}" for name, value in _facts(run).items()]
    lines += ["", *_closing(trace)]
    return "\n".join(lines)


def _file_lines(files: tuple[TracedFile, ...], indent: str) -> Iterator[str]:
    for file in files:
        yield f"{indent}{file.path}"
        recorders = " and ".join(file.recorded)
        agreement = f", as {recorders} record{'s' * (len(file.recorded) == 1)}"
        comparison = agreement if file.agrees else f", NOT as in {recorders}"
        yield f"{indent}  sha256 {file.sha256}{comparison if file.recorded else ''}"


def _facts(run: TracedRun) -> dict[str, str]:
    record, machine, revision = run.record, run.record.machine, run.record.revision
    clean = {True: "", False: ", with uncommitted changes", None: ""}[revision.clean]
    packages = machine.packages
    return {
        "pose source": record.pose_source_digest or "not recorded",
        "training's code": record.code_digest,
        "evaluation's code": run.evaluation_code or "not recorded",
        **{f"extension {name}": digest for name, digest in record.extensions.items()},
        "git revision": f"{revision.commit}{clean}" if revision.commit else "not in git",
        "configuration": "run.json, settings: " + ", ".join(record.settings),
        "split": record.settings["protocol"]["split"] if "protocol" in record.settings else "not recorded",
        "machine": f"{record.device}; {machine.processor}, {machine.cores} cores, {machine.platform}",
        "versions": f"Python {machine.python}, torch {packages['torch']}, numpy {packages['numpy']}",
    }


def _closing(trace: Trace) -> list[str]:
    if trace.holds:
        return ["Every digest is as recorded, and the runs give the number in the table."]
    return [f"NOT traced: {problem}." for problem in trace.problems]
