"""Files of jobs that are planned again, kept until it is known whether their inputs have changed.

Snakemake plans ahead: if a file is to be made anew, it also plans every job that depends on it, and deletes the files
of a job before it starts the job. If the new file has the bytes of the old one, training would run again for the same
weights. So hard links to the files of planned jobs are kept in ``results/<experiment>/.kept/`` during a run, and a job
whose inputs, settings and code are those of its receipt takes its files from there. Logs and benchmarks, which are
written in place, are copied.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from gaitcore.artefacts.records import read_record, write_record
from gaitcore.audit.receipts import BENCHMARKS, FOLDER, KEPT, JobPlace, Receipt, check_records
from gaitcore.digests import file_digest


def keep(place: JobPlace) -> None:
    """Keep the files of a job that is planned again, with its log, benchmark and receipt, if its files are there.

    Raises:
        DataError: its log or benchmark was changed.
    """
    if not place.receipt.is_file():
        return
    receipt = read_record(place.receipt, Receipt)
    check_records(place.folder, receipt)
    files = [place.folder / name for name in receipt.outputs]
    if files and all(path.is_file() for path in files):
        try:
            _save(place.folder, files, os.link)
            _save(place.folder, [place.folder / name for name in (*receipt.logs, *receipt.benchmarks)], shutil.copy2)
            _save(place.folder, [place.receipt], shutil.copy2)  # the last, since restore looks for it
        except OSError:  # no hard links on this file system, or no room: the job runs again
            forget(place)


def forget(place: JobPlace) -> None:
    """Do not put the files of a job back: its run is forced."""
    (place.folder / KEPT / FOLDER / f"{place.name}.json").unlink(missing_ok=True)


def restore(place: JobPlace, rule: str, parameters: str, inputs: Mapping[str, str]) -> bool:
    """Put the kept files of a job back if it would make the same ones, and return whether they are there again.

    Args:
        place: of the job.
        rule: its rule.
        parameters: digest of its settings and code.
        inputs: digest of each input.
    """
    kept = place.folder / KEPT
    path = kept / FOLDER / f"{place.name}.json"
    if not path.is_file():
        return False
    receipt = read_record(path, Receipt)
    if (receipt.rule, receipt.parameters, receipt.inputs) != (rule, parameters, dict(inputs)):
        return False
    files = {**receipt.outputs, **receipt.logs}
    if not all((kept / name).is_file() and file_digest(kept / name) == file.sha256 for name, file in files.items()):
        return False
    for name in files:
        os.utime(kept / name)
        (kept / name).replace(place.folder / name)
    place.receipt.parent.mkdir(parents=True, exist_ok=True)
    # Its benchmark is put back when the run has ended; until then Snakemake writes over it.
    write_record(receipt.model_copy(update={"benchmarks": {}}), place.receipt)
    path.unlink()
    return True


def discard(folder: Path) -> None:
    """Remove the kept files of a results folder, since its run has ended; see also :func:`return_benchmarks`."""
    return_benchmarks(folder)
    shutil.rmtree(folder / KEPT, ignore_errors=True)


def return_benchmarks(folder: Path) -> None:
    """Put back the benchmarks of the jobs whose files were put back.

    Such a job did not run, so the time it took is that of the last time: of all that is kept, its benchmark alone has
    no receipt beside it.
    """
    kept = folder / KEPT
    for benchmark in (kept / BENCHMARKS).rglob("*.tsv"):
        name = benchmark.relative_to(kept / BENCHMARKS)
        if not (kept / FOLDER / name).with_suffix(".json").exists():
            benchmark.replace(folder / BENCHMARKS / name)


def _save(folder: Path, files: list[Path], save: Callable[[Path, Path], object]) -> None:
    for path in files:
        saved = folder / KEPT / path.relative_to(folder)
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.unlink(missing_ok=True)
        save(path, saved)
