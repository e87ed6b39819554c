"""Detections of people in JSON, one file per sequence: the walker is kept, everybody else reported.

AlphaPose's results (Fang et al., TPAMI 2022) are a list of detections with ``image_id`` ("5.jpg" is frame 5),
``keypoints`` (51 numbers: x and y in pixels, confidence; COCO-17 order) and, in recent versions, ``box`` (left, top,
width and height in pixels). MMPose's predictions of a video are a list of frames with ``frame_id`` and ``instances``,
alone or as ``instance_info``; an instance has ``keypoints`` (17 x (x, y)), ``keypoint_scores`` and ``bbox`` (left, top,
right and bottom). Of Halpe's 26 or 136 and COCO-WholeBody's 133 points the first 17 are used, which are COCO's.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.foreign_json import MOST_BYTES, MalformedError, numbers, parse, shown
from gaitcore.modalities.keypoints.bounds import COORDINATE_LIMIT, CROP_LIMIT, faults
from gaitcore.modalities.keypoints.parsing.frame_names import frame_number
from gaitcore.modalities.keypoints.parsing.hidden_joints import complete, found
from gaitcore.modalities.keypoints.parsing.skeletons import COCO_17, COCO_FIRST, Skeleton, by_points
from gaitcore.modalities.keypoints.parsing.tracks import Box, Detection, ManyTracksError, find_walker, left_out
from gaitcore.modalities.keypoints.parsing.usable import usable_frames
from gaitcore.modalities.keypoints.skeleton import CHANNELS, JOINTS, NUM_JOINTS
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, combined_digest, table_of_sequences
from gaitcore.modalities.report import OTHERS, DropReport
from gaitcore.modalities.source_files import read_source
from gaitcore.settings.data import Tracking

SKELETONS = by_points(COCO_17, *COCO_FIRST)
_VALUES = "51 (17 x (x, y, confidence)), or those of 26, 133 or 136 points"
_LIST = "expected a list of detections"
_FEWEST = 3  # joints of a person worth keeping: fewer make no box
MOST_PEOPLE = 200  # in one frame
_MOST_TRACKS = 3000
_MOST_MALFORMED = 1000  # detections of one file, then the rest is not read

Files = Iterable[tuple[SequenceKey, Path]]
Frames = tuple[np.ndarray, np.ndarray]
Entry = tuple[int | None, Callable[[], Detection]]  # a detection's frame, and what parses it


def read_detections(
    paths: Sequence[Path],
    find_files: Callable[[Path, DropReport], Files],
    expected: str,
    info: PoseInfo,
    report: DropReport,
    tracking: Tracking,
) -> PoseTable:
    """Read one JSON file of detections per sequence, from one or more folders, as one table.

    ``find_files`` yields the sequences of a folder and reports the files that name none; ``expected`` describes the
    files' names, for messages. Where frames hold several people the walker is kept (``tracks.find_walker``) and every
    other detection is noted in ``report``. A file that is not JSON or whose sequence was read before, and a malformed
    detection are noted and left out, and reading goes on.

    Raises DataError where a path is no folder or no file in it is usable.
    """
    poses: dict[SequenceKey, Frames] = {}
    files: dict[SequenceKey, Path] = {}
    digests = []
    for root in paths:
        if not root.is_dir():
            raise DataError(f"{root}: not a folder, expected {expected} in it.")
        for key, path in find_files(root, report):
            if key in files:
                report.add(path, f"sequence twice, {files[key]} is used", sequence=key.name)
                continue
            content = read_json(path)
            files[key] = path
            digests.append((path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()))
            sequence = walker(path, key, _detections(path, key, content, info, report), info, report, tracking)
            if sequence is not None:
                poses[key] = sequence
    return table_or_error(poses, paths, expected, replace(info, source_digest=combined_digest(digests)), report)


def read_json(path: Path) -> bytes:
    """The content of a file of detections; raises what :func:`gaitcore.modalities.source_files.read_source` raises."""
    return read_source(path, "detections in JSON", MOST_BYTES)


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


def detection(frame: int, points: np.ndarray, skeleton: Skeleton, box: Box | None, info: PoseInfo) -> Detection:
    """One person in one frame.

    Args:
        frame: its number.
        points: (P, 3) float32, x, y and confidence of the skeleton's points.
        skeleton: whose points they are.
        box: the person's, where the detector gives one; else that of the joints that were found.
        info: the camera's frame size.

    Raises:
        MalformedError: the keypoints are out of bounds or fewer than three joints were found.
    """
    pose = np.ascontiguousarray(points[list(skeleton.coco)])
    for reason in faults(pose[None], info.frame_width, info.frame_height).values():
        raise MalformedError(reason)
    positions = pose[found(pose), :2]
    if len(positions) < _FEWEST:
        joints = "1 joint" if len(positions) == 1 else f"{len(positions)} joints"
        raise MalformedError(f"a person with {joints}, expected {_FEWEST} or more")
    return Detection(frame, box or _box_around(positions), pose)


def walker(
    place: Path,
    key: SequenceKey,
    detections: list[Detection],
    info: PoseInfo,
    report: DropReport,
    tracking: Tracking,
    lost_joints: str = "left_out",
) -> Frames | None:
    """The walker's frames (T,) and keypoints (T, 17, 3), complete and within bounds; None where there are none.

    Everybody else is reported, and so is each joint that was not found (``hidden_joints.complete``).
    """
    if not detections:
        return None
    try:
        found = find_walker(detections, info.fps, tracking, _MOST_TRACKS)
    except ManyTracksError:
        reason = f"more than {_MOST_TRACKS} tracks of people, expected one walk; the sequence is left out"
        report.add(place, reason, sequence=key.name)
        return None
    kept = found.kept
    tracks = left_out(detections, found, info.fps, tracking)
    if tracks:
        report.add(place, tracks, sequence=key.name)
    boxes = {detections[n].frame: detections[n].box for n in kept}
    for n in sorted(set(range(len(detections))) - set(kept), key=lambda n: detections[n].frame):
        frame, box, _ = detections[n]
        walker_box = f"kept {_size(boxes[frame])}" if frame in boxes else "the walker is not in this frame"
        report.add(place, f"{OTHERS}, box {_size(box)}, {walker_box}", sequence=key.name, frame=frame)
    return completed(place, key, [detections[n] for n in kept], info, report, lost_joints)


def completed(
    place: Path,
    key: SequenceKey,
    detections: Sequence[Detection],
    info: PoseInfo,
    report: DropReport,
    lost_joints: str = "left_out",
) -> Frames | None:
    """One person's frames (T,) and keypoints (T, 17, 3), complete and within bounds; None where there are none.

    Each joint that was not found is reported (``hidden_joints.complete``, which describes ``lost_joints``).
    """
    if not detections:
        return None
    ordered = sorted(detections, key=lambda one: one.frame)
    frames = np.array([one.frame for one in ordered], np.int32)
    keypoints = complete(frames, np.stack([one.keypoints for one in ordered]), place, key, report, lost_joints)
    return None if keypoints is None else usable_frames(place, key, frames, keypoints, info, report)


def _detections(path: Path, key: SequenceKey, content: bytes, info: PoseInfo, report: DropReport) -> list[Detection]:
    """The well-formed detections of a file; the others, or the file as a whole, are reported."""
    detections: list[Detection] = []
    people: Counter[int] = Counter()
    malformed = 0
    try:
        value = parse(content)
    except MalformedError as reason:
        report.add(path, f"{reason}, {_LIST}", sequence=key.name)
        return []
    try:
        for frame, parse_one in _entries(path, value, info, report):
            try:
                one = parse_one()
                people[one.frame] += 1
                if people[one.frame] > MOST_PEOPLE:
                    raise MalformedError(f"more than {MOST_PEOPLE} people in one frame")
                detections.append(one)
            except MalformedError as reason:
                report.add(path, str(reason), sequence=key.name, frame=frame)
                malformed += 1
            if malformed == _MOST_MALFORMED:
                raise MalformedError(f"{malformed} detections that cannot be used, the rest of the file is not read")
    except MalformedError as reason:
        report.add(path, str(reason), sequence=key.name)
    return detections


def _entries(path: Path, content: Any, info: PoseInfo, report: DropReport) -> Iterator[Entry]:
    """The detections of AlphaPose's list, or of MMPose's frames."""
    frames = content.get("instance_info") if isinstance(content, dict) else content
    if isinstance(content, dict) and frames is not None:
        _check_names(content.get("meta_info"))
    if not isinstance(frames, list):
        raise MalformedError(f"{shown(content)}, {_LIST}")
    if not frames:
        raise MalformedError(f"nothing in it, {_LIST}")
    for entry in frames:
        if isinstance(entry, dict) and isinstance(entry.get("instances"), list):
            frame = _frame(entry.get("frame_id"))
            for instance in entry["instances"]:
                yield frame, partial(_instance, path, frame, instance, info, report)
        else:
            frame = _frame(entry.get("image_id")) if isinstance(entry, dict) else None
            yield frame, partial(_alphapose, path, frame, entry, info, report)


def _frame(image: object) -> int | None:
    """The frame's number in ``image_id`` or ``frame_id``: a whole number, or the name of a picture."""
    return frame_number(str(image)) if isinstance(image, str | int) and not isinstance(image, bool) else None


def _alphapose(path: Path, frame: int | None, entry: Any, info: PoseInfo, report: DropReport) -> Detection:
    if not isinstance(entry, dict):
        raise MalformedError(f"{shown(entry)}, expected a detection with image_id and keypoints")
    if frame is None and "image_id" not in entry and "keypoint_scores" in entry:
        raise MalformedError(
            "MMPose's prediction of a single picture, which has no frame number; predict the whole video"
        )
    if frame is None:
        raise MalformedError(f"image_id {shown(entry.get('image_id'))}, expected a frame such as '5.jpg'")
    values = numbers(entry.get("keypoints"), "keypoints")
    points, rest = divmod(len(values), len(CHANNELS))
    if rest or points not in SKELETONS:
        raise MalformedError(f"{len(values)} keypoint values, expected {_VALUES}")
    box = _box(entry["box"], info) if "box" in entry else None
    return detection(frame, values.reshape(points, len(CHANNELS)), _skeleton(path, points, report), box, info)


def _instance(path: Path, frame: int | None, instance: Any, info: PoseInfo, report: DropReport) -> Detection:
    """One of MMPose's instances."""
    if frame is None:
        raise MalformedError("no frame_id, expected the frame's number")
    if not isinstance(instance, dict):
        raise MalformedError(f"{shown(instance)}, expected an instance with keypoints and keypoint_scores")
    points, scores = instance.get("keypoints"), numbers(instance.get("keypoint_scores"), "keypoint_scores")
    if isinstance(points, list) and len(points) not in SKELETONS:
        raise MalformedError(f"{len(points)} points, expected 17, 26, 133 or 136")
    if not isinstance(points, list) or not all(isinstance(point, list) and len(point) == 2 for point in points):
        raise MalformedError(f"keypoints {shown(points)}, expected a list of (x, y)")
    values = numbers([value for point in points for value in point], "keypoints").reshape(len(points), 2)
    if len(scores) != len(points):
        raise MalformedError(f"{len(points)} points and {len(scores)} scores, expected one for each point")
    box = instance.get("bbox")
    box = box[0] if isinstance(box, list) and len(box) == 1 else box
    corners = None if box is None else _box(box, info)
    if corners is not None:
        corners = Box(corners.x, corners.y, corners.width - corners.x, corners.height - corners.y)
    skeleton = _skeleton(path, len(points), report)
    return detection(frame, np.column_stack([values, scores]), skeleton, corners, info)


def _skeleton(path: Path, points: int, report: DropReport) -> Skeleton:
    skeleton = SKELETONS[points]
    if skeleton is not COCO_17:
        report.add_once(path, f"{points} points ({skeleton.name}), the first {NUM_JOINTS} of each are read")
    return skeleton


def _check_names(meta: object) -> None:
    """Raise MalformedError where MMPose names points that are not COCO's."""
    names = meta.get("keypoint_id2name") if isinstance(meta, dict) else None
    if isinstance(names, dict) and names:
        first = [names.get(str(joint)) for joint in range(NUM_JOINTS)]
        if first != list(JOINTS):
            raise MalformedError(f"points called {shown(first)}, expected COCO's nose, left_eye, right_eye, ...")


def _box(value: object, info: PoseInfo) -> Box:
    try:
        values = numbers(value, "box")
    except MalformedError:
        values = np.empty(0)
    limit = COORDINATE_LIMIT * max(info.frame_width, info.frame_height) or CROP_LIMIT
    if len(values) != len(Box._fields) or not (np.abs(values) <= limit).all():  # a NaN fails the comparison
        raise MalformedError(f"box {shown(value)}, expected left, top, width and height in pixels")
    return Box(*values.tolist())


def _box_around(points: np.ndarray) -> Box:
    """The smallest box around points (N, 2)."""
    low, high = points.min(axis=0), points.max(axis=0)
    return Box(*low.tolist(), *(high - low).tolist())


def _size(box: Box) -> str:
    return f"{box.width:.0f} x {box.height:.0f} px"
