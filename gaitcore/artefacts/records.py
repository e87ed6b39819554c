"""JSON files with a schema: written in the order of the fields, checked on reading."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from gaitcore.digests import file_digest
from gaitcore.errors import REMEDY, DataError
from gaitcore.files import write_json


class Record(BaseModel):
    """A schema: every field is present and of its type, and no other field is."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


Kind = TypeVar("Kind", bound=BaseModel)


def write_record(record: Record, path: str | Path) -> None:
    """Write a record as JSON, whole or not at all."""
    write_json(path, record.model_dump())


def read_record(path: str | Path, kind: type[Kind]) -> Kind:
    """A JSON file as a record of this kind.

    Raises:
        DataError: the file is missing or damaged, or a key is missing, unknown or of another type.
    """
    return validated(path, read_bytes(path), kind)


def read_bytes(path: str | Path) -> bytes:
    """The content of a file of ours.

    Raises:
        DataError: it is missing, cannot be read, or is a folder, a pipe or a device.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: not a file, expected JSON; {REMEDY}.")
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; run the workflow to make it.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None
    except ValueError as error:
        raise DataError(f"{str(path)!r}: not the name of a file ({error}).") from None


def validated(path: str | Path, text: str | bytes, kind: type[Kind]) -> Kind:
    """The JSON text of a file as a record of this kind.

    Raises:
        DataError: it is not JSON, or a key is missing, unknown or of another type.
    """
    try:
        return kind.model_validate_json(text.decode() if isinstance(text, bytes) else text)
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text, expected JSON; {REMEDY}.") from None
    except ValidationError as error:
        raise DataError(f"{path}{_sentence(error.errors(include_url=False)[0])}; {REMEDY}.") from None


def checked(path: str | Path, content: Any, kind: type[Kind]) -> Kind:
    """A part of the content of a file as a record of this kind.

    Raises:
        DataError: a key is missing or of another type.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise DataError(f"{path}{_sentence(error.errors(include_url=False)[0])}; {REMEDY}.") from None


def check_unchanged(path: Path, record: Path, outputs: Mapping[str, str], made_by: str) -> None:
    """Refuse a file whose SHA-256 is another than the record beside it has.

    Args:
        path: the file.
        record: run.json or metrics.json of the job that made it.
        outputs: the record's ``outputs``; a file that is not among them is not checked.
        made_by: training or evaluation.

    Raises:
        DataError: it was changed.
    """
    recorded, found = outputs.get(path.name), file_digest(path)
    if recorded not in (None, found):
        raise DataError(
            f"{path}: changed after {made_by}, its SHA-256 is {found} and {record.name} has {recorded}; {REMEDY}."
        )


def _sentence(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "json_invalid":
        return _not_json(error["ctx"]["error"])
    if error["type"] == "missing":
        return f": the key {key} is missing"
    if error["type"] == "extra_forbidden":
        return f": the key {shortened(key)} is unknown"
    expected = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if not error["loc"]:
        return f": the content is {_kind(error['input'])}, expected {expected}"
    value = shortened(json.dumps(error["input"], ensure_ascii=False, default=str))
    return f": {shortened(key)} is {value}, expected {expected}"


def shortened(text: str) -> str:
    """A text for a message, on one line and at most 40 characters long."""
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:40]}..."


def _not_json(reason: str) -> str:
    """A sentence for what the parser reports, e.g. "EOF while parsing a list at line 3 column 1"."""
    if reason.startswith("recursion limit"):
        return ": nested too deeply, expected JSON of the workflow"
    line = re.search(r"at line (\d+)", reason)
    return f"{f', line {line[1]}' if line else ''}: damaged or cut off, expected JSON"


def _kind(value: Any) -> str:
    return {list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")
