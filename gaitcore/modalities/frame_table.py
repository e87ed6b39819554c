"""What the tables of all modalities have in common: key columns, one row per frame, metadata, and how they are read.

Parquet has a checksum for each page of data and none for its footer, which holds the schema and the metadata. A table
therefore has a seal, 40 bytes before its footer: ``gaitseal`` and the SHA-256 of everything after them. Readers of
Parquet find the footer from the end of the file and never see the seal.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gaitcore.csv_files import REMEDY
from gaitcore.errors import DataError, shown
from gaitcore.files import check_regular, check_unpacked
from gaitcore.keys import KEY_COLUMNS, SequenceKey, check_keys, sequence_names, text_keys

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

METADATA_KEY = b"gaitcore"  # of the JSON that a table's metadata hold
RENUMBER = "sort and number its frames"
NAMES = pa.dictionary(pa.int32(), pa.string())  # the type of a key column

_SEAL = b"gaitseal"
_SEAL_BYTES = len(_SEAL) + hashlib.sha256().digest_size
_PARQUET = b"PAR1"  # the first and the last bytes of a file
_END_BYTES = 8  # the length of the footer, and PAR1
_LARGEST = 1_000_000  # pixels or frames per second

Info = TypeVar("Info", bound="DataclassInstance")


@contextmanager
def opened(path: str | Path, kind: str, row_bytes: int) -> Iterator[pq.ParquetFile]:
    """A table's file, whose pages are checked as they are read.

    Args:
        path: the file.
        kind: what it has to be, for messages: "a pose table".
        row_bytes: of a row's values in memory; a file with far more rows than its size allows is refused.

    Raises:
        DataError: the file is missing, cut short, damaged or not Parquet; also where that shows only later, inside the
            ``with`` block.
    """
    check_regular(path, kind)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            _check_seal(Path(path))
            check_unpacked(path, file.metadata.num_rows * row_bytes, kind)
            yield file
    except FileNotFoundError:
        raise DataError(f"{path}: not found, expected {kind}; run the workflow to make it.") from None
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: not a readable Parquet file (cut short, damaged or of another format), expected {kind}; {REMEDY}."
        ) from error


def seal(path: Path) -> None:
    """Put a table's seal before its footer."""
    with path.open("r+b") as file:
        file.seek(-_END_BYTES, 2)
        length = int.from_bytes(file.read(4), "little")
        start = file.seek(-_END_BYTES - length, 2)
        footer = file.read()
        file.seek(start)
        file.write(_SEAL + hashlib.sha256(footer).digest() + footer)


def _check_seal(path: Path) -> None:
    """Raise OSError where the seal is broken; a table of an earlier version or written by other programs has none."""
    with path.open("rb") as file:
        begins = file.read(len(_PARQUET)) == _PARQUET
        file.seek(-_END_BYTES, 2)
        length = int.from_bytes(file.read(4), "little")
        start = file.seek(0, 2) - _END_BYTES - length - _SEAL_BYTES
        file.seek(max(start, 0))
        found, footer = file.read(_SEAL_BYTES), file.read()
    marked, right = found.startswith(_SEAL), found.endswith(hashlib.sha256(footer).digest())
    if marked != right or not begins:
        raise OSError("the file is not what was written")


def metadata_of(version: int, info: "DataclassInstance") -> dict[bytes, str]:
    """The metadata of a table: ``info`` and the version of the schema, as JSON."""
    return {METADATA_KEY: json.dumps({"schema_version": version, **asdict(info)}, sort_keys=True)}


def read_metadata(
    path: str | Path, file: pq.ParquetFile, kind: type[Info], versions: Sequence[int], essential: str
) -> tuple[int, Info]:
    """The version of a table's schema, and its metadata.

    Args:
        path: the file, for messages.
        file: the open file.
        kind: the dataclass of the metadata.
        versions: of the schema, that can be read; the newest first.
        essential: the values without a default, for messages: "the data set".

    Raises:
        DataError: the metadata are no JSON object, lack a value, have an unknown one or one of another type, or the
            version is another.
    """
    try:
        metadata = json.loads((file.metadata.metadata or {}).get(METADATA_KEY, b"{}"))
    except (ValueError, RecursionError):
        metadata = None
    if not isinstance(metadata, dict):
        raise DataError(f"{path}: its metadata are not a JSON object; {REMEDY}.")
    version = metadata.pop("schema_version", None)
    if isinstance(version, bool) or version not in versions:
        found, wanted = "none" if version is None else shown(version), " or ".join(map(str, versions))
        raise DataError(f"{path}: schema version {found}, expected {wanted}; {REMEDY}.")
    types = {field.name: field.type for field in fields(kind)}
    if any(field.default is MISSING and field.name not in metadata for field in fields(kind)):
        raise DataError(f"{path}: its metadata lack {essential}; {REMEDY}.")
    for key, value in metadata.items():
        if key not in types:
            raise DataError(f"{path}: its metadata have the unknown key {shown(key)}; {REMEDY}.")
        expected = _why_not(value, types[key])
        if expected:
            raise DataError(f"{path}: {key} is {shown(value)} in its metadata, expected {expected}; {REMEDY}.")
    return version, kind(**metadata)


def _why_not(value: Any, kind: Any) -> str:
    """What was expected instead of a value of the metadata; empty where it is of its type."""
    if kind is str:
        return "" if isinstance(value, str) and value.encode(errors="ignore").decode() == value else "text"
    wanted, words = ((int,), "a whole number") if kind is int else ((int, float), "a number")
    right = isinstance(value, wanted) and not isinstance(value, bool)
    return "" if right and 0 < value <= _LARGEST else f"{words} above 0, {_LARGEST:,} at most"


def sequence_frame(keys: Sequence[SequenceKey], frames: Sequence[int] | np.ndarray) -> pd.DataFrame:
    """The ``sequences`` of a table: the keys' columns and the number of ``frames`` of each."""
    columns = list(zip(*keys, strict=True)) or [()] * len(KEY_COLUMNS)
    sequences = pd.DataFrame(dict(zip(KEY_COLUMNS, columns, strict=True))).assign(frames=np.asarray(frames))
    return text_keys(sequences).astype({"frames": np.int64})


class KeyRows:
    """The key columns of a table's frames, made for some rows at a time.

    Args:
        sequences: one row per sequence with the key columns and ``frames``.
    """

    def __init__(self, sequences: pd.DataFrame) -> None:
        self._columns = [pd.factorize(sequences[column], sort=True) for column in KEY_COLUMNS]
        self._values = [pa.array(values, pa.string()) for _, values in self._columns]
        self._stops = np.cumsum(sequences["frames"].to_numpy(np.int64))

    def arrays(self, start: int, stop: int) -> list[pa.Array]:
        """The four key columns of the rows ``start:stop``."""
        first, last = np.searchsorted(self._stops, (start, stop - 1), side="right")
        repeats = np.diff(np.clip(self._stops[first : last + 1], start, stop), prepend=start)
        codes = (codes[first : last + 1].astype(np.int32) for codes, _ in self._columns)
        return [
            pa.DictionaryArray.from_arrays(np.repeat(code, repeats), values)
            for code, values in zip(codes, self._values, strict=True)
        ]


def key_arrays(sequences: pd.DataFrame) -> list[pa.Array]:
    """The key columns of a table's frames, from one row per sequence with the key columns and ``frames``."""
    return KeyRows(sequences).arrays(0, int(sequences["frames"].sum()))


def read_sequences(file: pq.ParquetFile, path: str | Path) -> pd.DataFrame:
    """The key columns where they change, and how many rows until they change again.

    Raises:
        DataError: a key is none, or a number is spelled in two ways (:func:`gaitcore.keys.check_keys`); a sequence's
            rows are not together, or its frames not in order (:func:`check_frames`).
    """
    columns = file.read(columns=[*KEY_COLUMNS, "frame"]).unify_dictionaries().combine_chunks()
    for name in columns.column_names:
        if columns.column(name).null_count:
            raise DataError(f"{path}: column {name} has missing values, expected a value in each row; {REMEDY}.")
    codes = [_codes(columns.column(name)) for name in KEY_COLUMNS]
    changes = np.logical_or.reduce([values[1:] != values[:-1] for values in codes])
    starts = np.flatnonzero(np.concatenate([[len(columns) > 0], changes]))
    keys = columns.select(list(KEY_COLUMNS)).take(starts).to_pydict()
    frames = np.diff(starts, append=len(columns))
    sequences = sequence_frame([SequenceKey(*key) for key in zip(*keys.values(), strict=True)], frames)
    check_keys(sequences, path)
    twice = sequences.duplicated(list(KEY_COLUMNS))
    if twice.any():
        name = sequence_names(sequences[twice])[0]
        raise DataError(f"{path}: the rows of {name} are in two places, expected them together; {REMEDY}.")
    check_frames(sequences, columns.column("frame").to_numpy(), path, REMEDY)
    return sequences


def check_frames(sequences: pd.DataFrame, frame: np.ndarray, where: object, remedy: str) -> None:
    """Refuse frame numbers that are negative, or that do not ascend within a sequence.

    Args:
        sequences: one row per sequence with the key columns and ``frames``, their number.
        frame: (N,) the frame numbers of all sequences, one after the other.
        where: file or data set, for the message.
        remedy: what to do, for the message.

    Raises:
        DataError: the first such number, and its sequence.
    """
    starts = np.concatenate([[0], np.cumsum(sequences["frames"].to_numpy(np.int64))])
    wrong = np.asarray(frame) < 0
    wrong[1:] |= np.diff(np.asarray(frame, np.int64)) <= 0
    first = starts[:-1][starts[:-1] < len(wrong)]
    wrong[first] = frame[first] < 0
    if not wrong.any():
        return
    row = int(np.flatnonzero(wrong)[0])
    sequence = int(np.searchsorted(starts, row, side="right")) - 1
    name = sequence_names(sequences.iloc[[sequence]])[0]
    after = f"frame {frame[row]} follows frame {frame[row - 1]}" if frame[row] >= 0 else f"frame {frame[row]}"
    raise DataError(f"{where}: {after} in {name}, expected ascending numbers from 0 on; {remedy}.")


class SourceDigest:
    """One SHA-256 for several files, which are added in the order of reading.

    It is that of the lines ``sha256sum`` prints for them.
    """

    def __init__(self) -> None:
        self._lines = hashlib.sha256()

    def add(self, name: str, digest: str) -> None:
        """A file's name and the SHA-256 of its content."""
        self._lines.update(f"{digest}  {name}\n".encode())

    def value(self) -> str:
        """The digest of the files so far, in hexadecimal."""
        return self._lines.hexdigest()


def combined_digest(digests: Iterable[tuple[str, str]]) -> str:
    """The :class:`SourceDigest` of files, from (name, SHA-256 of the content) in the order of reading."""
    combined = SourceDigest()
    for name, digest in digests:
        combined.add(name, digest)
    return combined.value()


def sequence_digests(lengths: Sequence[int] | np.ndarray, blocks: Iterable[np.ndarray]) -> list[str]:
    """The SHA-256 of each sequence's frames, in hexadecimal; frame numbers do not count.

    Args:
        lengths: (S,) frames in each sequence, in the table's order.
        blocks: the frames of all sequences in order, in arrays (n, ...) that may end inside a sequence.
    """
    digests: list[str] = []
    digest, missing = hashlib.sha256(), 0
    rest = iter(lengths)
    for block in blocks:
        start = 0
        while start < len(block):
            missing = missing or next(rest)
            stop = min(start + missing, len(block))
            digest.update(np.ascontiguousarray(block[start:stop]).data)
            missing -= stop - start
            if not missing:
                digests.append(digest.hexdigest())
                digest = hashlib.sha256()
            start = stop
    return digests


def _codes(column: pa.ChunkedArray) -> np.ndarray:
    values = column.combine_chunks()
    return (values.indices if pa.types.is_dictionary(values.type) else values).to_numpy()
