"""manifest.json: every artefact of an experiment with its SHA-256, the rule that made it and the inputs of that rule.

With it, a results folder can be checked after a transfer: a changed byte in any artefact, or in the manifest itself, is
detected, and the file is named. Logs, benchmarks and checkpoints are not artefacts, since they differ between runs.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field

from gaitcore.artefacts.records import Record, validated
from gaitcore.digests import file_digest, folder_digest
from gaitcore.errors import DataError
from gaitcore.files import write_text

NAME = "manifest.json"
NO_ARTEFACTS = ("logs", "benchmarks", "checkpoints", "verify")  # folders


@dataclass(frozen=True)
class Origin:
    """The rule that makes an artefact and the inputs of that rule; paths as in the rules."""

    artefact: str
    rule: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class ManifestCheck:
    """The result of comparing a results folder with its manifest: names of files relative to the folder."""

    good: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether every artefact is present with the listed bytes; other files are allowed."""
        return not self.changed and not self.missing


class ListedArtefact(Record):
    """An artefact as listed; ``made_from`` are the inputs of the rule that made it."""

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
        artefacts: name, relative to the folder -> the artefact as listed.
    """

    experiment: str
    configuration: dict[str, Any]
    titles: dict[str, str]
    extensions: dict[str, str]
    gaitcore: str
    sources: dict[str, str]
    artefacts: dict[str, ListedArtefact]


def write_manifest(path: Path, origins: Iterable[Origin], sources: Iterable[str], facts: Mapping[str, Any]) -> None:
    """Write ``manifest.json``.

    Args:
        path: the manifest; artefacts lie below its folder.
        origins: one for each artefact.
        sources: the files or folders the poses are read from.
        facts: the other keys of :class:`Manifest`.
    """
    folder = path.parent
    manifest = Manifest(
        **facts,
        sources={source: _digest_of_source(Path(source)) for source in sources},
        artefacts={
            _within(origin.artefact, folder): ListedArtefact(
                sha256=file_digest(origin.artefact),
                bytes=Path(origin.artefact).stat().st_size,
                made_by=origin.rule,
                made_from=tuple(_within(name, folder) for name in origin.inputs),
            )
            for origin in sorted(origins, key=lambda origin: origin.artefact)
        },
    )
    write_text(path, _sealed(manifest.model_dump(by_alias=True)))


def read_manifest(folder: str | Path) -> Manifest:
    """The content of a results folder's manifest.

    Raises:
        DataError: there is none, it was changed after it was written, or a key is missing, unknown or of another type.
    """
    path = Path(folder, NAME)
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        content.pop("digest")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; make it with: snakemake --cores 2 manifest") from None
    except (ValueError, KeyError, AttributeError):
        raise DataError(f"{path}: damaged, expected JSON with a digest.") from None
    if _sealed(content) != text:
        raise DataError(f"{path}: changed after it was written; its own digest does not match its content.")
    return validated(path, json.dumps(content), Manifest)


def check_manifest(folder: str | Path) -> ManifestCheck:
    """Compare every artefact of a results folder with the manifest.

    Raises:
        DataError: the manifest is missing or was changed after it was written.
    """
    folder = Path(folder)
    artefacts = read_manifest(folder).artefacts
    missing = {name for name in artefacts if not (folder / name).is_file()}
    changed = {name for name in artefacts.keys() - missing if file_digest(folder / name) != artefacts[name].sha256}
    unlisted = {name for name in _files(folder) if name not in artefacts and name != NAME}
    good = artefacts.keys() - missing - changed
    return ManifestCheck(*(tuple(sorted(names)) for names in (good, changed, missing, unlisted)))


def _files(folder: Path) -> Iterable[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and name.parts[0] not in NO_ARTEFACTS and not path.name.startswith("."):
            yield name.as_posix()


def _within(name: str, folder: Path) -> str:
    """The path of a file relative to the folder; for a file outside of it, relative to the repository."""
    path = Path(name)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _digest_of_source(path: Path) -> str:
    return folder_digest(path) if path.is_dir() else file_digest(path)


def _sealed(content: Mapping[str, Any]) -> str:
    """The content as JSON with its own SHA-256, so that every change is detected."""
    text = json.dumps(content, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({"digest": digest, **content}, indent=1, ensure_ascii=False) + "\n"
