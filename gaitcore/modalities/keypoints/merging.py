"""Merging several pose tables of one data set: the subjects' shards of a video experiment, or tables made elsewhere."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gaitcore.errors import DataError
from gaitcore.keys import KEY_COLUMNS, SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, combined_digest, table_of_sequences
from gaitcore.modalities.report import (
    LEFT_OUT,
    NO_VIDEO,
    DropReport,
    left_out_videos,
    read_report,
    told,
    warn_of_lost_frames,
    write_report,
)

log = logging.getLogger(__name__)

_ESTIMATOR = ("source", "source_version", "weights_digest")
CAMERA = ("frame_width", "frame_height", "fps")


def merge_tables(paths: Sequence[Path], tables: Sequence[PoseTable], *, mixed_sources: bool = False) -> PoseTable:
    """One table of all sequences; ``paths`` are the tables' files, for the messages and the digest.

    Raises DataError where two tables hold the same sequence, differ in frame size or rate, or come from different
    estimators (unless ``mixed_sources``): confidences and errors of two estimators do not compare.
    """
    info = tables[0].info
    for path, table in zip(paths[1:], tables[1:], strict=True):
        _check_alike(paths[0], info, path, table.info, mixed_sources)
        if (table.z is None) != (tables[0].z is None):
            raise DataError(f"{path} and {paths[0]}: one has a z and the other has none; merge only tables alike.")
    poses: dict[SequenceKey, tuple[np.ndarray, np.ndarray]] = {}
    files: dict[SequenceKey, Path] = {}
    for path, table in zip(paths, tables, strict=True):
        depth = [] if table.z is None else [table.z[..., None]]
        keypoints = np.concatenate([table.keypoints, *depth], axis=2)
        for s, row in enumerate(table.sequences[list(KEY_COLUMNS)].itertuples(index=False)):
            key, rows = SequenceKey(*row), slice(table.offsets[s], table.offsets[s + 1])
            if key in poses:
                raise DataError(f"{path}: sequence {key.name} is in {files[key]} too, expected it once; remove one.")
            poses[key], files[key] = (table.frame[rows], keypoints[rows]), path
    digest = combined_digest((path.name, table.info.source_digest) for path, table in zip(paths, tables, strict=True))
    sources: dict[str, Any] = {name: _joined(tables, name) for name in _ESTIMATOR}
    return table_of_sequences(poses, replace(info, source_digest=digest, **sources))


def merge_shards(
    shards: Sequence[Path],
    reports: Sequence[Path],
    left_out: Iterable[Sequence[Any]],
    *,
    poses: Path,
    report: Path,
    mixed_sources: bool = False,
) -> str:
    """Write the pose table and the report of a video experiment.

    Args:
        shards, reports: one each per subject, written by ``gaitcore.modalities.keypoints.video.extraction``.
        left_out: (file, reason, line, sequence) of the videos in no shard: names that do not parse, duplicates.
        poses, report: files to write.
        mixed_sources: allow shards of several estimators.

    Returns:
        A sentence with the numbers of videos in the table and left out. A warning names the first of those left
        out; another one says why frames were left out, if they are many.

    Raises DataError where no shard holds a pose, or as :func:`merge_tables`.
    """
    table = merge_tables(shards, [PoseTable.read(shard) for shard in shards], mixed_sources=mixed_sources)
    unlisted = DropReport()
    for file, reason, line, sequence in left_out:
        unlisted.add(file, reason, line=line, sequence=sequence)
    lines = pd.concat([unlisted.to_frame(), *(read_report(one) for one in reports)], ignore_index=True)
    unnamed = [n for n, one in enumerate(unlisted.rows()) if not one[-1].startswith((NO_VIDEO, LEFT_OUT))]
    bad = [*map(unlisted.sentence, unnamed), *left_out_videos(lines)]
    if not len(table):
        raise DataError(f"No video gave a pose: {told(bad)}")
    table.write(poses)
    write_report(lines, report)
    if bad:
        log.warning("%d of %d videos gave no pose: %s", len(bad), len(table.sequences) + len(bad), told(bad))
    warn_of_lost_frames(lines, len(table), report)
    return (
        f"{len(table.sequences)} of {len(table.sequences) + len(bad)} videos are in {poses} "
        f"({len(table)} frames); {len(bad)} were left out, see {report}"
    )


def _check_alike(first_path: Path, first: PoseInfo, path: Path, info: PoseInfo, mixed_sources: bool) -> None:
    for name in CAMERA:
        found, expected = getattr(info, name), getattr(first, name)
        if found != expected:
            raise DataError(
                f"{path}: {name} is {found}, expected {expected} as in {first_path}; merge only tables alike."
            )
    if not mixed_sources and _source(info) != _source(first):
        raise DataError(
            f"{path}: poses of {_source(info)}, expected {_source(first)} as in {first_path}; confidences and errors "
            "of two estimators do not compare. Make all poses with one, or set data.mixed_pose_sources: true."
        )


def _source(info: PoseInfo) -> str:
    weights = f", weights {info.weights_digest[:12]}" if info.weights_digest else ""
    return f"{info.source} ({info.source_version or 'no version'}{weights})"


def _joined(tables: Sequence[PoseTable], name: str) -> str:
    return " + ".join(dict.fromkeys(getattr(table.info, name) for table in tables))
