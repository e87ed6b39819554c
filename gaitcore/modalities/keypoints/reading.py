"""Entry point for all source formats: ``read_poses`` selects the reader and returns the pose table and the report."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gaitcore import extensions
from gaitcore.errors import DataError
from gaitcore.files import check_regular
from gaitcore.keys import natural, sequence_names
from gaitcore.modalities.keypoints.bounds import NORMALISED, USUAL_CONFIDENCES, faults, normalised
from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX
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
    that is not in the table. Whatever reader made them, frames out of bounds (:mod:`.bounds`) and sequences whose
    coordinates are fractions of the picture are not in it.

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
        check_regular(one, reader.EXPECTED)
    info = PoseInfo(dataset, frame_width, frame_height, float(fps), pose_source or reader.LABEL, source_version)
    report = DropReport()
    takes_mixed = "mixed_sources" in inspect.signature(reader.read).parameters
    options: dict[str, Any] = {"mixed_sources": mixed_sources} if takes_mixed else {}
    options |= tree_option(reader.read, tree, "data", source_format)
    table = _in_bounds(reader.read(paths, info, report, **options), ", ".join(map(str, paths)), report)
    if conditions is not None:
        table = _keep_conditions(table, conditions, paths, report)
    return table, report.to_frame()


def _in_bounds(table: PoseTable, files: str, report: DropReport) -> PoseTable:
    """The usable frames of the sequences that are in pixels; what is dropped here has no line of a file."""
    width, height = table.info.frame_width, table.info.frame_height
    noted = len(report)
    bad = faults(table.row_keypoints, width, height)
    for row, reason in bad.items():
        name, frame = table.where(row)
        report.add(files, reason, sequence=name, frame=frame)
    for name in sequence_names(table.sequences[table.sequences["frames"] == 0]):
        report.add(files, "no frame in it, the sequence is left out", sequence=name)
    table = table.without(list(bad))
    keep = np.ones(len(table.sequences), bool)
    starts, names = table.offsets[:-1], sequence_names(table.sequences)
    small = np.abs(table.keypoints[starts, :, :2]).max(axis=(1, 2)) <= NORMALISED  # in the first frame
    for n in np.flatnonzero(small).tolist():
        reason = normalised(table.keypoints[table.offsets[n] : table.offsets[n + 1]], width, height)
        if reason:
            report.add(files, f"{reason}; the sequence is left out", sequence=names[n])
            keep[n] = False
    if not keep.any():
        first = f" {report.sentence(noted)}" if len(report) > noted else ""
        raise DataError(
            f"{files}: no usable frame, expected x and y in pixels (fractions times the frame's width and height) and "
            f"confidences from 0 to 1.{first}."
        )
    table = table if keep.all() else table.select(keep)
    _note_confidences(table, files, report)
    return table


def _note_confidences(table: PoseTable, files: str, report: DropReport) -> None:
    confidence = table.keypoints[..., CHANNEL_INDEX["confidence"]]
    low, high = float(confidence.min()), float(confidence.max())
    least, most = USUAL_CONFIDENCES
    if low < least or high > most:
        report.add(files, f"confidences from {low:.3g} to {high:.3g}, expected {least:g} to {most:g}; they are kept")


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
