"""PsyMo's skeletons: AlphaPose's output, one JSON file per sequence, one entry per detected person.

Format: Cosma and Radoi, PsyMo (2023). Files are named ``SSS_VV_D_RUN_COND.json``: subject, viewpoint in degrees,
direction (1 walks the other way: the view is VV + 180), run, condition. An entry holds ``image_id`` ("5.jpg" is frame
5), ``keypoints`` (51 numbers: x and y in pixels, confidence; COCO-17 order), ``score`` and ``box`` (left, top, width
and height in pixels).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gaitcore.errors import DataError
from gaitcore.poses.report import DropReport
from gaitcore.poses.table import PoseInfo, PoseTable, combined_digest, table_of_sequences
from gaitcore.poses.tracks import Box, Detection, find_walker
from gaitcore.sequences import SequenceKey
from gaitcore.skeleton import CHANNELS, NUM_JOINTS, NUM_VALUES

_FILE_NAME = re.compile(r"(\d+)_(\d{1,3})_([01])_(\d{1,9})_([A-Za-z]+)\.json")
_IMAGE_ID = re.compile(r"(\d{1,9})\.[A-Za-z]+")
_EXPECTED = "files named SSS_VV_D_RUN_COND.json, e.g. 000_45_1_0_nm.json"


def read_psymo_json(paths: Sequence[Path], info: PoseInfo, report: DropReport) -> PoseTable:
    """Read all JSON files beneath one or more folders as one table.

    Where frames hold several people the walker is kept (``tracks.find_walker``) and every other detection is noted
    in ``report``. A file that is not JSON, whose name does not parse or whose sequence was read before, and a
    detection without 51 finite keypoints or without a box are noted and left out; they stop nothing.

    Raises DataError where a path is no folder or no file in it is usable.
    """
    poses: dict[SequenceKey, tuple[np.ndarray, np.ndarray]] = {}
    files: dict[SequenceKey, Path] = {}
    digests = []
    for root in paths:
        for key, path in _find_files(root, report):
            if key in files:
                report.add(path, f"sequence twice, {files[key]} is used", sequence=key.name)
                continue
            content = _read_bytes(path)
            files[key] = path
            digests.append((path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()))
            detections = _detections(path, key, content, report)
            if detections:
                poses[key] = _walker(path, key, detections, report)
    if not poses:
        first = f" {report.sentence(0)}." if len(report) else ""
        raise DataError(f"{', '.join(map(str, paths))}: no usable sequence, expected {_EXPECTED}.{first}")
    return table_of_sequences(poses, replace(info, source_digest=combined_digest(digests)))


def _find_files(root: Path, report: DropReport) -> Iterator[tuple[SequenceKey, Path]]:
    if not root.is_dir():
        raise DataError(f"{root}: not a folder, expected {_EXPECTED} in it.")
    for path in sorted(root.rglob("*.json")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            report.add(path, "names no sequence, expected SSS_VV_D_RUN_COND.json, e.g. 000_45_1_0_nm.json")
            continue
        subject, viewpoint, direction, run, condition = match.groups()
        yield SequenceKey(subject, condition, int(run), int(viewpoint) + 180 * int(direction)), path


def _read_bytes(path: Path) -> bytes:
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
        found = f"a {type(entries).__name__}" if entries else "nothing in it"
        report.add(path, f"{found}, expected a list of detections", sequence=key.name)
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
    """The detection, or what is wrong with it."""
    frame = _frame_number(entry)
    if frame is None:
        found = repr(entry.get("image_id")) if isinstance(entry, dict) else type(entry).__name__
        return f"image_id {found}, expected a frame such as '5.jpg'"
    keypoints, box = _numbers(entry.get("keypoints")), _numbers(entry.get("box"))
    if len(keypoints) != NUM_VALUES:
        return f"{len(keypoints)} keypoint values, expected 51 (17 x (x, y, confidence))"
    if len(box) != len(Box._fields) or not np.isfinite(box).all():
        return f"box {entry.get('box')!r}, expected left, top, width and height in pixels"
    if not np.isfinite(keypoints).all():
        return "a NaN or infinite coordinate"
    return Detection(frame, Box(*box.tolist()), keypoints.reshape(NUM_JOINTS, len(CHANNELS)))


def _frame_number(entry: object) -> int | None:
    match = _IMAGE_ID.fullmatch(str(entry.get("image_id"))) if isinstance(entry, dict) else None
    return int(match[1]) if match else None


def _numbers(values: object) -> np.ndarray:
    """``values`` as float32, empty if it is anything but a list of numbers."""
    usable = isinstance(values, list) and all(isinstance(value, int | float) for value in values)
    return np.array(values if usable else [], np.float32)


def _walker(
    path: Path, key: SequenceKey, detections: list[Detection], report: DropReport
) -> tuple[np.ndarray, np.ndarray]:
    """The walker's frames (T,) and keypoints (T, 17, 3); everybody else is reported."""
    kept = find_walker(detections)
    boxes = {detections[n].frame: detections[n].box for n in kept}
    for n in sorted(set(range(len(detections))) - set(kept), key=lambda n: detections[n].frame):
        frame, box, _ = detections[n]
        walker = f"kept {_size(boxes[frame])}" if frame in boxes else "the walker is not in this frame"
        report.add(path, f"another person, box {_size(box)}, {walker}", sequence=key.name, frame=frame)
    frame = np.array([detections[n].frame for n in kept], np.int32)
    return frame, np.stack([detections[n].keypoints for n in kept])


def _size(box: Box) -> str:
    return f"{box.width:.0f} x {box.height:.0f} px"
