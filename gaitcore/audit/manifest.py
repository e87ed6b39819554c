"""manifest.json: every artefact of an experiment with its SHA-256, and what made it from what.

With it a results folder can be sent to somebody else and checked there: a flipped byte in any artefact, or in the
manifest itself, is found and named. Logs, benchmarks and checkpoints are no artefacts: they differ from run to run.
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
    """The rule that makes an artefact and the files it makes it from; paths as the rules give them."""

    artefact: str
    rule: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class ManifestCheck:
    """What holding a results folder against its manifest found: files by name, relative to the folder."""

    good: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unlisted: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether every artefact is there with the bytes it was listed with. Files beside them do no harm."""
        return not self.changed and not self.missing


class ListedArtefact(Record):
    """An artefact as it was when it was listed; ``made_from`` are the inputs of the rule that made it."""

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
        sources: file or folder -> SHA-256 of what the poses are read from.
        artefacts: name, relative to the folder -> what it was.
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
        DataError: there is none, it is not as it was written, or a key is missing, unknown or of another type.
    """
    path = Path(folder, NAME)
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        content.pop("digest")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; make it with: snakemake --cores 2 manifest") from None
    except (ValueError, KeyError, AttributeError):
        raise DataError(f"{path}: damaged, it is not the JSON it was written as.") from None
    if _sealed(content) != text:
        raise DataError(f"{path}: changed after it was written; its own digest does not match its content.")
    return validated(path, json.dumps(content), Manifest)


def check_manifest(folder: str | Path) -> ManifestCheck:
    """Hold every artefact of a results folder against the manifest.

    Raises:
        DataError: the manifest is missing or is not as it was written.
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
    """Relative to the folder for what is in it; anything else as it stands, relative to the repository."""
    path = Path(name)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _digest_of_source(path: Path) -> str:
    return folder_digest(path) if path.is_dir() else file_digest(path)


def _sealed(content: Mapping[str, Any]) -> str:
    """As JSON, with the SHA-256 of itself: no byte of it can change unseen."""
    text = json.dumps(content, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({"digest": digest, **content}, indent=1, ensure_ascii=False) + "\n"
