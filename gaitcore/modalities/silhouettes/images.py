"""Silhouettes in pictures: one PNG per frame in a folder per sequence, cut and aligned as published."""

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from gaitcore.files import check_regular
from gaitcore.keys import SequenceKey, parse_sequence_name
from gaitcore.modalities.frame_table import combined_digest
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.silhouettes.pretreatment import DARKEST, aligned, is_dark
from gaitcore.modalities.silhouettes.table import Walk
from gaitcore.modalities.silhouettes.walks import full_range, walk_of

_FRAME = re.compile(r"(?:(.+)-)?([0-9]{1,9})\.png")  # 001-nm-01-090-017.png, or 17.png
_GREY, _PERHAPS_GREY = ("L", "1"), ("RGB", "P")  # what Pillow calls a picture's channels


def walk_of_pictures(key: SequenceKey, folder: Path, report: DropReport, *, size: tuple[int, int]) -> Iterator[Walk]:
    """The walk in a folder of PNG files, of which the number at the end of a name is the frame's.

    Noted in ``report`` and left out: a file that is no PNG picture, is damaged, has another size or colours, or has too
    few white pixels; a name without a number or with that of another sequence; a frame that comes twice.

    Args:
        key: the sequence's.
        folder: the pictures'.
        report: what is left out.
        size: width and height of a picture, pixels.
    """
    frame: list[int] = []
    masks: list[np.ndarray] = []
    digests: list[tuple[str, str]] = []
    for number, path in _numbered(key, folder, report):
        check_regular(path, "a PNG picture")
        if not path.is_file():
            found = "a folder" if path.is_dir() else "a link to nothing"
            report.add(path, f"{found}, expected a PNG picture", sequence=key.name, frame=number)
            continue
        content = path.read_bytes()
        digests.append((path.name, hashlib.sha256(content).hexdigest()))
        mask = read_mask(content, size)
        if isinstance(mask, str):
            report.add(path, mask, sequence=key.name, frame=number)
        elif is_dark(mask):
            reason = f"pixel values with a sum of {mask.sum(dtype=np.int64)}, expected more than {DARKEST}"
            report.add(path, f"{reason} (40 white pixels)", sequence=key.name, frame=number)
        else:
            frame.append(number)
            masks.append(aligned(mask))
    yield from walk_of(key, folder, frame, masks, combined_digest(digests), report)


def read_mask(content: bytes, size: tuple[int, int]) -> np.ndarray | str:
    """A silhouette from the content of a PNG file, or what is wrong with it.

    Args:
        content: the file's bytes.
        size: the width and height it must have, pixels.

    Returns:
        (height, width) uint8, 0 to 255.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.size != size:
                return f"{image.width} x {image.height} pixels, expected {size[0]} x {size[1]}"
            if image.mode not in (*_GREY, *_PERHAPS_GREY):
                return f"a picture of the mode {image.mode}, expected 8 bits of grey"
            pixels = np.asarray(image.convert("L" if image.mode in _GREY else "RGB"))
    except UnidentifiedImageError:
        return "not a PNG picture"
    except Exception as error:  # a damaged picture can raise anything
        return f"a damaged PNG picture ({error})"
    if pixels.ndim > 2:
        if (pixels != pixels[..., :1]).any():
            return "a picture in colour, expected 8 bits of grey"
        pixels = pixels[..., 0]
    return full_range(pixels)


def _numbered(key: SequenceKey, folder: Path, report: DropReport) -> list[tuple[int, Path]]:
    """The frames' numbers and files, ascending; hidden files are skipped, others that are no frame reported."""
    files: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        match = _FRAME.fullmatch(path.name)
        if match is None:
            report.add(path, f"names no frame, expected a name like {key.name}-017.png or 17.png", sequence=key.name)
            continue
        named = parse_sequence_name(match[1] or "")
        if named and named != key:
            report.add(path, f"a frame of {named.name} in the folder of {key.name}", sequence=key.name)
        elif int(match[2]) in files:
            report.add(path, f"frame twice, {files[int(match[2])].name} is used", sequence=key.name)
        else:
            files[int(match[2])] = path
    return sorted(files.items())
