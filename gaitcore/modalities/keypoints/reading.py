"""Entry point for all source formats: ``read_poses`` selects the reader and returns the pose table and the report."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from gaitcore import extensions
from gaitcore.errors import DataError
from gaitcore.keys import natural, sequence_names
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.trees import tree_option
from gaitcore.settings.data import Tree


def source_formats() -> tuple[str, ...]:
    """The formats that can be read, e.g. ``("alphapose_json", "gaitgraph_csv")``."""
    return tuple(extensions.available("readers"))


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
    tree: Tree | None = None,
) -> tuple[PoseTable, pd.DataFrame]:
    """Read poses of any source format (:func:`source_formats`) into a pose table.

    ``path`` is a file or folder, or a list of them; ``frame_width`` and ``frame_height`` are in pixels, ``fps`` in
    frames per second. With ``conditions``, sequences of other conditions are left out and reported. Pose tables of
    several estimators are merged only with ``mixed_sources``. ``tree`` says what the folders in ``path`` name.

    The second result is the report: one row (file, line, sequence, frame, reason) for each row, frame or sequence
    that is not in the table.

    Raises ConfigError for an unknown format and for a ``tree`` with a format that has none, DataError where a path is
    missing or nothing in it is usable.
    """
    reader = extensions.load("readers", source_format)
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    if not paths:
        raise DataError(f"the list of paths is empty, expected {reader.EXPECTED}; name at least one.")
    for one in paths:
        if not one.exists():
            raise DataError(f"{one}: not found, expected {reader.EXPECTED}; put it there or correct the path.")
    info = PoseInfo(dataset, frame_width, frame_height, float(fps), pose_source or reader.LABEL, source_version)
    report = DropReport()
    takes_mixed = "mixed_sources" in inspect.signature(reader.read).parameters
    options: dict[str, Any] = {"mixed_sources": mixed_sources} if takes_mixed else {}
    options |= tree_option(reader.read, tree, "data", source_format)
    table = reader.read(paths, info, report, **options)
    if conditions is not None:
        table = _keep_conditions(table, conditions, paths, report)
    return table, report.to_frame()


def _keep_conditions(
    table: PoseTable, conditions: Sequence[str], paths: Sequence[Path], report: DropReport
) -> PoseTable:
    files, wanted = ", ".join(map(str, paths)), ", ".join(conditions)
    keep = table.sequences["condition"].isin(conditions)
    if not keep.any():
        present = ", ".join(sorted(set(table.sequences["condition"]), key=natural))
        raise DataError(f"{files}: conditions {present}, expected {wanted}; correct the list of conditions.")
    left_out = table.sequences[~keep]
    for name, condition in zip(sequence_names(left_out), left_out["condition"], strict=True):
        report.add(files, f"condition {condition!r}, expected one of {wanted}", sequence=name)
    return table.select(keep)
