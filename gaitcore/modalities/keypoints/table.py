"""The pose table: every frame's 17 keypoints, sorted by sequence and frame, in memory and as ``poses.parquet``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gaitcore.csv_files import REMEDY
from gaitcore.errors import DataError
from gaitcore.files import replacing
from gaitcore.keys import KEY_COLUMNS, SequenceKey, check_keys, sequence_names, text_keys
from gaitcore.modalities.frame_table import (
    NAMES,
    RENUMBER,
    KeyRows,
    check_frames,
    metadata_of,
    opened,
    read_metadata,
    read_sequences,
    seal,
)
from gaitcore.modalities.frame_table import combined_digest as combined_digest  # of readers, also from outside
from gaitcore.modalities.frame_table import sequence_digests as digests_of_sequences
from gaitcore.modalities.frame_table import sequence_frame as sequence_frame
from gaitcore.modalities.keypoints.bounds import faults
from gaitcore.modalities.keypoints.skeleton import CHANNELS, NUM_JOINTS, NUM_VALUES

TABLE = "poses.parquet"  # the file under results/<experiment>/ that holds the frames of this modality
SCHEMA_VERSION = 2
_WITH_NUMBERS = 1  # the version in which sequence and view were whole numbers; still read

_SCHEMA = pa.schema(
    [
        *(pa.field(name, NAMES, nullable=False) for name in KEY_COLUMNS),
        pa.field("frame", pa.int32(), nullable=False),
        pa.field("keypoints", pa.list_(pa.field("element", pa.float32(), nullable=False), NUM_VALUES), nullable=False),
    ]
)
_Z = pa.field("z", pa.list_(pa.field("element", pa.float32(), nullable=False), NUM_JOINTS), nullable=False)
# Byte-stream split makes floats compress better; groups of 65,536 rows keep reading fast and small.
_BLOCK = 1 << 16  # rows of a group
_WRITE_OPTIONS = {
    "compression": "zstd",
    "use_dictionary": list(KEY_COLUMNS),
    "column_encoding": {"keypoints.list.element": "BYTE_STREAM_SPLIT"},
    "write_statistics": False,
    "write_page_checksum": True,
}


@dataclass(frozen=True)
class PoseInfo:
    """The source of the poses: data set, camera frame and estimator.

    ``frame_width`` and ``frame_height`` are in pixels; where coordinates are those of a crop of the person, they are
    the size that holds them all, and 0 while a source is read. ``fps`` is in frames per second. ``source`` is the pose
    estimator and the format it came in, ``source_digest`` the SHA-256 of the source's content, ``weights_digest`` that
    of the estimator's weights, where they are known.
    """

    dataset: str
    frame_width: int
    frame_height: int
    fps: float
    source: str = ""
    source_version: str = ""
    source_digest: str = ""
    weights_digest: str = ""


@dataclass(frozen=True, eq=False)
class PoseTable:
    """The poses of one data set.

    ``sequences`` has one row per sequence, sorted by key: subject, condition, sequence and view (text; whole numbers
    become text, see :func:`gaitcore.keys.text_keys`), and frames (their number). Row n of ``frame`` (N,) int32 and
    ``keypoints`` (N, 17, 3) float32 (x and y in pixels, confidence; COCO-17 order) is one frame; the frames of
    sequence s are rows ``offsets[s]:offsets[s + 1]``. ``z`` (N, 17) float32 is the joints' depth in pixels, where the
    estimator estimates it.
    """

    sequences: pd.DataFrame
    frame: np.ndarray
    keypoints: np.ndarray
    info: PoseInfo
    z: np.ndarray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sequences", text_keys(self.sequences))
        check_keys(self.sequences, self.info.dataset)
        if self.z is not None and self.z.shape != (len(self.frame), NUM_JOINTS):
            raise ValueError(f"z {self.z.shape}, expected ({len(self.frame)}, 17)")
        if self.keypoints.shape != (len(self.frame), NUM_JOINTS, len(CHANNELS)):
            raise ValueError(f"keypoints {self.keypoints.shape}, expected ({len(self.frame)}, 17, 3)")
        if self.sequences["frames"].sum() != len(self.frame):
            raise ValueError(f"{self.sequences['frames'].sum()} frames in sequences, {len(self.frame)} in frame")
        check_frames(self.sequences, self.frame, self.info.dataset, RENUMBER)

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def offsets(self) -> np.ndarray:
        """(S + 1,) int64: sequence s holds the rows ``offsets[s]:offsets[s + 1]``."""
        return np.concatenate([[0], np.cumsum(self.sequences["frames"].to_numpy(np.int64))])

    @property
    def row_keypoints(self) -> np.ndarray:
        """(N, 17, 3), or (N, 17, 4) with the z after the confidence."""
        return self.keypoints if self.z is None else np.concatenate([self.keypoints, self.z[..., None]], axis=2)

    def where(self, row: int) -> tuple[str, int]:
        """The sequence's name and the frame's number of a row."""
        sequence = int(np.searchsorted(self.offsets, row, side="right")) - 1
        return sequence_names(self.sequences.iloc[[sequence]])[0], int(self.frame[row])

    def select(self, mask: Sequence[bool] | np.ndarray | pd.Series) -> "PoseTable":
        """The table of the sequences where ``mask`` (S,) is true, in the same order."""
        mask = np.asarray(mask, dtype=bool)
        rows = np.repeat(mask, self.sequences["frames"].to_numpy())
        sequences = self.sequences[mask].reset_index(drop=True)
        z = None if self.z is None else self.z[rows]
        return PoseTable(sequences, self.frame[rows], self.keypoints[rows], self.info, z)

    def without(self, rows: Sequence[int]) -> "PoseTable":
        """The table without some frames, and without the sequences that have no others."""
        keep = np.ones(len(self), bool)
        keep[rows] = False
        frames = np.diff(np.concatenate([[0], np.cumsum(keep)])[self.offsets])
        if len(rows) == 0 and frames.all():
            return self
        sequences = self.sequences.assign(frames=frames)[frames > 0].reset_index(drop=True)
        z = None if self.z is None else self.z[keep]
        return PoseTable(sequences, self.frame[keep], self.keypoints[keep], self.info, z)

    def write(self, path: str | Path) -> None:
        """Write ``poses.parquet``, whole or not at all; equal tables give equal bytes."""
        blocks = (slice(start, start + _BLOCK) for start in range(0, len(self), _BLOCK))
        parts = ((self.frame[rows], self._rows(rows)) for rows in blocks)
        write_frames(path, self.sequences, parts, self.info, with_z=self.z is not None)

    def _rows(self, rows: slice) -> np.ndarray:
        z = [] if self.z is None else [self.z[rows, :, None]]
        return np.concatenate([self.keypoints[rows], *z], axis=2) if z else self.keypoints[rows]

    @classmethod
    def read(cls, path: str | Path) -> "PoseTable":
        """Read ``poses.parquet``.

        In tables of schema version 1, sequence and view are whole numbers; they become text as in ``001-nm-01-090``.

        Raises DataError where the file is missing, cut short, damaged, not Parquet, not a pose table of this schema,
        or has a frame that no reader lets in (:func:`gaitcore.modalities.keypoints.bounds.faults`).
        """
        with _opened(path) as (file, info):
            sequences = read_sequences(file, path)
            frame, keypoints, z = _read_frames(file)
            table = PoseTable(sequences, frame, keypoints, info, z)
        for row, reason in faults(table.row_keypoints, info.frame_width, info.frame_height).items():
            name, number = table.where(row)
            raise DataError(f"{path}: {reason}, in frame {number} of {name}; {REMEDY}.")
        return table


def list_sequences(path: str | Path) -> pd.DataFrame:
    """The ``sequences`` of a pose table, read without its poses; raises what :meth:`PoseTable.read` raises."""
    with _opened(path) as (file, _):
        return read_sequences(file, path)


def sequence_digests(path: str | Path) -> list[str]:
    """The SHA-256 of each sequence's keypoints, a block at a time; raises what :meth:`PoseTable.read` raises."""
    with _opened(path) as (file, _):
        lengths = read_sequences(file, path)["frames"].to_numpy()
        batches = file.iter_batches(_BLOCK, columns=["keypoints"])
        blocks = (batch.column("keypoints").flatten().to_numpy().reshape(-1, NUM_VALUES) for batch in batches)
        return digests_of_sequences(lengths, blocks)


@contextmanager
def _opened(path: str | Path) -> Iterator[tuple[pq.ParquetFile, PoseInfo]]:
    """A pose table's open file and its metadata."""
    path = Path(path)
    with opened(path, "a pose table", 4 * NUM_VALUES) as file:
        yield file, _check_schema(path, file)


def table_of_sequences(poses: Mapping[SequenceKey, tuple[np.ndarray, np.ndarray]], info: PoseInfo) -> PoseTable:
    """The table of whole sequences: key -> (frame (T,), keypoints (T, 17, 3)), each sorted by frame.

    Keypoints (T, 17, 4) have a z after the confidence; all sequences have one or none has. Raises DataError where
    the keys have one number in two spellings, such as subjects 001 and 1.
    """
    keys = sorted(poses, key=SequenceKey.order)
    sequences = sequence_frame(keys, [len(poses[key][0]) for key in keys])
    if not keys:
        return PoseTable(sequences, np.empty(0, np.int32), np.empty((0, NUM_JOINTS, len(CHANNELS)), np.float32), info)
    frame = np.concatenate([poses[key][0] for key in keys], dtype=np.int32)
    keypoints = np.concatenate([poses[key][1] for key in keys], dtype=np.float32)
    z = keypoints[..., len(CHANNELS)].copy() if keypoints.shape[-1] > len(CHANNELS) else None
    return PoseTable(sequences, frame, np.ascontiguousarray(keypoints[..., : len(CHANNELS)]), info, z)


def write_frames(
    path: str | Path,
    sequences: pd.DataFrame,
    parts: Iterable[tuple[np.ndarray, np.ndarray]],
    info: PoseInfo,
    *,
    with_z: bool,
) -> None:
    """Write ``poses.parquet`` part by part, whole or not at all; equal tables give equal bytes.

    Args:
        path: the file.
        sequences: one row per sequence, in order, with the key columns and frames, their number.
        parts: frame numbers (n,) and keypoints (n, 17, 3), or (n, 17, 4) with a z, of all sequences in order, in
            pieces of any size.
        info: the metadata.
        with_z: whether there is a z.

    Raises:
        DataError: keys or frame numbers that no table may hold.
    """
    check_keys(sequences, info.dataset)
    keys = KeyRows(sequences)
    schema = (_SCHEMA.append(_Z) if with_z else _SCHEMA).with_metadata(metadata_of(SCHEMA_VERSION, info))
    with replacing(path) as unfinished:
        with pq.ParquetWriter(unfinished, schema, **_WRITE_OPTIONS) as writer:
            start = 0
            for frame, keypoints in _in_blocks(parts, _BLOCK):
                values = pa.array(keypoints[..., : len(CHANNELS)].reshape(-1), pa.float32())
                columns = [*keys.arrays(start, start + len(frame)), pa.array(frame, pa.int32())]
                columns.append(pa.FixedSizeListArray.from_arrays(values, type=_SCHEMA.field("keypoints").type))
                if with_z:
                    z = pa.array(keypoints[..., len(CHANNELS)].reshape(-1), pa.float32())
                    columns.append(pa.FixedSizeListArray.from_arrays(z, type=_Z.type))
                writer.write_table(pa.Table.from_arrays(columns, schema=schema), len(frame))
                start += len(frame)
            if not start:
                writer.write_table(schema.empty_table())
        seal(unfinished)


def _in_blocks(parts: Iterable[tuple[np.ndarray, np.ndarray]], rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same rows in blocks of ``rows``; the last one may have fewer."""
    waiting: list[tuple[np.ndarray, np.ndarray]] = []
    count = 0
    for frame, keypoints in parts:
        waiting.append((frame, keypoints))
        count += len(frame)
        while count >= rows:
            joined = _joined(waiting)
            yield joined[0][:rows], joined[1][:rows]
            waiting, count = [(joined[0][rows:], joined[1][rows:])], count - rows
    if count:
        yield _joined(waiting)


def _joined(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    if len(parts) == 1:
        return parts[0]
    frames, keypoints = zip(*parts, strict=True)
    return np.concatenate(frames), np.concatenate(keypoints)


def _check_schema(path: Path, file: pq.ParquetFile) -> PoseInfo:
    schema = file.schema_arrow
    expected_schema = _SCHEMA.append(_Z) if _Z.name in schema.names else _SCHEMA
    if schema.names != expected_schema.names:
        found, expected = ", ".join(schema.names), ", ".join(expected_schema.names)
        raise DataError(f"{path}: columns {found}, expected {expected}; {REMEDY}.")
    versions = (SCHEMA_VERSION, _WITH_NUMBERS)
    version, info = read_metadata(path, file, PoseInfo, versions, "the data set or the frame size")
    if version == _WITH_NUMBERS:
        for name in ("sequence", "view"):
            expected_schema = expected_schema.set(schema.names.index(name), pa.field(name, pa.int32()))
    for found, expected in zip(schema, expected_schema, strict=True):
        if found.type != expected.type:
            raise DataError(f"{path}: column {found.name} holds {found.type}, expected {expected.type}; {REMEDY}.")
    return info


def _read_frames(file: pq.ParquetFile) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """``frame``, ``keypoints`` and ``z``, read group by group, which is faster and smaller than one large table."""
    rows = max(file.metadata.num_rows, 0)
    values = {"frame": np.empty(rows, np.int32), "keypoints": np.empty((rows, NUM_JOINTS, len(CHANNELS)), np.float32)}
    if _Z.name in file.schema_arrow.names:
        values["z"] = np.empty((rows, NUM_JOINTS), np.float32)
    start = 0
    for batch in file.iter_batches(_BLOCK, columns=list(values)):
        stop = start + len(batch)
        for name, array in values.items():
            column = batch.column(name)
            if column.null_count:
                raise pa.ArrowInvalid(f"column {name} has missing values")
            flat = column.flatten() if pa.types.is_fixed_size_list(column.type) else column
            array[start:stop] = flat.to_numpy().reshape(-1, *array.shape[1:])
        start = stop
    if start != rows:
        raise pa.ArrowInvalid(f"{start} rows, expected {rows}")
    return values["frame"], values["keypoints"], values.get("z")
