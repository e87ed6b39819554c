"""The sequences of a source, one after the other: as a table in memory, or written in memory of any bounded size.

OUMVLP has 268,000 sequences, GREW 128,000 longer ones: 1.4 and 3 GB of keypoints. They are first put into a temporary
file beside the table, in the order of reading, and then written in the order of the keys.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from gaitcore.errors import DataError
from gaitcore.keys import KEY_COLUMNS, SequenceKey, natural
from gaitcore.modalities.frame_table import SourceDigest, sequence_frame
from gaitcore.modalities.keypoints.skeleton import CHANNELS, NUM_JOINTS
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, table_of_sequences, write_frames
from gaitcore.modalities.report import DropReport

Place = TypeVar("Place", bound=tuple[Any, ...])
_EMPTY = np.empty(0, np.int32)


class Walk(NamedTuple):
    """One sequence of a source.

    Attributes:
        key: of the sequence.
        place: its file or folder, for messages.
        digests: name and SHA-256 of each file that was read.
        frame: (T,) int32 frame numbers, ascending; T is 0 where nothing of the sequence is usable, which is reported.
        keypoints: (T, 17, 3) float32, or (T, 17, 4) with a z.
    """

    key: SequenceKey
    place: Path
    digests: tuple[tuple[str, str], ...]
    frame: np.ndarray = _EMPTY
    keypoints: np.ndarray = np.empty((0, NUM_JOINTS, len(CHANNELS)), np.float32)


def each_once(
    paths: Sequence[Path], find: Callable[[Path, DropReport], Iterable[tuple[SequenceKey, Path]]], report: DropReport
) -> Iterator[tuple[Path, SequenceKey, Path]]:
    """Root, key and place of each sequence that ``find`` finds in the folders; a second place of one is reported."""
    places: dict[SequenceKey, str] = {}
    texts: dict[str, str] = {}  # each text of the keys once, so that hundreds of thousands of keys are small
    for root in paths:
        for found, place in find(root, report):
            key = SequenceKey(*(texts.setdefault(text, text) for text in found))
            if key in places:
                report.add(place, f"sequence twice, {places[key]} is used", sequence=key.name)
                continue
            places[key] = str(place)
            yield root, key, place


def table_of_walks(
    walks: Iterable[Walk], paths: Sequence[Path], expected: str, info: PoseInfo, report: DropReport
) -> PoseTable:
    """The table of all usable sequences.

    Args:
        walks: what a reader yields.
        paths: the source, for messages.
        expected: its layout, for messages: "a folder of subject/condition-sequence/view/<any>.pkl".
        info: of the table; the digest of the source is filled in.
        report: its first entry is named where no sequence is usable.

    Raises:
        DataError: no sequence is usable, or some sequences have a z and others have none.
    """
    poses: dict[SequenceKey, tuple[np.ndarray, np.ndarray]] = {}
    digest = SourceDigest()
    for walk in _alike(walks, paths, expected, report):
        for file in walk.digests:
            digest.add(*file)
        if len(walk.frame):
            poses[walk.key] = walk.frame, walk.keypoints
    return table_of_sequences(poses, replace(info, source_digest=digest.value()))


def write_walks(
    path: str | Path,
    walks: Iterable[Walk],
    paths: Sequence[Path],
    expected: str,
    info: PoseInfo,
    report: DropReport,
    finished: Callable[[PoseInfo], PoseInfo] = lambda info: info,
) -> pd.DataFrame:
    """Write the table of all usable sequences, the same bytes as those of :func:`table_of_walks`.

    Args:
        path: of the table.
        walks, paths, expected, info, report: as of :func:`table_of_walks`.
        finished: changes the metadata when all sequences have been read.

    Returns:
        One row for each sequence: key columns and frames.

    Raises:
        DataError: as :func:`table_of_walks`; the file is not written then.
    """
    keys: list[SequenceKey] = []
    lengths: list[int] = []
    digest = SourceDigest()
    channels = len(CHANNELS)
    with tempfile.TemporaryFile(dir=Path(path).parent) as frames, tempfile.TemporaryFile(dir=Path(path).parent) as file:
        for walk in _alike(walks, paths, expected, report):
            for name, sha256 in walk.digests:
                digest.add(name, sha256)
            if len(walk.frame):
                keys.append(walk.key)
                lengths.append(len(walk.frame))
                channels = walk.keypoints.shape[-1]
                frames.write(np.ascontiguousarray(walk.frame, np.int32).data)
                file.write(np.ascontiguousarray(walk.keypoints, np.float32).data)
        order = _order(keys)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        sequences = sequence_frame([keys[n] for n in order], [lengths[n] for n in order])
        blocks = (
            (
                _read(frames, starts[n], lengths[n], np.int32, ()),
                _read(file, starts[n], lengths[n], np.float32, (NUM_JOINTS, channels)),
            )
            for n in order
        )
        info = replace(info, source_digest=digest.value())
        write_frames(path, sequences, blocks, finished(info), with_z=channels > len(CHANNELS))
    return sequences


def _alike(walks: Iterable[Walk], paths: Sequence[Path], expected: str, report: DropReport) -> Iterator[Walk]:
    """The walks; a DataError where none is usable, or one has a z and the first has none."""
    first: Walk | None = None
    for walk in walks:
        if len(walk.frame):
            first = first or walk
            if walk.keypoints.shape[-1] != first.keypoints.shape[-1]:
                deep, flat = sorted((first, walk), key=lambda one: -one.keypoints.shape[-1])
                raise DataError(f"{deep.place} has a z and {flat.place} has none; give all sequences one, or none.")
        yield walk
    if first is None:
        why = f" {report.sentence(0)}." if len(report) else ""
        raise DataError(f"{', '.join(map(str, paths))}: no usable sequence, expected {expected}.{why}")


def _order(keys: Sequence[SequenceKey]) -> list[int]:
    """The positions of the keys in their order; as by ``SequenceKey.order``, without that key for each of them."""
    ranks = []
    for column in reversed(range(len(KEY_COLUMNS))):
        values = [key[column] for key in keys]
        rank = {value: n for n, value in enumerate(sorted(set(values), key=natural))}
        ranks.append(np.array([rank[value] for value in values], np.int32))
    order: list[int] = np.lexsort(ranks).tolist()
    return order


def _read(file: BinaryIO, start: int, count: int, kind: type, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of an array that was written into a file."""
    row = int(np.prod(shape, dtype=int)) * np.dtype(kind).itemsize
    file.seek(int(start) * row)
    return np.frombuffer(file.read(count * row), kind).reshape(count, *shape)
