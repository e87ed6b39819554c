"""Trace a number in a table to its runs, weights, data, split, configuration, code, revision and machine.

Everything is verified: of each file on the way, the digest is computed now and compared with the digests that the
manifest, run.json, metrics.json and the receipts of the jobs that used the file record of it; and the number in the
table is recomputed from the accuracies of the runs.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gaitcore.artefacts.metrics import Metrics, read_metrics
from gaitcore.artefacts.records import checked
from gaitcore.artefacts.run_record import Origin, RunRecord, read_run, run_of
from gaitcore.artefacts.summary import MEAN, read_summary
from gaitcore.audit.cells import plain, table_cell, table_path
from gaitcore.audit.manifest import NAME, ListedArtefact, Manifest, read_manifest
from gaitcore.audit.receipts import Receipt, read_receipts, relative_name
from gaitcore.digests import file_digest
from gaitcore.errors import DataError
from gaitcore.keys import canonical
from gaitcore.modalities import modality_names, table_name
from gaitcore.percent import in_percent
from gaitcore.reporting.tables.context import condition_titles
from gaitcore.reporting.tables.estimates import Estimate, estimates, interval, metric_title, with_spread
from gaitcore.settings.experiment import Config
from gaitcore.systems import run_name

_HISTORY = ("training.csv",)  # of a run that was trained here
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
    """One run behind a number: its accuracy (a fraction), its files, and its run.json."""

    seed: int | None
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
    table = table_path(table)
    folder = table.parent.parent
    cell = table_cell(table, row, column, block)
    manifest = read_manifest(folder)
    config = _configuration(manifest, folder / NAME)
    system, place = _system(cell["method"], manifest, folder), _place(cell, config, table)
    ledger = Ledger.of(folder, manifest)
    metric = cell.get("metric", "rank1")
    from_file = f"{system}/{run_name(None)}/run.json" in manifest.artefacts
    seeds = [None] if from_file else config.seeds
    runs = tuple(
        traced_run(ledger, f"{system}/{run_name(seed)}", seed, metric, place, table, "summary.csv") for seed in seeds
    )
    common = tuple(_common_files(ledger, table))
    return Trace(
        table,
        cell,
        _estimate(folder / "summary.csv", system, metric, place),
        runs,
        common,
        tuple(problems_of(cell, runs, common)),
    )


class _Open(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Protocol(_Open):
    gallery: dict[str, Any]
    probes: dict[str, Any]
    comparisons: dict[str, Any] = Field(default_factory=dict)


class _Tables(_Open):
    conditions: dict[str, str]


class _Statistics(_Open):
    overall: str | None = None


class _Configuration(_Open):
    """What a trace needs of the configuration in the manifest."""

    seeds: list[int] = Field(min_length=1)
    protocol: _Protocol
    tables: _Tables
    statistics: _Statistics = _Statistics()


class _Traced(_Open):
    configuration: _Configuration


def _configuration(manifest: Manifest, path: Path) -> _Configuration:
    unknown = sorted(manifest.configuration.keys() - Config.model_fields.keys())
    if unknown:
        raise DataError(f"{path}: configuration has the unknown section {unknown[0]!r:.60}; run the workflow again.")
    return checked(path, {"configuration": manifest.configuration}, _Traced).configuration


@dataclass(frozen=True)
class Ledger:
    """The digests of each file: as its maker left it (manifest), and as the jobs that used it read it (receipts)."""

    folder: Path
    manifest: Manifest
    receipts: Mapping[str, Receipt]  # by the file that was made

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> "Ledger":
        """That of a results folder."""
        made = {name: receipt for receipt in read_receipts(folder).values() for name in receipt.outputs}
        return cls(folder, manifest, made)

    def traced(self, name: str, users: Iterable[str] = (), **recorders: Record) -> TracedFile:
        """A file of the results folder, with the digests recorded of it.

        Args:
            name: of the file.
            users: files on the way to the number that were made from it.
            recorders: ``run_json=...``: digests that another file records, by the name of the file without its folder.
        """
        path = self.folder / name
        recorded = {NAME: self._listed(name).sha256}
        for recorder, digests in recorders.items():
            if path.name in digests:
                recorded[recorder.replace("_", ".")] = digests[path.name]
        for user in users:
            receipt = self.receipts.get(user)
            if receipt and name in receipt.inputs:
                recorded[f"the receipt of {receipt.rule}"] = receipt.inputs[name]
        return TracedFile(path, _digest(path), recorded)

    def _listed(self, name: str) -> ListedArtefact:
        try:
            return self.manifest.artefacts[name]
        except KeyError:
            raise DataError(
                f"{self.folder / NAME}: does not list {name}, so the number cannot be traced; run the workflow again."
            ) from None


def _estimate(summary: Path, system: str, metric: str, place: tuple[str, str]) -> Estimate:
    values = estimates(read_summary(summary), metric)
    by_view = {(name, condition, canonical(view)): value for (name, condition, view), value in values.items()}
    try:
        return by_view[system, *place]
    except KeyError:
        raise DataError(
            f"{summary}: has no row of {metric} for {system}, {', '.join(place)}; delete it and run again."
        ) from None


def _system(method: str, manifest: Manifest, folder: Path) -> str:
    for system, title in manifest.titles.items():
        if plain(title) == plain(method):
            return system
    raise DataError(f'{folder / NAME}: no system has the title "{method}"; run the workflow again.')


def _place(cell: Record, config: _Configuration, table: Path) -> tuple[str, str]:
    """(condition, view in its canonical spelling) of a cell, "mean" for an average over them."""
    if "condition" in cell:
        overall = config.statistics.overall if cell["condition"] == MEAN else None
        return overall or cell["condition"], MEAN
    title = cell["block"].partition("#")[0]
    rows = config.protocol.comparisons or config.protocol.probes
    titles = condition_titles(config.tables.conditions, [*config.protocol.gallery, *rows])
    for name in rows:
        if titles[name] == title:
            return name, cell.get("view", MEAN)
    raise DataError(
        f'{table}: the block "{cell["block"]}" is no probe condition of the manifest; run the workflow again.'
    )


def traced_run(
    ledger: Ledger, run: str, seed: int | None, metric: str, place: tuple[str, str], table: Path, statistics: str
) -> TracedRun:
    """A run behind a number, and its files.

    Args:
        ledger: of the results folder.
        run: its folder there, e.g. ``gaitmixer/seed-0``.
        seed: of its training.
        metric: e.g. rank1.
        place: condition and view, each of them or "mean".
        table: the table with the number.
        statistics: the file of the results folder that was made from subjects.csv.

    Raises:
        DataError: a file is missing or damaged, or the run has no such number.
    """
    record, metrics = (
        read_run(ledger.folder / run / "run.json"),
        read_metrics(ledger.folder / run / "metrics.json"),
    )
    made = (f"{run}/metrics.json", f"{run}/weights.safetensors")
    files = (
        ledger.traced(f"{run}/run.json", [relative_name(table, ledger.folder)]),
        ledger.traced(f"{run}/metrics.json"),
        ledger.traced(f"{run}/subjects.csv", [statistics], metrics_json=metrics.outputs),
        *(ledger.traced(f"{run}/{name}", metrics_json=metrics.outputs) for name in _other_outputs(metrics)),
        ledger.traced(f"{run}/weights.safetensors", made, metrics_json=metrics.inputs, run_json=record.outputs),
        *(ledger.traced(f"{run}/{name}", run_json=record.outputs) for name in record.outputs if name in _HISTORY),
        *_weights_files(ledger, f"{run}/weights.safetensors", record),
        *(ledger.traced(name, made, metrics_json=metrics.inputs, run_json=record.inputs) for name in record.inputs),
    )
    accuracy = _accuracy(metrics, metric, *place, ledger.folder / run / "metrics.json")
    return TracedRun(seed, accuracy, files, record, metrics.code_digest)


def _other_outputs(metrics: Metrics) -> list[str]:
    """The files beside subjects.csv that an evaluation wrote: embeddings.parquet, which a sweep has not."""
    return [name for name in metrics.outputs if name != "subjects.csv"]


def _weights_files(ledger: Ledger, name: str, record: RunRecord) -> Iterator[TracedFile]:
    """The file that weights from elsewhere were read from, and the run.json beside it, where they are available."""
    receipt = ledger.receipts.get(name)
    for path in _outside(record.origin):
        if Path(path).is_file():
            recorded = {"run.json": record.origin.sha256} if record.origin and path == record.origin.path else {}
            if receipt and path in receipt.inputs:
                recorded[f"the receipt of {receipt.rule}"] = receipt.inputs[path]
            yield TracedFile(Path(path), _digest(Path(path)), recorded)


def _outside(origin: Origin | None) -> Iterator[str]:
    if origin:
        yield origin.path
        if origin.run:
            yield Path(origin.path).with_name("run.json").as_posix()


def _accuracy(metrics: Metrics, metric: str, condition: str, view: str, path: Path) -> float:
    try:
        means = metrics.means[metric]
        if condition == MEAN:
            return math.fsum(means.values()) / len(means)
        if view == MEAN:
            return means[condition]
        per_view = metrics.conditions[condition].per_probe_view[metric]
        return {canonical(spelled): value for spelled, value in per_view.items()}[view]
    except (KeyError, ZeroDivisionError):
        raise DataError(f"{path}: has no {metric} of {condition}, {view}; delete it and run again.") from None


def _common_files(ledger: Ledger, table: Path) -> Iterator[TracedFile]:
    """The table, the statistics, and what :func:`data_files` yields."""
    name = relative_name(table, ledger.folder)
    yield ledger.traced(name)
    yield ledger.traced("summary.csv", [name])
    yield from data_files(ledger, name)


def data_files(ledger: Ledger, name: str) -> Iterator[TracedFile]:
    """The frames, the split, which a table was made from, and the source of the frames where it is available."""
    artefacts = ledger.manifest.artefacts
    frames = (table_name(modality) for modality in modality_names() if table_name(modality) in artefacts)
    yield from (ledger.traced(file, ["split.csv"]) for file in frames)
    yield ledger.traced("split.csv", [name])
    for source, digest in ledger.manifest.sources.items():
        if Path(source).is_file():
            yield TracedFile(Path(source), file_digest(source), {NAME: digest})


def problems_of(cell: Record, runs: tuple[TracedRun, ...], common: tuple[TracedFile, ...]) -> Iterator[str]:
    """Sentences on what is not as recorded: a digest, or the number itself."""
    recomputed = in_percent(math.fsum(run.accuracy for run in runs) / len(runs))
    printed = cell.get("percent", cell.get("rank1_percent"))
    if not abs(recomputed - float(printed)) <= _TOLERANCE:
        yield f"the table has {printed} %, but the runs give {recomputed:.4f} %"
    seen = set()
    for file in [*common, *(file for run in runs for file in run.files)]:
        for recorder, digest in file.recorded.items():
            if digest != file.sha256 and (file.path, recorder) not in seen:
                seen.add((file.path, recorder))
                yield f"{file.path} is not the file that {recorder} records ({digest})"


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; the number cannot be traced without it.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None


def trace_text(trace: Trace) -> str:
    """A trace as text."""
    cell = trace.cell
    place = ", ".join(cell[key] for key in ("block", "view", "condition") if cell.get(key))
    metric = metric_title(cell.get("metric", "rank1"))
    metric = metric[0].lower() + metric[1:]
    ends = interval(trace.estimate)
    seeds = f"{len(trace.runs)} seed{'s' * (len(trace.runs) > 1)}"
    mean = "with weights from a file" if trace.runs[0].seed is None else f"the mean of {seeds}"
    lines = [
        f"{trace.table}: {cell['method']}, {place}",
        f"  {metric} {with_spread(trace.estimate)} %{f', interval {ends}' if ends else ''}; {mean}",
        *_file_lines(trace.common, indent="  "),
    ]
    for run in trace.runs:
        name = "weights from a file" if run.seed is None else f"seed {run.seed}"
        lines += ["", f"{name}: {metric} {in_percent(run.accuracy):.2f} %", *_file_lines(run.files, indent="  ")]
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
        **_origin_facts(record),
        "source of the frames": record.source_digest or "not recorded",
        f"{'import' if record.imported else 'training'}'s code": record.code_digest,
        "evaluation's code": run.evaluation_code or "not recorded",
        **{f"extension {name}": digest for name, digest in record.extensions.items()},
        "git revision": f"{revision.commit}{clean}" if revision.commit else "not in git",
        "configuration": "run.json, settings: " + ", ".join(record.settings),
        "split": _split(record.settings.get("protocol")),
        "machine": f"{record.device}; {machine.processor}, {machine.cores} cores, {machine.platform}",
        "versions": f"Python {machine.python}, torch {packages.get('torch')}, numpy {packages.get('numpy')}",
    }


def _origin_facts(record: RunRecord) -> dict[str, str]:
    """Where weights from elsewhere come from; of a run, its data, code and revision."""
    if record.origin is None:
        return {}
    origin, before = record.origin, run_of(record.origin)
    role = "weights from" if record.imported else "first weights from"
    facts = {role: f"{origin.path}, SHA-256 {origin.sha256}"}
    if origin.trained_on:
        facts["trained on"] = ", ".join(f"{key} {value}" for key, value in origin.trained_on.items())
    if before:
        facts["by the run"] = (
            f"{before.system}, seed {before.seed}, code {before.code_digest}, revision {before.revision.commit}, "
            f"source {before.source_digest}"
        )
    return facts


def _split(protocol: Any) -> str:
    return str(protocol.get("split", "not recorded")) if isinstance(protocol, dict) else "not recorded"


def _closing(trace: Trace) -> list[str]:
    if trace.holds:
        return ["Every digest is as recorded, and the runs give the number in the table."]
    return [f"NOT traced: {problem}." for problem in trace.problems]
