"""What the tables of all modalities have in common: key columns, one row per frame, metadata, and how they are read."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gaitcore.errors import DataError
from gaitcore.keys import KEY_COLUMNS, SequenceKey, check_keys, text_keys

METADATA_KEY = b"gaitcore"  # of the JSON that a table's metadata hold
NAMES = pa.dictionary(pa.int32(), pa.string())  # the type of a key column


@contextmanager
def opened(path: str | Path, kind: str) -> Iterator[pq.ParquetFile]:
    """A table's file, whose pages are checked as they are read.

    Args:
        path: the file.
        kind: what it has to be, for messages: "a pose table".

    Raises:
        DataError: the file is missing, cut short, damaged or not Parquet; also where that shows only later, inside the
            ``with`` block.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield file
    except FileNotFoundError:
        raise DataError(f"{path}: not found, expected {kind}; run the workflow to make it.") from None
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path}: not a readable Parquet file (cut short, damaged or of another format), "
            f"expected {kind}; delete it and run again."
        ) from error


def sequence_frame(keys: Sequence[SequenceKey], frames: Sequence[int] | np.ndarray) -> pd.DataFrame:
    """The ``sequences`` of a table: the keys' columns and the number of ``frames`` of each."""
    columns = list(zip(*keys, strict=True)) or [()] * len(KEY_COLUMNS)
    sequences = pd.DataFrame(dict(zip(KEY_COLUMNS, columns, strict=True))).assign(frames=np.asarray(frames))
    return text_keys(sequences).astype({"frames": np.int64})


def key_arrays(sequences: pd.DataFrame) -> list[pa.Array]:
    """The key columns of a table's frames, from one row per sequence with the key columns and ``frames``."""
    repeats = sequences["frames"].to_numpy()

    def names(column: str) -> pa.Array:
        codes, values = pd.factorize(sequences[column], sort=True)
        codes = np.repeat(codes.astype(np.int32), repeats)
        return pa.DictionaryArray.from_arrays(codes, pa.array(values, pa.string()))

    return [names(column) for column in KEY_COLUMNS]


def read_sequences(file: pq.ParquetFile, path: str | Path) -> pd.DataFrame:
    """The key columns where they change, and how many rows until they change again.

    Raises:
        DataError: a key is none, or a number is spelled in two ways (:func:`gaitcore.keys.check_keys`).
    """
    columns = file.read(columns=list(KEY_COLUMNS)).unify_dictionaries().combine_chunks()
    codes = [_codes(columns.column(name)) for name in KEY_COLUMNS]
    changes = np.logical_or.reduce([values[1:] != values[:-1] for values in codes])
    starts = np.flatnonzero(np.concatenate([[len(columns) > 0], changes]))
    keys = columns.take(starts).to_pydict()
    frames = np.diff(starts, append=len(columns))
    sequences = sequence_frame([SequenceKey(*key) for key in zip(*keys.values(), strict=True)], frames)
    check_keys(sequences, path)
    return sequences


def combined_digest(digests: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 for several files, from (name, SHA-256 of the content) in the order of reading.

    It is that of the lines ``sha256sum`` prints for them.
    """
    lines = "".join(f"{digest}  {name}\n" for name, digest in digests)
    return hashlib.sha256(lines.encode()).hexdigest()


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
