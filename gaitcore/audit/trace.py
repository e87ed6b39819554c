"""Trace a number in a table to its runs, weights, data, split, configuration, code, revision and machine.

Everything is verified: of each file on the way, the digest is computed now and compared with the digests that the
manifest, run.json, metrics.json and the receipts of the jobs that used the file record of it; and the number in the
table is recomputed from the accuracies of the runs.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gaitcore.artefacts.metrics import Metrics, read_metrics
from gaitcore.artefacts.records import checked
from gaitcore.artefacts.run_record import Origin, RunRecord, read_run
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
from gaitcore.reporting.tables.estimates import Estimate, estimates
from gaitcore.settings.experiment import Config
from gaitcore.systems import run_name
from gaitcore.words import listed

_HISTORY = ("training.csv",)  # of a run that was trained here
RECEIPT = "the receipt of "  # and the rule: who recorded a digest
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
    """One run behind a number.

    Attributes:
        seed: of its training; None for weights from a file.
        accuracy: its accuracy, a fraction.
        folder: of the run.
        files: its files, from the accuracy to the weights, and those that its weights come from.
        data: the files that it read, with what it recorded of them.
        record: its run.json.
        evaluation_code: digest of the code that measured the accuracy, if it was recorded.
    """

    seed: int | None
    accuracy: float
    folder: Path
    files: tuple[TracedFile, ...]
    data: tuple[TracedFile, ...]
    record: RunRecord
    evaluation_code: str | None


@dataclass(frozen=True)
class Trace:
    """The runs and files behind one cell of a table.

    Attributes:
        table: the table.
        cell: its row of the table's CSV.
        estimate: its row of summary.csv.
        runs: the runs.
        made: the table and the statistics that were made from the runs.
        data: the roles, the frames and their source.
        problems: what is not as recorded, in sentences.
    """

    table: Path
    cell: Record
    estimate: Estimate
    runs: tuple[TracedRun, ...]
    made: tuple[TracedFile, ...]
    data: tuple[TracedFile, ...]
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
    name = relative_name(table, folder)
    made, data = (ledger.traced(name), ledger.traced("summary.csv", [name])), tuple(data_files(ledger, name))
    return Trace(
        table,
        cell,
        _estimate(folder / "summary.csv", system, metric, place),
        runs,
        made,
        data,
        tuple(problems_of(cell, runs, [*made, *data])),
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
                recorded[f"{RECEIPT}{receipt.rule}"] = receipt.inputs[name]
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
        ledger.traced(f"{run}/metrics.json"),
        ledger.traced(f"{run}/subjects.csv", [statistics], metrics_json=metrics.outputs),
        *(ledger.traced(f"{run}/{name}", metrics_json=metrics.outputs) for name in _other_outputs(metrics)),
        ledger.traced(f"{run}/weights.safetensors", made, metrics_json=metrics.inputs, run_json=record.outputs),
        *(ledger.traced(f"{run}/{name}", run_json=record.outputs) for name in record.outputs if name in _HISTORY),
        ledger.traced(f"{run}/run.json", [relative_name(table, ledger.folder)]),
        *_weights_files(ledger, f"{run}/weights.safetensors", record),
    )
    data = tuple(
        ledger.traced(name, made, metrics_json=metrics.inputs, run_json=record.inputs) for name in record.inputs
    )
    accuracy = _accuracy(metrics, metric, *place, ledger.folder / run / "metrics.json")
    return TracedRun(seed, accuracy, ledger.folder / run, files, data, record, metrics.code_digest)


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
                recorded[f"{RECEIPT}{receipt.rule}"] = receipt.inputs[path]
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


def data_files(ledger: Ledger, name: str) -> Iterator[TracedFile]:
    """The split, which a table was made from, the frames, and the source of the frames where it is available."""
    artefacts = ledger.manifest.artefacts
    frames = (table_name(modality) for modality in modality_names() if table_name(modality) in artefacts)
    yield ledger.traced("split.csv", [name])
    yield from (ledger.traced(file, ["split.csv"]) for file in frames)
    for source, digest in ledger.manifest.sources.items():
        if Path(source).is_file():
            yield TracedFile(Path(source), file_digest(source), {NAME: digest})


def problems_of(cell: Record, runs: Sequence[TracedRun], common: Iterable[TracedFile]) -> Iterator[str]:
    """Sentences on what is not as recorded: a digest, or the number itself."""
    recomputed = in_percent(math.fsum(run.accuracy for run in runs) / len(runs))
    printed = cell.get("percent", cell.get("rank1_percent"))
    if not abs(recomputed - float(printed)) <= _TOLERANCE:
        yield f"the table has {printed} %, but the runs give {recomputed:.4f} %"
    yield from changes([*common, *(file for run in runs for file in (*run.files, *run.data))])


def changes(files: Iterable[TracedFile]) -> Iterator[str]:
    """A sentence for each digest that other files record of a file and that is not its own."""
    recorders: dict[tuple[Path, str], dict[str, None]] = {}
    for file in files:
        for recorder, digest in file.recorded.items():
            if digest != file.sha256:
                recorders.setdefault((file.path, digest), {})[recorder] = None
    for (path, digest), names in recorders.items():
        yield f"{path} is not the file that {listed([*names])} record{'s' * (len(names) == 1)} ({digest})"


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; the number cannot be traced without it.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None
