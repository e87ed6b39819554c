"""Entry point for all source formats: ``read_poses`` selects the reader and returns the pose table and the report."""

import inspect
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gaitcore import extensions
from gaitcore.errors import ConfigError, DataError
from gaitcore.files import check_regular
from gaitcore.keys import natural, sequence_names
from gaitcore.modalities.keypoints.bounds import (
    CROP_LEAST,
    CROP_SHARE,
    NORMALISED,
    USUAL_CONFIDENCES,
    at_corner,
    faults,
    normalised,
)
from gaitcore.modalities.keypoints.parsing.usable import usable_frames
from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.keypoints.walks import Walk, write_walks
from gaitcore.modalities.progress import counted
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.trees import tree_option
from gaitcore.percent import in_percent
from gaitcore.settings.data import Data, Tree
from gaitcore.settings.values import Settings

log = logging.getLogger(__name__)

_PEOPLE = {"first": "the first person of each frame", "index": "the person that silhouettes chose"}


def source_formats() -> tuple[str, ...]:
    """The formats that can be read, e.g. ``("alphapose_json", "gaitgraph_csv")``."""
    return tuple(extensions.available("readers"))


def reading_arguments(data: Data) -> dict[str, Any]:
    """The keyword arguments of :func:`read_poses` and :func:`write_poses` that the section ``data`` sets."""
    names = "dataset frame_width frame_height fps pose_source tree people people_index tracking lost_joints frame_order"
    return {**{name: getattr(data, name) for name in names.split()}, "mixed_sources": data.mixed_pose_sources}


def read_poses(
    source_format: str,
    path: str | Path | Sequence[str | Path],
    *,
    dataset: str,
    frame_width: int | None,
    frame_height: int | None,
    fps: float,
    pose_source: str = "",
    source_version: str = "",
    conditions: Sequence[str] | None = None,
    mixed_sources: bool = False,
    tree: Tree | None = None,
    **options: Any,
) -> tuple[PoseTable, pd.DataFrame]:
    """Read poses of any source format (:func:`source_formats`) into a pose table.

    ``path`` is a file or folder, or a list of them; ``frame_width`` and ``frame_height`` are in pixels, None for
    coordinates in crops of the person, ``fps`` in frames per second. With ``conditions``, sequences of other conditions
    are left out and reported. Pose tables of several estimators are merged only with ``mixed_sources``. ``tree`` says
    what the folders in ``path`` name. ``options`` are settings of ``data`` that some readers take: people,
    people_index, tracking, lost_joints, frame_order.

    The second result is the report: one row (file, line, sequence, frame, reason) for each row, frame or sequence
    that is not in the table. Whatever reader made them, frames out of bounds (:mod:`.bounds`) and sequences whose
    coordinates are fractions of the picture are not in it.

    Raises ConfigError for an unknown format and for a ``tree`` with a format that has none, DataError where a path is
    missing or nothing in it is usable.
    """
    reader, paths = _reader_and_paths(source_format, path)
    source = _source(pose_source or reader.LABEL, options)
    info = PoseInfo(dataset, frame_width or 0, frame_height or 0, float(fps), source, source_version)
    report = DropReport()
    options = _options(reader, source_format, tree, mixed_sources, options)
    files = ", ".join(map(str, paths))
    table = _in_bounds(reader.read(paths, info, report, **options), files, report)
    seen = _Seen()
    seen.add(table.keypoints)
    table = replace(table, info=seen.finished(table.info, files, report))
    if conditions is not None:
        table = _keep_conditions(table, conditions, paths, report)
    return table, report.to_frame()


def write_poses(
    source_format: str,
    path: str | Path | Sequence[str | Path],
    table: str | Path,
    *,
    dataset: str,
    frame_width: int | None,
    frame_height: int | None,
    fps: float,
    pose_source: str = "",
    mixed_sources: bool = False,
    tree: Tree | None = None,
    **options: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write the poses of any source format as a pose table; the same bytes and report as of :func:`read_poses`.

    A reader that yields one sequence after the other (``walks``) is read so, so that memory stays small whatever the
    size of the data set.

    Returns:
        One row per sequence (subject, condition, sequence, view, frames), and the report.

    Raises:
        ConfigError, DataError: as :func:`read_poses`.
    """
    reader, paths = _reader_and_paths(source_format, path)
    if not hasattr(reader, "walks"):
        whole, report = read_poses(
            source_format,
            paths,
            dataset=dataset,
            frame_width=frame_width,
            frame_height=frame_height,
            fps=fps,
            pose_source=pose_source,
            mixed_sources=mixed_sources,
            tree=tree,
            **options,
        )
        whole.write(table)
        return whole.sequences, report
    source = _source(pose_source or reader.LABEL, options)
    info = PoseInfo(dataset, frame_width or 0, frame_height or 0, float(fps), source)
    lines, seen, files = DropReport(), _Seen(), ", ".join(map(str, paths))
    options = _options(reader, source_format, tree, mixed_sources, options)
    walks = counted(seen.passing(reader.walks(paths, info, lines, **options), info, lines))
    expected = reader.expected(tree) if tree else reader.expected()
    finish = partial(seen.finished, files=files, report=lines)
    return write_walks(table, walks, paths, expected, info, lines, finish), lines.to_frame()


def _reader_and_paths(source_format: str, path: str | Path | Sequence[str | Path]) -> tuple[Any, list[Path]]:
    """The reader's module and the paths, which are there."""
    reader = extensions.load("readers", source_format)
    paths = [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
    if not paths:
        raise DataError(f"the list of paths is empty, expected {reader.EXPECTED}; name at least one.")
    for one in paths:
        if not one.exists():
            raise DataError(f"{one}: not found, expected {reader.EXPECTED}; put it there or correct the path.")
        check_regular(one, reader.EXPECTED)
    return reader, paths


def _options(
    reader: Any, source_format: str, tree: Tree | None, mixed_sources: bool, options: Mapping[str, Any]
) -> dict[str, Any]:
    """The keyword arguments of a reader; a ConfigError for an option that is set and that it does not take."""
    takes = inspect.signature(reader.read).parameters
    chosen = {"mixed_sources": mixed_sources} if "mixed_sources" in takes else {}
    for name, value in options.items():
        if name in takes:
            chosen[name] = value
        elif value != Data.model_fields[name].default:
            found = "set" if isinstance(value, Settings) else value
            raise ConfigError(
                f"data.{name} is {found}, but data.format: {source_format} does not use it; remove data.{name}."
            )
    return chosen | tree_option(reader.read, tree, "data", source_format)


def _source(estimator: str, options: Mapping[str, Any]) -> str:
    """The estimator as the metadata name it, with the rule by which one of several people is kept."""
    rule = _PEOPLE.get(options.get("people", "track"))
    return f"{estimator}, {rule}" if rule else estimator


class _Seen:
    """What the keypoints that pass by have in common, for the metadata of the table and the end of the report."""

    def __init__(self) -> None:
        self._confidences = (np.inf, -np.inf)
        self._size = np.zeros(2)
        self._frames = self._at_corner = 0

    def passing(self, walks: Iterable[Walk], info: PoseInfo, report: DropReport) -> Iterator[Walk]:
        """The walks with their usable frames, whatever reader made them."""
        for walk in walks:
            usable = usable_frames(walk.place, walk.key, walk.frame, walk.keypoints, info, report)
            if usable is None:
                yield walk._replace(frame=walk.frame[:0], keypoints=walk.keypoints[:0])
            else:
                self.add(usable[1])
                yield walk._replace(frame=usable[0], keypoints=usable[1])

    def add(self, keypoints: np.ndarray) -> None:
        """More frames (N, 17, 3 or 4), at least one."""
        confidence = keypoints[..., CHANNEL_INDEX["confidence"]]
        low, high = self._confidences
        self._confidences = min(low, float(confidence.min())), max(high, float(confidence.max()))
        self._size = np.maximum(self._size, np.abs(keypoints[..., :2]).max(axis=(0, 1)))
        self._frames += len(keypoints)
        self._at_corner += int(at_corner(keypoints).sum())

    def finished(self, info: PoseInfo, files: str, report: DropReport) -> PoseInfo:
        """The metadata with the size of the crops, where they have no frame; the last lines of the report."""
        (low, high), (least, most) = self._confidences, USUAL_CONFIDENCES
        if low < least or high > most:
            report.add(
                files, f"confidences from {low:.3g} to {high:.3g}, expected {least:g} to {most:g}; they are kept"
            )
        if not info.frame_width:
            width, height = (int(np.ceil(max(side, 1))) for side in self._size)
            report.add(files, f"coordinates in crops of the person, of at most {width} x {height} pixels")
            return replace(info, frame_width=width, frame_height=height)
        if self._frames >= CROP_LEAST and self._at_corner >= CROP_SHARE * self._frames:
            share = in_percent(self._at_corner / self._frames)
            reason = (
                f"in {share:.0f} % of the frames the person is at the corner of the picture, as in crops of the person "
                f"and not in a frame of {info.frame_width} x {info.frame_height}; set data.frame_width and "
                "data.frame_height to null, and input.unit to body_height or torso"
            )
            report.add(files, reason)
            log.warning("%s: %s.", files, reason)
        return info


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
    return table if keep.all() else table.select(keep)


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
