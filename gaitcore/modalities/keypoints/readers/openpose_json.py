"""OpenPose's results: one JSON file per frame with all people in it.

Cao et al., OpenPose, TPAMI 2019, option ``--write_json``. Files are named ``<video>_<frame>_keypoints.json``, e.g.
``001-nm-01-090_000000000012_keypoints.json``; frames count from 0. With ``tree``, the folders name the sequences, and
files are ``<any>_<frame>_keypoints.json`` or, as in OUMVLP-Pose, ``<frame>_keypoints.json``. A person's
``pose_keypoints_2d`` (``pose_keypoints`` before version 1.0, ``joints`` of ``bodies`` in 0.1) are 25 x (x, y,
confidence) in pixels (BODY_25), or 18 of the model COCO. A joint that was not detected is (0, 0, 0), which is not a
position: parsing/hidden_joints.py says where it is put.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey, parse_sequence_name
from gaitcore.modalities.keypoints.parsing.detections import (
    MOST_PEOPLE,
    Frames,
    detection,
    read_json,
    table_or_error,
    walker,
)
from gaitcore.modalities.keypoints.parsing.foreign_json import MalformedError, numbers, parse, shown
from gaitcore.modalities.keypoints.parsing.skeletons import BODY_25, COCO_18, by_points
from gaitcore.modalities.keypoints.parsing.tracks import Detection
from gaitcore.modalities.keypoints.skeleton import CHANNELS
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, combined_digest
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.source_files import visible_files
from gaitcore.modalities.trees import sequence_folders
from gaitcore.settings.data import Tree

LABEL = "OpenPose"
EXPECTED = "a folder with files like 001-nm-01-090_000000000012_keypoints.json"
ENDINGS = (".json",)

SKELETONS = by_points(BODY_25, COCO_18)

_FILE_NAME = re.compile(r"(?P<sequence>.+)_(?P<frame>\d{1,12})_keypoints\.json")
_EXPECTED = "files named like 001-nm-01-090_000000000012_keypoints.json"
_FRAME_NAME = re.compile(r"(?:.*[^0-9])?(?P<frame>\d{1,12})(?:_keypoints)?\.json")  # in a sequence's folder
_LAST_FRAME = 2**31 - 1
_KEY = "pose_keypoints_2d"
_OLD_KEYS = {"pose_keypoints": "OpenPose before 1.0", "joints": "OpenPose 0.1"}


def read(paths: Sequence[Path], info: PoseInfo, report: DropReport, *, tree: Tree | None = None) -> PoseTable:
    """Read all JSON files beneath one or more folders as one table, COCO-17.

    Where frames hold several people the walker is kept (``tracks.find_walker``) and everybody else is noted in
    ``report``, as are files that cannot be read, people without 25 or 18 usable points, and joints that were not
    found. A sequence in which a joint is missing on both sides is left out.

    Raises DataError where a path is no folder or nothing in it is usable.
    """
    poses: dict[SequenceKey, Frames] = {}
    folders: dict[SequenceKey, Path] = {}
    digests = []
    expected = _EXPECTED if tree is None else f"{tree.folders}/<frame>_keypoints.json (data.tree)"
    for root in paths:
        if not root.is_dir():
            raise DataError(f"{root}: not a folder, expected {expected} in it.")
        found = _find_files(root, report) if tree is None else _in_folders(root, report, tree)
        for (key, folder), group in groupby(found, key=lambda one: one[:2]):
            if key in folders:
                report.add(folder, f"sequence twice, {folders[key]} is used", sequence=key.name)
                continue
            folders[key] = folder
            detections = []
            for _, _, frame, path in group:
                content = read_json(path)
                digests.append((path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()))
                detections += _people(path, key, frame, content, info, report)
            sequence = walker(folder, key, detections, info, report)
            if sequence is not None:
                poses[key] = sequence
    return table_or_error(poses, paths, expected, replace(info, source_digest=combined_digest(digests)), report)


def find(root: Path, report: DropReport, *, tree: Tree | None = None) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence of a folder, once for each of its files; what names none is reported."""
    for key, _, _, path in _find_files(root, report) if tree is None else _in_folders(root, report, tree):
        yield key, path


def _find_files(root: Path, report: DropReport) -> Iterator[tuple[SequenceKey, Path, int, Path]]:
    """Sequence, folder, frame and file, sequence by sequence."""
    for path in visible_files(root, ".json"):
        match = _FILE_NAME.fullmatch(path.name)
        key = parse_sequence_name(match["sequence"]) if match else None
        if match is None or key is None or int(match["frame"]) > _LAST_FRAME:
            report.add(path, f"names no sequence and frame, expected {_EXPECTED}")
        else:
            yield key, path.parent, int(match["frame"]), path


def _in_folders(root: Path, report: DropReport, tree: Tree) -> Iterator[tuple[SequenceKey, Path, int, Path]]:
    """The same of folders that name the sequences."""
    for key, folder in sequence_folders(root, report, holds="<frame>_keypoints.json", tree=tree):
        for path in visible_files(folder, ".json"):
            match = _FRAME_NAME.fullmatch(path.name)
            if match is None or int(match["frame"]) > _LAST_FRAME:
                report.add(path, "names no frame, expected a file named like 0012_keypoints.json", sequence=key.name)
            else:
                yield key, folder, int(match["frame"]), path


def _people(
    path: Path, key: SequenceKey, frame: int, content: bytes, info: PoseInfo, report: DropReport
) -> list[Detection]:
    try:
        people = _list_of_people(parse(content))
    except MalformedError as reason:
        report.add(path, f"{reason}, expected OpenPose's people", sequence=key.name, frame=frame)
        return []
    if not people:
        report.add(path, "nobody found", sequence=key.name, frame=frame)
    detections = []
    for person in people:
        try:
            detections.append(_person(path, frame, person, info, report))
        except MalformedError as reason:
            report.add(path, str(reason), sequence=key.name, frame=frame)
    return detections


def _list_of_people(content: Any) -> list[Any]:
    people = content.get("people", content.get("bodies")) if isinstance(content, dict) else None
    if not isinstance(people, list):
        raise MalformedError("no people in it")
    if len(people) > MOST_PEOPLE:
        raise MalformedError(f"{len(people)} people in one frame")
    return people


def _person(path: Path, frame: int, person: Any, info: PoseInfo, report: DropReport) -> Detection:
    key = next((key for key in (_KEY, *_OLD_KEYS) if key in person), None) if isinstance(person, dict) else None
    if key is None:
        raise MalformedError(f"{shown(person)}, expected a person with {_KEY}")
    if key in _OLD_KEYS:
        report.add_once(path, f"read from {key}, as {_OLD_KEYS[key]} calls {_KEY}")
    values = numbers(person[key], key)
    points, rest = divmod(len(values), len(CHANNELS))
    if rest or points not in SKELETONS:
        raise MalformedError(
            f"{len(values)} keypoint values, expected 75 (25 x (x, y, confidence), BODY_25) or 54 (COCO, 18 points)"
        )
    if SKELETONS[points] is not BODY_25:
        report.add_once(path, f"{points} points, read as OpenPose's model COCO ({SKELETONS[points].name})")
    return detection(frame, values.reshape(points, len(CHANNELS)), SKELETONS[points], None, info)
