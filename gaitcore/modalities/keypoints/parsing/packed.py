"""A source file's bytes, unpacked. How a file is packed is seen from its first bytes, whatever its name ends with."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

from gaitcore.errors import DataError
from gaitcore.files import check_regular, check_unpacked


class _Packing(NamedTuple):
    first: bytes
    ending: str
    opener: Callable[[Path, Literal["rb"]], Any]


_READ = (
    _Packing(b"\x1f\x8b", ".gz", gzip.open),
    _Packing(b"\xfd7zXZ\0", ".xz", lzma.open),
    _Packing(b"BZh", ".bz2", bz2.open),
)
_NOT_READ = {
    b"PK\x03\x04": "a zip archive (or a spreadsheet)",
    b"PK\x05\x06": "an empty zip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"\x04\x22\x4d\x18": "an LZ4 file",
    b"PAR1": "a Parquet file",
}
_FIRST_BYTES = 6


class Source:
    """The unpacked bytes of an open file; a file that is unpacked to far more than poses can be is refused.

    ``last`` is the last byte that was read.
    """

    def __init__(self, path: Path, file: BinaryIO, packed: bool) -> None:
        self._path, self._file, self._packed, self._read = path, file, packed, 0
        self.last = b""

    def read(self, size: int) -> bytes:
        return self._counted(self._file.read(size))

    def readline(self, size: int) -> bytes:
        return self._counted(self._file.readline(size))

    def _counted(self, data: bytes) -> bytes:
        self._read += len(data)
        self.last = data[-1:] or self.last
        if self._packed:
            check_unpacked(self._path, self._read, "poses")
        return data


@contextmanager
def open_source(path: Path, expected: str) -> Iterator[Source]:
    """The file's bytes, unpacked where it is packed as ``.gz``, ``.xz`` or ``.bz2``.

    Args:
        path: the file.
        expected: what it should hold, for messages: "a CSV file of poses".

    Raises:
        DataError: the file cannot be read, is damaged or cut short, an archive, or far larger when unpacked; also
            where that shows only later, inside the ``with`` block.
    """
    check_regular(path, expected)
    packing = None
    try:
        with path.open("rb") as file:
            first = file.read(_FIRST_BYTES)
        for start, kind in _NOT_READ.items():
            if first.startswith(start):
                endings = ", ".join(one.ending for one in _READ)
                raise DataError(f"{path}: {kind}, expected {expected}, plain or packed as {endings}; unpack it.")
        packing = next((one for one in _READ if first.startswith(one.first)), None)
        with packing.opener(path, "rb") if packing else path.open("rb") as file:
            yield Source(path, file, packing is not None)
    except (lzma.LZMAError, EOFError, zlib.error, OSError) as error:
        if packing is None or (isinstance(error, OSError) and error.errno is not None):
            reason = getattr(error, "strerror", None) or error
            raise DataError(f"{path}: cannot be read ({reason}), expected {expected}.") from error
        raise DataError(
            f"{path}: damaged or cut short ({error}), expected a complete {packing.ending} file; fetch it again."
        ) from error
