"""Merging the subjects' shards of silhouettes into one table and one report."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from gaitcore.errors import DataError
from gaitcore.modalities.report import left_out_videos, read_report, told, warn_of_lost_frames, write_report
from gaitcore.modalities.silhouettes.table import Walk, read_info, read_walks, write_walks

log = logging.getLogger(__name__)


def merge_shards(shards: Sequence[Path], reports: Sequence[Path], *, silhouettes: Path, report: Path) -> str:
    """Write the silhouette table and the report of a video experiment.

    Args:
        shards, reports: one each per subject, in their order, written by ``extraction``.
        silhouettes, report: files to write.

    Returns:
        A sentence with the numbers of videos and frames in the table, and of frames left out. A warning names the first
        videos that gave no silhouette; another one says why frames were left out, if they are many.

    Raises DataError where no shard holds a silhouette, or they were made by several networks.
    """
    info = read_info(shards[0])
    for shard in shards[1:]:
        other = read_info(shard)
        if other.source != info.source:
            raise DataError(
                f"{shard}: silhouettes by {other.source}, expected {info.source} as in {shards[0]}; delete the older "
                "one and run again."
            )
    lines = pd.concat([read_report(one) for one in reports], ignore_index=True)
    sequences = write_walks(silhouettes, _at_least_one(shards, lines), info)
    write_report(lines, report)
    if bad := left_out_videos(lines):
        log.warning("%d of %d videos gave no silhouette: %s", len(bad), len(sequences) + len(bad), told(bad))
    warn_of_lost_frames(lines, int(sequences["frames"].sum()), report)
    return (
        f"{len(sequences)} videos are in {silhouettes} ({sequences['frames'].sum()} frames); "
        f"{lines['frame'].notna().sum()} frames were left out, see {report}"
    )


def _at_least_one(shards: Sequence[Path], lines: pd.DataFrame) -> Iterator[Walk]:
    walk = None
    for shard in shards:
        for walk in read_walks(shard):
            yield walk
    if walk is None:
        bad = left_out_videos(lines) or [
            f"{file}: {why}" for file, why in zip(lines["file"], lines["reason"], strict=True)
        ]
        raise DataError(
            f"No video gave a silhouette: {told(bad) if bad else 'none has a pose; poses_report.csv says why.'}"
        )
