"""Merging the subjects' shards of silhouettes into one table and one report."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from gaitcore.errors import DataError
from gaitcore.modalities.report import read_report, write_report
from gaitcore.modalities.silhouettes.table import Walk, read_info, read_walks, write_walks


def merge_shards(shards: Sequence[Path], reports: Sequence[Path], *, silhouettes: Path, report: Path) -> str:
    """Write the silhouette table and the report of a video experiment.

    Args:
        shards, reports: one each per subject, in their order, written by ``extraction``.
        silhouettes, report: files to write.

    Returns:
        A sentence with the numbers of videos and frames in the table, and of frames left out.

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
        first = f" {lines['file'][0]}: {lines['reason'][0]}." if len(lines) else ""
        raise DataError(f"No video gave a silhouette; the shards' reports say why.{first}")
