"""Detector output in JSON, for AlphaPose's and OpenPose's formats: the walker is kept, everybody else reported.

 An AlphaPose detection holds ``image_id`` ("5.jpg" is frame 5),
``keypoints`` (51 numbers: x and y in pixels, confidence; COCO-17 order) and, in recent versions, ``box`` (left, top,
width and height in pixels).
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.parsing.tracks import Box, Detection, find_walker
from gaitcore.modalities.keypoints.skeleton import CHANNELS, NUM_JOINTS, NUM_VALUES
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, combined_digest, table_of_sequences
from gaitcore.modalities.report import DropReport

_IMAGE_ID = re.compile(r"(?:.*[/\\])?(\d{1,9})(?:\.[A-Za-z]+)?")

Files = Iterable[tuple[SequenceKey, Path]]


def read_detections(
    paths: Sequence[Path],
    find_files: Callable[[Path, DropReport], Files],
    expected: str,
    info: PoseInfo,
    report: DropReport,
) -> PoseTable:
    """Read one JSON file of detections per sequence, from one or more folders, as one table.

    ``find_files`` yields the sequences of a folder and reports the files that name none; ``expected`` describes the
    files' names, for messages. Where frames hold several people the walker is kept (``tracks.find_walker``) and every
    other detection is noted in ``report``. A file that is not JSON or whose sequence was read before, and a malformed
    detection are noted and left out, and reading goes on.

    Raises DataError where a path is no folder or no file in it is usable.
    """
    poses: dict[SequenceKey, tuple[np.ndarray, np.ndarray]] = {}
    files: dict[SequenceKey, Path] = {}
    digests = []
    for root in paths:
        if not root.is_dir():
            raise DataError(f"{root}: not a folder, expected {expected} in it.")
        for key, path in find_files(root, report):
            if key in files:
                report.add(path, f"sequence twice, {files[key]} is used", sequence=key.name)
                continue
            content = read_bytes(path)
            files[key] = path
            digests.append((path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()))
            detections = _detections(path, key, content, report)
            if detections:
                poses[key] = walker(path, key, detections, report)
    return table_or_error(poses, paths, expected, replace(info, source_digest=combined_digest(digests)), report)


def table_or_error(
    poses: dict[SequenceKey, tuple[np.ndarray, np.ndarray]],
    paths: Sequence[Path],
    expected: str,
    info: PoseInfo,
    report: DropReport,
) -> PoseTable:
    """The table of the sequences that were read; DataError if there is none."""
    if not poses:
        first = f" {report.sentence(0)}." if len(report) else ""
        raise DataError(f"{', '.join(map(str, paths))}: no usable sequence, expected {expected}.{first}")
    return table_of_sequences(poses, info)


def read_bytes(path: Path) -> bytes:
    """A file's content, or a DataError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}), expected detections in JSON.") from error


def _detections(path: Path, key: SequenceKey, content: bytes, report: DropReport) -> list[Detection]:
    """The well-formed detections of a file; the others, or the file as a whole, are reported."""
    try:
        entries = json.loads(content)
    except ValueError as error:
        report.add(path, f"not JSON ({error}), expected a list of detections", sequence=key.name)
        return []
    if not isinstance(entries, list) or not entries:
        content_kind = f"a {type(entries).__name__}" if entries else "nothing in it"
        report.add(path, f"{content_kind}, expected a list of detections", sequence=key.name)
        return []
    detections = []
    for entry in entries:
        detection = _parse_detection(entry)
        if isinstance(detection, Detection):
            detections.append(detection)
        else:
            report.add(path, detection, sequence=key.name, frame=_frame_number(entry))
    return detections


def _parse_detection(entry: object) -> Detection | str:
    """The detection, or the reason why it is malformed."""
    frame = _frame_number(entry)
    if not isinstance(entry, dict) or frame is None:
        found = repr(entry.get("image_id")) if isinstance(entry, dict) else type(entry).__name__
        return f"image_id {found}, expected a frame such as '5.jpg'"
    keypoints = numbers(entry.get("keypoints"))
    if len(keypoints) != NUM_VALUES:
        return f"{len(keypoints)} keypoint values, expected 51 (17 x (x, y, confidence))"
    if "box" in entry and not _is_box(numbers(entry["box"])):
        return f"box {entry['box']!r}, expected left, top, width and height in pixels"
    if not np.isfinite(keypoints).all():
        return "a NaN or infinite coordinate"
    pose = keypoints.reshape(NUM_JOINTS, len(CHANNELS))
    box = Box(*numbers(entry["box"]).tolist()) if "box" in entry else box_around(pose[:, :2])
    return Detection(frame, box, pose)


def _is_box(values: np.ndarray) -> bool:
    return len(values) == len(Box._fields) and bool(np.isfinite(values).all())


def box_around(points: np.ndarray) -> Box:
    """The smallest box around points (N, 2)."""
    low, high = points.min(axis=0), points.max(axis=0)
    return Box(*low.tolist(), *(high - low).tolist())


def _frame_number(entry: object) -> int | None:
    match = _IMAGE_ID.fullmatch(str(entry.get("image_id"))) if isinstance(entry, dict) else None
    return int(match[1]) if match else None


def numbers(values: object) -> np.ndarray:
    """``values`` as float32, empty if it is anything but a list of numbers."""
    usable = isinstance(values, list) and all(isinstance(value, int | float) for value in values)
    return np.array(values if usable else [], np.float32)


def walker(
    path: Path, key: SequenceKey, detections: list[Detection], report: DropReport
) -> tuple[np.ndarray, np.ndarray]:
    """The walker's frames (T,) and keypoints (T, 17, 3); everybody else is reported."""
    kept = find_walker(detections)
    boxes = {detections[n].frame: detections[n].box for n in kept}
    for n in sorted(set(range(len(detections))) - set(kept), key=lambda n: detections[n].frame):
        frame, box, _ = detections[n]
        walker_box = f"kept {_size(boxes[frame])}" if frame in boxes else "the walker is not in this frame"
        report.add(path, f"another person, box {_size(box)}, {walker_box}", sequence=key.name, frame=frame)
    frames = np.array([detections[n].frame for n in kept], np.int32)
    return frames, np.stack([detections[n].keypoints for n in kept])


def _size(box: Box) -> str:
    return f"{box.width:.0f} x {box.height:.0f} px"
