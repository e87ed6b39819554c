"""CSV files with a schema: the columns in their order and the type of each, checked on reading."""

import csv
import io
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gaitcore.errors import REMEDY as REMEDY
from gaitcore.errors import DataError
from gaitcore.files import replacing
from gaitcore.keys import KEY_COLUMNS

_WHOLE_NUMBER = re.compile("-?[0-9]{1,18}")  # fits into 64 bits


@dataclass(frozen=True)
class ColumnType:
    """The content of a cell: ``words`` describes it in messages, ``parse`` raises ValueError for anything else."""

    words: str
    dtype: str
    parse: Callable[[str], Any]


def _truth(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(text)
    return text == "True"


def _whole(text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> float:
    if "_" in text or not math.isfinite(value := float(text)):
        raise ValueError(text)
    return value


TEXT = ColumnType("text", "str", str)
WHOLE = ColumnType("a whole number", "int64", _whole)
WHOLE_OR_EMPTY = ColumnType("a whole number or an empty cell", "Int64", lambda text: _whole(text) if text else pd.NA)
NUMBER = ColumnType("a number", "float64", _number)
NUMBER_OR_EMPTY = ColumnType("a number or an empty cell", "float64", lambda text: _number(text) if text else math.nan)
TRUTH = ColumnType("True or False", "bool", _truth)

KEY_TYPES = dict.fromkeys(KEY_COLUMNS, TEXT)


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table as CSV, whole or not at all."""
    with replacing(path) as unfinished:
        frame.to_csv(unfinished, index=False, lineterminator="\n")


def read_csv(path: str | Path, columns: Mapping[str, ColumnType], further: ColumnType | None = None) -> pd.DataFrame:
    """A CSV file with these columns in this order, each of its type; a text such as NA is not a missing value.

    Args:
        path: the file.
        columns: the type of each column.
        further: the type of columns that may follow under any name; None allows none.

    Raises:
        DataError: the file is missing, cut off or not CSV, or does not have these columns and types.
    """
    names, rows, lines = _rows(path)
    if names[: len(columns)] != list(columns) or (further is None and len(names) > len(columns)):
        raise DataError(f"{path}: has the columns {', '.join(names)}, expected {_words(columns, further)}; {REMEDY}.")
    types = {**columns, **(dict.fromkeys(names[len(columns) :], further) if further else {})}
    texts = zip(*rows, strict=True) if rows else ((),) * len(names)
    parsed = {name: _parsed(path, name, column, lines, types[name]) for name, column in zip(names, texts, strict=True)}
    return pd.DataFrame(parsed)


def header(path: str | Path) -> list[str]:
    """The names of the columns.

    Raises:
        DataError: the file is missing, cut off or not CSV.
    """
    return _rows(path)[0]


def _rows(path: str | Path) -> tuple[list[str], list[list[str]], list[int]]:
    """The header, the rows below it, and the line in which each row ends."""
    reader, rows, lines = csv.reader(io.StringIO(_text(path), newline=""), strict=True), [], []
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
            if len(row) != len(rows[0]):
                raise DataError(
                    f"{path}, line {reader.line_num}: {len(row)} cells, expected {len(rows[0])} as in line 1; {REMEDY}."
                )
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: not CSV ({error}); {REMEDY}.") from None
    return rows[0], rows[1:], lines[1:]


def _text(path: str | Path) -> str:
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; run the workflow to make it.") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text, expected CSV; {REMEDY}.") from None
    if not text:
        raise DataError(f"{path}: empty, expected CSV with a header; {REMEDY}.")
    if not text.endswith("\n"):
        raise DataError(f"{path}: cut off in line {text.count(chr(10)) + 1}; {REMEDY}.")
    return text


def _parsed(
    path: str | Path, name: str, texts: tuple[str, ...], lines: list[int], column_type: ColumnType
) -> pd.Series:
    values = []
    for text, line in zip(texts, lines, strict=True):
        try:
            values.append(column_type.parse(text))
        except ValueError:
            raise DataError(
                f'{path}, line {line}: "{text}" in column {name}, expected {column_type.words}; {REMEDY}.'
            ) from None
    return pd.Series(values, dtype=column_type.dtype)


def _words(columns: Mapping[str, ColumnType], further: ColumnType | None) -> str:
    return ", ".join(columns) + (f" and columns of {further.words} each" if further else "")
