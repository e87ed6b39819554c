"""manifest.json: every file of a results folder with its SHA-256, the rule that made it and the inputs of that rule.

It is made of the receipts of the jobs and written again after every run. With it, a results folder can be checked after
a transfer: a changed, missing or added file, or a change of the manifest itself, is detected, and the file is named.
Not listed are the state of unfinished work, records for people to watch, hidden files and the records of the job that
writes the manifest.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field

from gaitcore.artefacts.records import Record, read_bytes, read_record, validated
from gaitcore.audit.receipts import (
    FOLDER,
    MANIFEST,
    InnerName,
    JobPlace,
    Receipt,
    WrittenFile,
    add_benchmarks,
    check_records,
    compare,
    read_receipts,
)
from gaitcore.digests import file_digest, folder_digest
from gaitcore.errors import DataError
from gaitcore.files import write_text
from gaitcore.workflow_command import workflow_command

NAME, SIGNATURE = MANIFEST, f"{MANIFEST}.sig"
UNLISTED = (
    # State of unfinished work: training, a comparison (snakemake verify), poses from a video.
    *("checkpoints/", "verify/", "poses/unfinished/", "silhouettes/unfinished/"),
    # Records for people to watch (tracking), which no job reads and which grow while a run trains.
    "tracking/",
    # Records of the job that writes the manifest, which end after it.
    *("receipts/manifest.json", "logs/manifest.log", "benchmarks/manifest.tsv"),
)


@dataclass(frozen=True)
class ManifestCheck:
    """The result of comparing a results folder with its manifest: names of files relative to the folder.

    ``outdated`` has pairs: a file, and the file it was made from, which has other bytes now.
    """

    good: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]
    outdated: tuple[tuple[str, str], ...]

    @property
    def passes(self) -> bool:
        """Whether the folder has the listed files with the listed bytes and no others, and none is outdated."""
        return not (self.changed or self.missing or self.unlisted or self.outdated)


class ListedArtefact(Record):
    """A file as listed; ``made_from`` are the inputs of the job that made it, whose digests are in its receipt."""

    model_config = ConfigDict(populate_by_name=True)

    sha256: str
    bytes: int
    made_by: str
    made_from: tuple[str, ...] = Field(validation_alias="from", serialization_alias="from")


class Manifest(Record):
    """The content of manifest.json.

    Attributes:
        experiment: its name.
        configuration: its whole configuration.
        titles: system -> the title that tables print.
        extensions: name -> SHA-256 of each file from outside the repository that was used.
        gaitcore: the version of the library.
        sources: file or folder from which the poses are read -> SHA-256.
        artefacts: name, relative to the folder -> the file as listed.
    """

    experiment: str
    configuration: dict[str, Any]
    titles: dict[str, str]
    extensions: dict[str, str]
    gaitcore: str
    sources: dict[str, str]
    artefacts: dict[InnerName, ListedArtefact] = Field(min_length=1)


def write_manifest(path: Path, sources: Iterable[str], facts: Mapping[str, Any]) -> None:
    """Write ``manifest.json`` from the receipts of its folder.

    Args:
        path: the manifest; artefacts lie below its folder.
        sources: the files or folders the poses are read from.
        facts: the other keys of :class:`Manifest`.

    Raises:
        DataError: a file is not what its maker wrote.
    """
    add_benchmarks(path.parent)
    receipts = read_receipts(path.parent)
    read = {name: digest for receipt in receipts.values() for name, digest in receipt.inputs.items()}
    digests = {source: read.get(source) or _digest_of_source(Path(source)) for source in sources}
    _write(path, {**facts, "sources": digests}, receipts)


def renew_manifest(folder: str | Path) -> None:
    """List the files that were made since the manifest was written; without a manifest, do nothing.

    Raises:
        DataError: a file is not what its maker wrote, so it is not listed, or the manifest was changed.
    """
    path = Path(folder, NAME)
    if path.is_file():
        add_benchmarks(path.parent)
        receipts = read_receipts(path.parent)
        _write(path, read_manifest(folder).model_dump(exclude={"artefacts"}), receipts)
        for job in receipts:  # every file has been compared, so that what is newer was changed from now on
            os.utime(JobPlace(path.parent, job).receipt)


def read_manifest(folder: str | Path) -> Manifest:
    """The content of a results folder's manifest.

    Raises:
        DataError: there is none, it was changed after it was written, or a key is missing, unknown or of another type.
    """
    path = Path(folder, NAME)
    if not path.exists():
        raise DataError(f"{path}: no such file; make it with: {workflow_command('manifest', Path(folder).name)}")
    text = read_bytes(path)
    try:
        content = json.loads(text)
        del content["digest"]
        sealed = _sealed(content)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError(f"{path}: damaged, expected JSON with a digest.") from None
    if sealed.encode() != text:
        raise DataError(f"{path}: changed after it was written; its own digest does not match its content.")
    return validated(path, json.dumps(content), Manifest)


def check_manifest(folder: str | Path) -> ManifestCheck:
    """Compare every file of a results folder with the manifest.

    Raises:
        DataError: the manifest is missing or was changed after it was written.
    """
    folder = Path(folder)
    artefacts = read_manifest(folder).artefacts
    missing = {name for name in artefacts if not (folder / name).is_file()}
    changed = {name for name in artefacts.keys() - missing if file_digest(folder / name) != artefacts[name].sha256}
    unlisted = _files(folder) - artefacts.keys()
    good = artefacts.keys() - missing - changed
    slips = [read_record(folder / name, Receipt) for name in good if name.startswith(f"{FOLDER}/")]
    outdated = {
        (name, source)
        for receipt in slips
        for source, digest in receipt.inputs.items()
        if source in artefacts and artefacts[source].sha256 != digest
        for name in receipt.outputs
        if not name.startswith(UNLISTED)
    }
    return ManifestCheck(
        good=tuple(sorted(good)),
        changed=tuple(sorted(changed)),
        missing=tuple(sorted(missing)),
        unlisted=tuple(sorted(unlisted)),
        outdated=tuple(sorted(outdated)),
    )


def _write(path: Path, facts: Mapping[str, Any], receipts: Mapping[str, Receipt]) -> None:
    """Write a manifest if its content is new, so that a signature of the same content stays valid."""
    listed = sorted(
        (entry for entry in _artefacts(path.parent, receipts) if not entry[0].startswith(UNLISTED)),
        key=lambda entry: entry[0],
    )
    manifest = Manifest(**facts, artefacts=dict(listed))
    text = _sealed(manifest.model_dump(by_alias=True))
    if not path.is_file() or path.read_bytes() != text.encode():
        write_text(path, text)


def _artefacts(folder: Path, receipts: Mapping[str, Receipt]) -> Iterator[tuple[str, ListedArtefact]]:
    """Everything that the receipts name, and the receipts. A file that is gone is listed, too, so it will be missed."""
    for job, receipt in receipts.items():
        slip = JobPlace(folder, job).receipt
        check_records(folder, receipt)
        itself = {f"{FOLDER}/{job}.json": WrittenFile(sha256=file_digest(slip), bytes=slip.stat().st_size)}
        for name, file in receipt.outputs.items():
            if (folder / name).is_file():
                compare(folder / name, file_digest(folder / name), (receipt, file))
            yield name, _listed(receipt, file, tuple(receipt.inputs))
        for name, file in {**receipt.logs, **receipt.benchmarks, **itself}.items():
            yield name, _listed(receipt, file, ())


def _listed(receipt: Receipt, file: WrittenFile, inputs: tuple[str, ...]) -> ListedArtefact:
    return ListedArtefact(sha256=file.sha256, bytes=file.bytes, made_by=receipt.rule, made_from=inputs)


def _files(folder: Path) -> set[str]:
    """The files of a results folder that a manifest lists."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    names = {name for name in (path.relative_to(folder) for path in paths) if not _hidden(name)}
    return {name.as_posix() for name in names if not name.as_posix().startswith(UNLISTED)} - {NAME, SIGNATURE}


def _hidden(name: Path) -> bool:
    return any(part.startswith(".") for part in name.parts)


def _digest_of_source(path: Path) -> str:
    return folder_digest(path) if path.is_dir() else file_digest(path)


def _sealed(content: Mapping[str, Any]) -> str:
    """The content as JSON with its own SHA-256, so that every change is detected."""
    text = json.dumps(content, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({"digest": digest, **content}, indent=1, ensure_ascii=False) + "\n"
