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
