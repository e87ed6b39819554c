"""figures/: each figure as .pdf and .png, the numbers in it as .csv, and its caption as .txt."""

import io
import re
import struct
import warnings
from pathlib import Path
from typing import Protocol

import pandas as pd
from PIL import Image

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


def read_png(path: Path) -> tuple[bytes, float]:
    """The bytes of a figure's PNG, and its width on paper in inches, from its pixels and its resolution.

    Raises:
        DataError: the file is missing, cut off, no PNG with a resolution, or has more pixels than any figure.
    """
    expected = f"expected a PNG of a figure; {REMEDY}"
    if not path.is_file():
        raise DataError(f"{path}: no such file; run the workflow to make it.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}), {expected}.") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
                inches = image.width / image.info["dpi"][0]
                image.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        width, height = struct.unpack(">II", content[16:24])
        raise DataError(f"{path}: says that it has {width} x {height} pixels, {expected}.") from None
    except Exception:  # a damaged picture can raise anything
        raise DataError(f"{path}: damaged or no PNG with a resolution, {expected}.") from None
    return content, inches


def pdf_size(path: Path) -> tuple[float, float]:
    """Width and height of a figure's PDF in inches.

    Raises:
        DataError: the file is missing, or no PDF with the size of its page.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; run the workflow to make it.") from None
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", content)
    if box is None:
        raise DataError(f"{path}: damaged or no PDF of a figure; {REMEDY}.")
    return round(float(box[1]) / 72, 3), round(float(box[2]) / 72, 3)


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
