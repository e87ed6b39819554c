"""Files that are written whole or not at all, and the check that a path can be read to an end."""

import json
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gaitcore.errors import DataError

_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
# Packing makes real poses 2 to 6 times smaller, silhouettes 20 times, and a repeated byte 1000 times (gzip) or more.
_MOST_RATIO = 250
_ALWAYS_UNPACKED = 1 << 26  # bytes


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary name beside ``path``, renamed to it when the block ends without an exception.

    A half-written file never has its final name. After a failure the temporary file is deleted and an earlier file is
    kept.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_text(path: str | Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all."""
    with replacing(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def check_unpacked(path: str | Path, size: int, expected: str) -> None:
    """Refuse a packed file that would fill the memory, since it is unpacked to far more than its size.

    Args:
        path: the packed file.
        size: bytes it is unpacked to, so far or as its header says.
        expected: what it should hold, for the message: "poses".

    Raises:
        DataError: it is more than 64 MiB and 250 times the file's size.
    """
    if size > _ALWAYS_UNPACKED and size > _MOST_RATIO * Path(path).stat().st_size:
        raise DataError(
            f"{path}: unpacked, it has {size:,} bytes or more, over {_MOST_RATIO} times its size, expected {expected}; "
            "fetch or make it again, or unpack it if it is right."
        )


def check_regular(path: str | Path, expected: str) -> None:
    """Refuse a path that is neither a file nor a folder: a named pipe nobody writes to would be read for ever.

    Every reader of users' files calls it before it opens one. A path that does not exist passes, since opening it
    says so.

    Args:
        path: the path.
        expected: what it should be, for the message: "a pickle of poses".

    Raises:
        DataError: the path is a named pipe, a socket or a device.
    """
    try:
        kind = _SPECIAL.get(stat.S_IFMT(Path(path).stat().st_mode))
    except (OSError, ValueError):
        return
    if kind:
        raise DataError(f"{path}: {kind}, expected {expected}; name a regular file or a folder.")
