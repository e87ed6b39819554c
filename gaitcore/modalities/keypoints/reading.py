"""One door for every source format: ``read_poses`` picks the reader and returns the pose table and the report."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from gaitcore.errors import ConfigError, DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.merging import read_pose_tables
from gaitcore.modalities.keypoints.readers.alphapose_json import read_alphapose_json
from gaitcore.modalities.keypoints.readers.gaitgraph_csv import read_gaitgraph_csv
from gaitcore.modalities.keypoints.readers.openpose_json import read_openpose_json
from gaitcore.modalities.keypoints.readers.pickle_tree import read_pickle_tree
from gaitcore.modalities.keypoints.readers.psymo_json import read_psymo_json
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.report import DropReport
from gaitcore.suggest import nearest


class _Format(NamedTuple):
    read: Callable[[Sequence[Path], PoseInfo, DropReport], PoseTable]
    label: str
    expected: str


_FORMATS = {
    "gaitgraph_csv": _Format(
        read_gaitgraph_csv, "GaitGraph CSV", "a CSV file with the columns image_name, nose_x, nose_y, nose_conf, ..."
    ),
    "pickle_tree": _Format(
        read_pickle_tree, "pickle tree", "a folder with subject/condition-sequence/view/<any>.pkl, e.g. 001/nm-01/090/"
    ),
    "psymo_json": _Format(
        read_psymo_json, "AlphaPose (PsyMo JSON)", "a folder with SSS_VV_D_RUN_COND.json files, e.g. 000_45_1_0_nm.json"
    ),
    "alphapose_json": _Format(
        read_alphapose_json, "AlphaPose", "a folder with files like 001-nm-01-090.json, AlphaPose's results"
    ),
    "openpose_json": _Format(
        read_openpose_json, "OpenPose BODY_25", "a folder with files like 001-nm-01-090_000000000012_keypoints.json"
    ),
    "pose_table": _Format(read_pose_tables, "", "a poses.parquet"),
}

SOURCE_FORMATS: tuple[str, ...] = tuple(_FORMATS)


def read_poses(
    source_format: str,
    path: str | Path | Sequence[str | Path],
    *,
    dataset: str,
    frame_width: int,
    frame_height: int,
    fps: float,
    pose_source: str = "",
    source_version: str = "",
    conditions: Sequence[str] | None = None,
    mixed_sources: bool = False,
) -> tuple[PoseTable, pd.DataFrame]:
    """Read poses of any source format (``SOURCE_FORMATS``) into a pose table.

    ``path`` is a file or folder, or a list of them; ``frame_width`` and ``frame_height`` are in pixels, ``fps`` in
    frames per second. Where ``conditions`` are given, sequences of any other are left out and reported. Pose tables of
    several estimators become one only with ``mixed_sources``.

    The second result is the report: one row (file, line, sequence, frame, reason) for each row, frame or sequence
    that did not make it into the table.

    Raises ConfigError for an unknown format, DataError where a path is missing or nothing in it is usable.
    """
    if source_format not in _FORMATS:
        raise ConfigError(f'There is no source format "{source_format}"{nearest(source_format, SOURCE_FORMATS)}')
    source = _FORMATS[source_format]
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    if not paths:
        raise DataError(f"no path of poses is given, expected {source.expected}; name at least one.")
    for one in paths:
        if not one.exists():
            raise DataError(f"{one}: not found, expected {source.expected}; put it there or correct the path.")
    info = PoseInfo(dataset, frame_width, frame_height, float(fps), pose_source or source.label, source_version)
    report = DropReport()
    read = partial(source.read, mixed_sources=True) if mixed_sources and source_format == "pose_table" else source.read
    table = read(paths, info, report)
    if conditions is not None:
        table = _keep_conditions(table, conditions, paths, report)
    return table, report.to_frame()


def _keep_conditions(
    table: PoseTable, conditions: Sequence[str], paths: Sequence[Path], report: DropReport
) -> PoseTable:
    files, wanted = ", ".join(map(str, paths)), ", ".join(conditions)
    keep = table.sequences["condition"].isin(conditions)
    if not keep.any():
        found = ", ".join(sorted(set(table.sequences["condition"])))
        raise DataError(f"{files}: conditions {found}, expected {wanted}; correct the list of conditions.")
    for key in table.sequences[~keep].itertuples(index=False):
        name = SequenceKey(key.subject, key.condition, key.sequence, key.view).name
        report.add(files, f"condition {key.condition!r}, expected one of {wanted}", sequence=name)
    return table.select(keep)
