"""OpenPose's results (BODY_25): one JSON file per frame with all people in it.

Cao et al., OpenPose, TPAMI 2019, option ``--write_json``. Files are named ``<video>_<frame>_keypoints.json``, e.g.
``001-nm-01-090_000000000012_keypoints.json``; frames count from 0. A person's ``pose_keypoints_2d`` are 25 x (x, y,
confidence) in pixels. A joint that was not detected is (0, 0, 0), which is not a position. Its position is
interpolated between the frames before and after, and its confidence stays 0.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey, parse_sequence_name
from gaitcore.modalities.keypoints.parsing.detections import box_around, numbers, read_bytes, table_or_error, walker
from gaitcore.modalities.keypoints.parsing.tracks import Detection
from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX, CHANNELS, JOINTS
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, combined_digest
from gaitcore.modalities.report import DropReport

LABEL = "OpenPose BODY_25"
EXPECTED = "a folder with files like 001-nm-01-090_000000000012_keypoints.json"

POINTS = 25
# BODY_25's points that are COCO's 17, in COCO's order.
COCO = (0, 16, 15, 18, 17, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11)

_FILE_NAME = re.compile(r"(?P<sequence>.+)_(?P<frame>\d{1,12})_keypoints\.json")
_EXPECTED = "files named like 001-nm-01-090_000000000012_keypoints.json"
_FEWEST = 3  # joints of a person worth keeping: fewer make no box

Frames = tuple[np.ndarray, np.ndarray]


def read(paths: Sequence[Path], info: PoseInfo, report: DropReport) -> PoseTable:
    """Read all JSON files beneath one or more folders as one table, COCO-17.

    Where frames hold several people the walker is kept (``tracks.find_walker``) and everybody else is noted in
    ``report``, as are files that cannot be read, people without 25 finite points, and joints whose position
    was interpolated. A sequence in which a joint is never detected is left out.

    Raises DataError where a path is no folder or nothing in it is usable.
    """
    poses: dict[SequenceKey, Frames] = {}
    folders: dict[SequenceKey, Path] = {}
    digests = []
    for root in paths:
        if not root.is_dir():
            raise DataError(f"{root}: not a folder, expected {_EXPECTED} in it.")
        for (key, folder), group in groupby(_find_files(root, report), key=lambda one: one[:2]):
            if key in folders:
                report.add(folder, f"sequence twice, {folders[key]} is used", sequence=key.name)
                continue
            folders[key] = folder
            detections = []
            for _, _, frame, path in group:
                content = read_bytes(path)
                digests.append((path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()))
                detections += _people(path, key, frame, content, report)
            complete = _complete(*walker(folder, key, detections, report), folder, key, report) if detections else None
            if complete is not None:
                poses[key] = complete
    return table_or_error(poses, paths, _EXPECTED, replace(info, source_digest=combined_digest(digests)), report)


def _find_files(root: Path, report: DropReport) -> Iterator[tuple[SequenceKey, Path, int, Path]]:
    """Sequence, folder, frame and file, sequence by sequence."""
    for path in sorted(root.rglob("*.json")):
        match = _FILE_NAME.fullmatch(path.name)
        key = parse_sequence_name(match["sequence"]) if match else None
        if match is None or key is None:
            report.add(path, f"names no sequence and frame, expected {_EXPECTED}")
        else:
            yield key, path.parent, int(match["frame"]), path


def _people(path: Path, key: SequenceKey, frame: int, content: bytes, report: DropReport) -> list[Detection]:
    try:
        entries = json.loads(content)["people"]
        people = [numbers(entry["pose_keypoints_2d"]) for entry in entries]
    except (ValueError, TypeError, KeyError) as error:
        content_kind = f"not JSON ({error})" if isinstance(error, json.JSONDecodeError) else "no people in it"
        report.add(path, f"{content_kind}, expected OpenPose's people", sequence=key.name, frame=frame)
        return []
    if not people:
        report.add(path, "nobody found", sequence=key.name, frame=frame)
    detections = []
    for values in people:
        if len(values) != POINTS * len(CHANNELS) or not np.isfinite(values).all():
            reason = f"{len(values)} keypoint values, expected 75 finite ones (25 x (x, y, confidence), BODY_25)"
            report.add(path, reason, sequence=key.name, frame=frame)
            continue
        pose = values.reshape(POINTS, len(CHANNELS))[list(COCO)]
        seen = pose[pose[:, 2] > 0]
        if len(seen) < _FEWEST:
            report.add(path, f"a person with {len(seen)} joints, expected 3 or more", sequence=key.name, frame=frame)
        else:
            detections.append(Detection(frame, box_around(seen[:, :2]), pose))
    return detections


def _complete(
    frame: np.ndarray, keypoints: np.ndarray, folder: Path, key: SequenceKey, report: DropReport
) -> Frames | None:
    """Undetected joints interpolated between the frames before and after; None where a joint is never detected."""
    detected = keypoints[..., CHANNEL_INDEX["confidence"]] > 0
    never = [JOINTS[joint] for joint in np.flatnonzero(~detected.any(axis=0))]
    if never:
        report.add(folder, f"{', '.join(never)} in none of {len(frame)} frames", sequence=key.name)
        return None
    for joint in np.flatnonzero(~detected.all(axis=0)):
        known = detected[:, joint]
        for axis in (0, 1):
            keypoints[~known, joint, axis] = np.interp(frame[~known], frame[known], keypoints[known, joint, axis])
    if not detected.all():
        reason = f"{int((~detected).sum())} joints not found, interpolated between the frames before and after"
        report.add(folder, reason, sequence=key.name)
    return frame, keypoints
