"""Files that are written whole or not at all, what may be wrong with their disk, and what can be read to an end."""

import errno
import json
import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
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


def detach(path: Path) -> None:
    """Make a file that is a link one of its own, so that it can be written without changing what it links to.

    DVC may link the files of a project into its cache.
    """
    if path.is_file() and (path.is_symlink() or path.stat().st_nlink > 1):
        with replacing(path) as own:
            shutil.copy2(path, own)


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


def check_writable(folder: Path, use: str) -> None:
    """Refuse a folder in which no file can be made; one that is missing will be made in the folder above it.

    Args:
        folder: an existing folder, or one to be made.
        use: a clause for the message.

    Raises:
        DataError: it is not writable.
    """
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        raise DataError(f"{place}: read-only; {use}, so make it writable, or work in a copy.")


def correct_times(paths: Iterable[Path], folder: Path) -> None:
    """Refuse files whose time is in the future, left by a wrong clock: Snakemake fails a job when it has used one.

    Args:
        paths: files; those that are missing are not looked at.
        folder: of the workflow's own files, which get the present time instead: they are compared by content.

    Raises:
        DataError: a file that is not the workflow's own is from the future.
    """
    now = time.time()
    for path in paths:
        if path.exists() and path.stat().st_mtime > now:
            if not path.is_relative_to(folder):
                when = time.strftime("%Y-%m-%d %H:%M", time.localtime(path.stat().st_mtime))
                raise DataError(
                    f"{path}: its time, {when}, is in the future; if the clock is right now: touch '{path}'"
                )
            os.utime(path)


_STORAGE = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EFBIG: "the file is larger than the system allows; raise the limit (ulimit -f)",
    errno.EROFS: "the file system is read-only; make it writable",
    errno.EACCES: "no permission to write there; change the permissions",
    errno.EPERM: "no permission to write there; change the permissions",
}


def storage_problem(error: BaseException) -> str | None:
    """A sentence for an error that a full or read-only disk causes; None for any other error.

    Libraries in other languages (Arrow, safetensors) raise errors of their own with the system's message in them.
    """
    for number, problem in _STORAGE.items():
        if getattr(error, "errno", None) == number or os.strerror(number) in str(error):
            name = getattr(error, "filename", None)
            return f"{f'{name}: ' if name else ''}{problem}, then run the same command again; what is finished is kept."
    return storage_problem(error.__cause__) if error.__cause__ else None
