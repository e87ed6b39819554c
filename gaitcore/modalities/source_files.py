"""Whole source files as bytes: one bounded read for all readers."""

from pathlib import Path

from gaitcore.errors import DataError
from gaitcore.files import check_regular

MOST_BYTES = 1 << 30  # of one file; ten hours of poses as float64 have 0.4 GB


def read_source(path: Path, expected: str, most: int = MOST_BYTES) -> bytes:
    """A file's bytes.

    Args:
        path: the file.
        expected: what it should hold, for messages: "a pickle of poses".
        most: the number of bytes that are read at most.

    Raises:
        DataError: it is no regular file, is larger than ``most`` or cannot be read.
    """
    check_regular(path, expected)
    try:
        if (size := path.stat().st_size) > most:
            raise DataError(f"{path}: {size:,} bytes, expected {expected} with at most {most:,} bytes; divide it.")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}), expected {expected}.") from error


def visible_files(root: Path, *endings: str) -> list[Path]:
    """The files below a folder with one of the ``endings`` (".json"), sorted; hidden ones, such as a Mac's ``._*``, and
    what is in hidden folders are skipped."""
    inside = (path for path in root.rglob("*") if path.suffix.lower() in endings)
    return sorted(path for path in inside if not any(part.startswith(".") for part in path.relative_to(root).parts))
