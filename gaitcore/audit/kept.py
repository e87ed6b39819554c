"""Files of jobs that are planned again, kept until it is known whether their inputs have changed.

Snakemake plans ahead: if a file is to be made anew, it also plans every job that depends on it, and deletes the files
of a job before it starts the job. If the new file has the bytes of the old one, training would run again for the same
weights. So hard links to the files of planned jobs are kept in ``results/<experiment>/.kept/`` during a run, and a job
whose inputs, settings and code are those of its receipt takes its files from there.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from gaitcore.artefacts.records import read_record
from gaitcore.audit.receipts import BENCHMARKS, FOLDER, JobPlace, Receipt
from gaitcore.digests import file_digest

KEPT = ".kept"


def keep(place: JobPlace) -> None:
    """Keep the files of a job that is planned again, with its receipt and benchmark, if all of them are there."""
    if not place.receipt.is_file():
        return
    receipt = read_record(place.receipt, Receipt)
    files = [place.folder / name for name in receipt.outputs]
    if files and all(path.is_file() for path in files):
        _link(place, [*files, *filter(Path.is_file, [place.benchmark]), place.receipt])


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
    if not all((kept / name).is_file() for name in receipt.outputs):
        return False
    if not all(file_digest(kept / name) == output.sha256 for name, output in receipt.outputs.items()):
        return False
    for name in receipt.outputs:
        os.utime(kept / name)
        (kept / name).replace(place.folder / name)
    place.receipt.parent.mkdir(parents=True, exist_ok=True)
    path.replace(place.receipt)
    return True


def discard(folder: Path) -> None:
    """Remove the kept files of a results folder, since its run has ended.

    A job whose files were put back did not run, so the time it took is that of the last time: of all that is kept, its
    benchmark alone has no receipt beside it.
    """
    kept = folder / KEPT
    for benchmark in (kept / BENCHMARKS).rglob("*.tsv"):
        name = benchmark.relative_to(kept / BENCHMARKS)
        if not (kept / FOLDER / name).with_suffix(".json").exists():
            benchmark.replace(folder / BENCHMARKS / name)
    shutil.rmtree(kept, ignore_errors=True)


def _link(place: JobPlace, files: list[Path]) -> None:
    """Hard links to these files, the receipt last; where the file system has none, nothing is kept."""
    kept = place.folder / KEPT
    try:
        for path in files:
            link = kept / path.relative_to(place.folder)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            os.link(path, link)
    except OSError:
        (kept / FOLDER / f"{place.name}.json").unlink(missing_ok=True)
