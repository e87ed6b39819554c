"""The silhouette table: every frame's mask, sorted by sequence and frame, as ``silhouettes.parquet``.

A data set of silhouettes is larger than memory may be (CASIA-B: 1.1 million frames, 4.6 GB), so the table is written
and read a block of frames at a time.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gaitcore.csv_files import REMEDY
from gaitcore.errors import DataError
from gaitcore.files import replacing
from gaitcore.keys import KEY_COLUMNS, SequenceKey, check_keys
from gaitcore.modalities.frame_table import (
    NAMES,
    RENUMBER,
    check_frames,
    combined_digest,
    key_arrays,
    metadata_of,
    opened,
    read_metadata,
    read_sequences,
    seal,
    sequence_frame,
)
from gaitcore.modalities.frame_table import sequence_digests as digests_of_sequences
from gaitcore.modalities.silhouettes.pretreatment import SIZE

TABLE = "silhouettes.parquet"  # the file under results/<experiment>/ that holds the frames of this modality
SCHEMA_VERSION = 1

_KIND = "a silhouette table"
_PIXELS = SIZE * SIZE
_BLOCK = 4096  # frames, 16 MB: what is held in memory at once, and a row group of the file
_SCHEMA = pa.schema(
    [
        *(pa.field(name, NAMES, nullable=False) for name in KEY_COLUMNS),
        pa.field("frame", pa.int32(), nullable=False),
        pa.field("mask", pa.binary(_PIXELS), nullable=False),
    ]
)
_WRITE_OPTIONS = {
    "compression": "zstd",
    "use_dictionary": list(KEY_COLUMNS),
    "write_statistics": False,
    "write_page_checksum": True,
}


@dataclass(frozen=True)
class SilhouetteInfo:
    """Where the silhouettes come from.

    ``source`` is what made them and the format they came in, ``pretreatment`` how they became 64 x 64,
    ``source_digest`` the SHA-256 of the source's content.
    """

    dataset: str
    source: str = ""
    pretreatment: str = ""
    source_digest: str = ""


class Walk(NamedTuple):
    """One sequence as a reader gives it.

    ``frame`` (T,) int32 are the frames' numbers, ascending, ``masks`` (T, 64, 64) uint8 the silhouettes, 0 to 255,
    ``digest`` is the SHA-256 of what they were read from.
    """

    key: SequenceKey
    frame: np.ndarray
    masks: np.ndarray
    digest: str


class Block(NamedTuple):
    """Some frames of a table: their numbers (n,) int32 and masks (n, 64, 64) uint8."""

    frame: np.ndarray
    masks: np.ndarray


class TableWriter:
    """A table that is being written; made by :func:`writing`."""

    def __init__(self, file: pq.ParquetWriter, info: SilhouetteInfo) -> None:
        self._file, self._info = file, info
        self._keys: list[SequenceKey] = []
        self._frames: list[int] = []
        self._digests: list[tuple[str, str]] = []
        self._waiting: list[Walk] = []

    def add(self, walk: Walk) -> None:
        """The next sequence; as many together as fill a block are written at a time.

        Raises:
            DataError: its frame numbers do not ascend.
            ValueError: the walks are not in the order of their keys.
        """
        if self._keys and walk.key.order() <= self._keys[-1].order():
            raise ValueError(f"{walk.key.name} after {self._keys[-1].name}, expected walks in the order of their keys")
        self._keys.append(walk.key)
        self._frames.append(len(walk.frame))
        self._digests.append((walk.key.name, walk.digest))
        self._waiting.append(walk)
        if sum(len(waiting.frame) for waiting in self._waiting) >= _BLOCK:
            self._write_block()

    def sequences(self) -> pd.DataFrame:
        """One row per sequence so far: subject, condition, sequence, view and frames."""
        return sequence_frame(self._keys, self._frames)

    def finish(self) -> None:
        """Write what is left, and the metadata; raises DataError where keys have two spellings."""
        if self._waiting:
            self._write_block()
        check_keys(self.sequences(), self._info.dataset)
        info = replace(self._info, source_digest=combined_digest(self._digests))
        self._file.add_key_value_metadata(metadata_of(SCHEMA_VERSION, info))

    def _write_block(self) -> None:
        self._file.write_table(_to_arrow(self._waiting, self._info.dataset), row_group_size=_BLOCK)
        self._waiting = []


@contextmanager
def writing(path: str | Path, info: SilhouetteInfo) -> Iterator[TableWriter]:
    """Write ``silhouettes.parquet`` sequence by sequence, whole or not at all; equal walks give equal bytes.

    Args:
        path: the file, which is there when the block ends without an exception.
        info: where the silhouettes come from; the digest of the source is made from the walks' own.

    Raises:
        DataError: the keys have one number in two spellings, such as subjects 001 and 1.
    """
    with replacing(path) as unfinished:
        with pq.ParquetWriter(unfinished, _SCHEMA, **_WRITE_OPTIONS) as file:
            table = TableWriter(file, info)
            yield table
            table.finish()
        seal(unfinished)


def write_walks(path: str | Path, walks: Iterable[Walk], info: SilhouetteInfo) -> pd.DataFrame:
    """Write ``silhouettes.parquet`` as :func:`writing` does.

    Args:
        path: the file.
        walks: the sequences, in the order of their keys; each is asked for when those before it are written.
        info: as in :func:`writing`.

    Returns:
        One row per sequence: subject, condition, sequence, view and frames.

    Raises:
        DataError: the keys have one number in two spellings, such as subjects 001 and 1, or a walk's frame numbers do
            not ascend.
        ValueError: the walks are not in order.
    """
    with writing(path, info) as table:
        for walk in walks:
            table.add(walk)
    return table.sequences()


def list_sequences(path: str | Path) -> pd.DataFrame:
    """One row per sequence with the key columns and ``frames``, read without the masks.

    Raises:
        DataError: the file is missing, cut short, not Parquet, or not a silhouette table of this schema.
    """
    with _opened(path) as (file, _):
        return read_sequences(file, path)


def sequence_digests(path: str | Path) -> list[str]:
    """The SHA-256 of each sequence's masks, a block at a time; raises what :func:`list_sequences` raises."""
    lengths = list_sequences(path)["frames"].to_numpy()
    return digests_of_sequences(lengths, (block.masks for block in read_blocks(path)))


def read_info(path: str | Path) -> SilhouetteInfo:
    """What a table says of itself; raises what :func:`list_sequences` raises."""
    with _opened(path) as (_, info):
        return info


def read_blocks(path: str | Path, keep: np.ndarray | None = None) -> Iterator[Block]:
    """The frames of some sequences, in order, some megabytes at a time.

    Args:
        path: silhouettes.parquet.
        keep: (S,) which of its sequences, in their order; None is all of them.

    Raises:
        DataError: as :func:`list_sequences`, when the damaged part is reached.
    """
    with _opened(path) as (file, _):
        lengths = read_sequences(file, path)["frames"].to_numpy()
        rows = np.repeat(np.ones(len(lengths), bool) if keep is None else keep, lengths)
        stop = 0
        for group in range(file.num_row_groups):
            start, stop = stop, stop + file.metadata.row_group(group).num_rows
            if rows[start:stop].any():
                block = _block(file.read_row_group(group, columns=["frame", "mask"]))
                yield Block(*(column[rows[start:stop]] for column in block))


def read_walks(path: str | Path) -> Iterator[Walk]:
    """The sequences of a table one by one, with no more in memory than a block and a sequence.

    Each has the digest of the whole table's source, since a table keeps no other; raises what :func:`read_blocks`
    raises.
    """
    digest, sequences, blocks = read_info(path).source_digest, list_sequences(path), read_blocks(path)
    frame, masks = np.empty(0, np.int32), np.empty((0, SIZE, SIZE), np.uint8)
    for *key, frames in sequences[[*KEY_COLUMNS, "frames"]].itertuples(index=False):
        if len(frame) < frames:
            parts = [Block(frame, masks)]
            while sum(len(part.frame) for part in parts) < frames:
                parts.append(next(blocks))
            frame, masks = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        yield Walk(SequenceKey(*key), frame[:frames], masks[:frames], digest)
        frame, masks = frame[frames:], masks[frames:]


@contextmanager
def _opened(path: str | Path) -> Iterator[tuple[pq.ParquetFile, SilhouetteInfo]]:
    """A table's file and what it says of itself."""
    with opened(path, _KIND, _PIXELS) as file:
        yield file, _check_schema(path, file)


def _to_arrow(walks: list[Walk], dataset: str) -> pa.Table:
    sequences = sequence_frame([walk.key for walk in walks], [len(walk.frame) for walk in walks])
    frame = np.concatenate([walk.frame for walk in walks], dtype=np.int32)
    check_frames(sequences, frame, dataset, RENUMBER)
    masks = np.concatenate([walk.masks for walk in walks])
    if masks.dtype != np.uint8 or masks.shape != (len(frame), SIZE, SIZE):
        raise ValueError(f"masks {masks.shape} of {masks.dtype}, expected ({len(frame)}, {SIZE}, {SIZE}) of uint8")
    binary = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_PIXELS), len(masks), [None, pa.py_buffer(np.ascontiguousarray(masks))]
    )
    return pa.Table.from_arrays([*key_arrays(sequences), pa.array(frame, pa.int32()), binary], schema=_SCHEMA)


def _block(table: pa.Table) -> Block:
    mask = table.column("mask").combine_chunks()
    pixels = np.frombuffer(mask.buffers()[1], np.uint8)[mask.offset * _PIXELS :]
    return Block(table.column("frame").to_numpy(), pixels[: len(mask) * _PIXELS].reshape(-1, SIZE, SIZE))


def _check_schema(path: str | Path, file: pq.ParquetFile) -> SilhouetteInfo:
    found = {field.name: field.type for field in file.schema_arrow}
    expected = {field.name: field.type for field in _SCHEMA}
    if list(found) != list(expected):
        raise DataError(f"{path}: columns {', '.join(found)}, expected {', '.join(expected)}; {REMEDY}.")
    _, info = read_metadata(path, file, SilhouetteInfo, (SCHEMA_VERSION,), "the data set")
    for name, kind in found.items():
        if kind != expected[name]:
            raise DataError(f"{path}: column {name} holds {kind}, expected {expected[name]}; {REMEDY}.")
    return info
