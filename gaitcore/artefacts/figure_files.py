"""figures/: each figure as .pdf and .png, the numbers in it as .csv, and its caption as .txt."""

from pathlib import Path
from typing import Protocol

import pandas as pd

from gaitcore.csv_files import REMEDY, write_csv
from gaitcore.errors import DataError
from gaitcore.files import replacing, write_text

_WITHOUT_DATE = {".pdf": {"CreationDate": None}, ".png": {"Software": None}}


class Savable(Protocol):
    """A figure of Matplotlib."""

    def savefig(self, path: Path, /, *, format: str, metadata: dict[str, None]) -> None: ...


def write_picture(figure: Savable, path: Path) -> None:
    """Write a figure beside ``path`` as .pdf and .png, each whole or not at all; equal figures give equal bytes."""
    for suffix, metadata in _WITHOUT_DATE.items():
        with replacing(path.with_suffix(suffix)) as unfinished:
            figure.savefig(unfinished, format=suffix[1:], metadata=metadata)


def write_numbers(numbers: pd.DataFrame, path: Path) -> None:
    """Write the numbers of a figure beside ``path`` as .csv, for people and other programs."""
    write_csv(numbers, path.with_suffix(".csv"))


def write_caption(caption: str, path: Path) -> None:
    """Write the caption of a figure beside ``path`` as .txt."""
    write_text(path.with_suffix(".txt"), caption + "\n")


def read_caption(path: Path) -> str:
    """The caption of a figure, from the .txt beside ``path``.

    Raises:
        DataError: the file is missing, empty or cut off.
    """
    file = path.with_suffix(".txt")
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"{file}: no such file; run the workflow to make it.") from None
    except UnicodeDecodeError:
        raise DataError(f"{file}: not UTF-8 text, expected a caption; {REMEDY}.") from None
    if not text.endswith("\n"):
        raise DataError(f"{file}: empty or cut off, expected a caption that ends with a newline; {REMEDY}.")
    return text.strip()
