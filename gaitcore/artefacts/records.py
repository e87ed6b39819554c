"""JSON files with a schema: written in the order of the fields, checked on reading."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from gaitcore.csv_files import REMEDY
from gaitcore.errors import DataError
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
        DataError: the file is missing or cut off, or a key is missing, unknown or of another type.
    """
    return validated(path, _json_text(Path(path)), kind)


def validated(path: str | Path, text: str, kind: type[Kind]) -> Kind:
    """The JSON text of a file as a record of this kind.

    Raises:
        DataError: a key is missing, unknown or of another type.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise DataError(f"{path}: {_sentence(error.errors()[0])}; {REMEDY}.") from None


def _json_text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; run the workflow to make it.") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text, expected JSON; {REMEDY}.") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}: damaged or cut off, expected JSON; {REMEDY}.") from None
    return text


def _sentence(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"the key {key} is missing"
    if error["type"] == "extra_forbidden":
        return f"the key {key} is unknown"
    value = json.dumps(error["input"], ensure_ascii=False, default=str)
    value = value if len(value) <= 40 else f"{value[:40]}..."
    expected = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{key} is {value}, expected {expected}"
