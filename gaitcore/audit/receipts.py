"""Receipts: what each job read and wrote, with SHA-256, written by the job itself when it ends.

A job whose log is ``results/demo/logs/splits.log`` has the receipt ``results/demo/receipts/splits.json``. Before a job
uses a file of the results folder, it compares the file with the receipt of the job that made it, and refuses a file
that is not what its maker wrote. The manifest is made of the receipts.

The receipt of an earlier run of a job is removed when the job starts. So a job that was killed has none, and its files
are used by no other job before they are made again.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gaitcore.artefacts.records import Record, read_record, write_record
from gaitcore.digests import file_digest, folder_digest
from gaitcore.errors import DataError
from gaitcore.workflow_command import workflow_command

FOLDER, LOGS, BENCHMARKS = "receipts", "logs", "benchmarks"
KEPT = ".kept"
MANIFEST = "manifest.json"  # in no receipt, since it is written again after every run
WAY_OUT = "put the original back, or delete the file and run the same command, which makes it anew"


def _inner_name(name: str) -> str:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or path.as_posix() != name or "\0" in name:
        raise ValueError("a file of the results folder, by its name relative to the folder")
    return name


InnerName = Annotated[str, AfterValidator(_inner_name)]


class WrittenFile(Record):
    """A file as a job left it."""

    sha256: str
    bytes: int


class Receipt(Record):
    """The content of a receipt. Names are relative to the results folder; those of other files are as in the rules.

    Attributes:
        rule: the rule of the job.
        parameters: SHA-256 of the settings of the job and of the digest of its code.
        inputs: file or folder -> its SHA-256 when the job started.
        outputs: file in the results folder -> as the job left it; none after a failure.
        logs: the log of the job, likewise.
        benchmarks: its benchmark, which Snakemake writes after the job has ended; see :func:`add_benchmarks`.
    """

    rule: str
    parameters: str
    inputs: dict[str, str]
    outputs: dict[InnerName, WrittenFile]
    logs: dict[InnerName, WrittenFile]
    benchmarks: dict[InnerName, WrittenFile] = Field(default_factory=dict)


@dataclass(frozen=True)
class JobPlace:
    """The results folder of a job, and the name of the job in it, e.g. ``gaitmixer/seed-0/train``."""

    folder: Path
    name: str

    @classmethod
    def of_log(cls, log: str | Path) -> "JobPlace":
        """The place of the job with this log: ``results/<experiment>/logs/<name>.log``."""
        parts = Path(log).parts
        depth = parts.index(LOGS, 2)
        return cls(Path(*parts[:depth]), Path(*parts[depth + 1 :]).with_suffix("").as_posix())

    @property
    def receipt(self) -> Path:
        """The receipt of the job."""
        return self.folder / FOLDER / f"{self.name}.json"

    @property
    def benchmark(self) -> Path:
        """The benchmark of the job, if its rule has one."""
        return self.folder / BENCHMARKS / f"{self.name}.tsv"


def read_receipts(folder: Path) -> dict[str, Receipt]:
    """The receipts of a results folder, by the name of the job.

    Raises:
        DataError: a receipt is cut off or of another schema.
    """
    root = folder / FOLDER
    paths = sorted(path for path in root.rglob("*.json") if not path.name.startswith("."))
    receipts = {}
    for path in paths:
        try:
            receipts[path.relative_to(root).with_suffix("").as_posix()] = read_record(path, Receipt)
        except DataError:
            if path.exists():  # otherwise its job has just started again
                raise
    return receipts


def checked_inputs(place: JobPlace, paths: Iterable[str]) -> dict[str, str]:
    """The SHA-256 of each input of a job, by name; results are compared with their receipts.

    These are the files of the results folder, and those of other experiments beside it that have receipts.

    Raises:
        DataError: an input is not what its maker wrote, or has no receipt.
    """
    files = [Path(path) for path in dict.fromkeys(paths)]
    made: dict[Path, dict[str, tuple[Receipt, WrittenFile]]] = {}
    digests = {}
    for path in files:
        digest = folder_digest(path) if path.is_dir() else file_digest(path)
        digests[relative_name(path, place.folder)] = digest
        if folder := _results_folder(path, place):
            if folder not in made:
                made[folder] = _by_file(read_receipts(folder))
            compare(path, digest, made[folder].get(relative_name(path, folder)))
    return digests


def _results_folder(path: Path, place: JobPlace) -> Path | None:
    """The folder of the experiment whose results a file belongs to; None for other files."""
    if path.is_relative_to(place.folder):
        return place.folder
    beside = place.folder.parent  # results/, with those of other experiments
    if not path.is_relative_to(beside) or len(path.relative_to(beside).parts) < 2:
        return None
    folder = beside / path.relative_to(beside).parts[0]
    return folder if (folder / FOLDER).is_dir() else None


def check_changed(folder: Path) -> None:
    """Refuse a results folder in which a file was changed after its receipt was written.

    It is called before a run is planned, so only files that are newer than their receipts are read. Missing files are
    made anew by the run.

    Raises:
        DataError: a file is not what its maker wrote, or a receipt is damaged.
    """
    for job, receipt in read_receipts(folder).items():
        written = _time_of(JobPlace(folder, job).receipt)
        for name, output in receipt.outputs.items():
            path = folder / name
            if path.is_file() and path.stat().st_mtime_ns > written:
                compare(path, file_digest(path), (receipt, output))


def write_receipt(
    place: JobPlace, rule: str, parameters: str, inputs: Mapping[str, str], outputs: Iterable[str], log: str
) -> None:
    """Write the receipt of a job that has ended; its log must be complete.

    Args:
        place: of the job.
        rule: its rule.
        parameters: digest of its settings and code, see :func:`parameters_digest`.
        inputs: the digests that :func:`checked_inputs` returned.
        outputs: the files it made; none after a failure.
        log: its log.
    """
    receipt = Receipt(
        rule=rule,
        parameters=parameters,
        inputs=dict(inputs),
        outputs=_written(outputs, place.folder),
        logs=_written([log], place.folder),
    )
    place.receipt.parent.mkdir(parents=True, exist_ok=True)
    write_record(receipt, place.receipt)


def add_benchmarks(folder: Path) -> None:
    """Add the benchmarks of jobs that have ended to their receipts.

    That of a job whose files were kept is added after it is put back, see ``gaitcore_workflow.kept``.
    """
    for job, receipt in read_receipts(folder).items():
        place = JobPlace(folder, job)
        put_back_later = folder / KEPT / place.benchmark.relative_to(folder)
        if not receipt.benchmarks and place.benchmark.is_file() and not put_back_later.exists():
            written = _written([str(place.benchmark)], folder)
            ended = _time_of(place.receipt)
            write_record(receipt.model_copy(update={"benchmarks": written}), place.receipt)
            os.utime(place.receipt, ns=(ended, ended))  # what was changed since the job ended is newer


def parameters_digest(parameters: Mapping[str, Any]) -> str:
    """SHA-256 of the parameters of a rule, in hexadecimal."""
    return hashlib.sha256(json.dumps(parameters, sort_keys=True, default=str).encode()).hexdigest()


def relative_name(path: Path, folder: Path) -> str:
    """The path of a file relative to the results folder; of a file outside of it, as it is."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _time_of(path: Path) -> int:
    """The time of a file in nanoseconds; that of the future if it has just been removed."""
    return path.stat().st_mtime_ns if path.exists() else 2**63


def _by_file(receipts: Mapping[str, Receipt]) -> dict[str, tuple[Receipt, WrittenFile]]:
    return {name: (receipt, output) for receipt in receipts.values() for name, output in receipt.outputs.items()}


def check_records(folder: Path, receipt: Receipt) -> None:
    """Refuse a changed log or benchmark of a job; one that is missing is not looked at.

    Raises:
        DataError: it is not as the job left it.
    """
    for name, file in {**receipt.logs, **receipt.benchmarks}.items():
        if (folder / name).is_file() and file_digest(folder / name) != file.sha256:
            raise DataError(
                f"{folder / name}: not the file that {receipt.rule} wrote; put the original back, or run the job "
                f"again: {workflow_command('tables', folder.name, f'--forcerun {receipt.rule}')}"
            )


def compare(path: Path, digest: str, made: tuple[Receipt, WrittenFile] | None) -> None:
    """Refuse a file whose digest is not the one that the job that made it recorded.

    Raises:
        DataError: it is another one, or there is none.
    """
    if made is None:
        raise DataError(f"{path}: no receipt of the job that made it; delete the file and run the same command again.")
    receipt, output = made
    if digest != output.sha256:
        raise DataError(f"{path}: not the file that {receipt.rule} wrote; {WAY_OUT}.")


def _written(paths: Iterable[str], folder: Path) -> dict[str, WrittenFile]:
    """The files among these that are in the results folder (the walkers' data are not), without the manifest."""
    inside = (path for path in map(Path, paths) if path.is_relative_to(folder) and path != folder / MANIFEST)
    return {
        relative_name(path, folder): WrittenFile(sha256=file_digest(path), bytes=path.stat().st_size) for path in inside
    }
