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
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey, parse_sequence_name
from gaitcore.modalities.foreign_json import MalformedError, numbers, parse, shown
from gaitcore.modalities.keypoints.parsing.detections import (
    MOST_PEOPLE,
    completed,
    detection,
    read_json,
    walker,
)
from gaitcore.modalities.keypoints.parsing.skeletons import BODY_25, COCO_18, by_points
from gaitcore.modalities.keypoints.parsing.tracks import Detection
from gaitcore.modalities.keypoints.skeleton import CHANNELS
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.keypoints.walks import Walk, table_of_walks
from gaitcore.modalities.pickles import load_numbers
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.source_files import read_source, visible_files
from gaitcore.modalities.trees import sequence_folders
from gaitcore.settings.data import Tracking, Tree

LABEL = "OpenPose"
EXPECTED = "a folder with files like 001-nm-01-090_000000000012_keypoints.json"
ENDINGS = (".json",)

SKELETONS = by_points(BODY_25, COCO_18)

_FILE_NAME = re.compile(r"(?P<sequence>.+)_(?P<frame>\d{1,12})_keypoints\.json")
_EXPECTED = "files named like 001-nm-01-090_000000000012_keypoints.json"
_FRAME_NAME = re.compile(r"(?:.*[^0-9])?(?P<frame>\d{1,12})(?:_keypoints)?\.json")  # in a sequence's folder
_FOUR_DIGITS = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_LAST_FRAME = 2**31 - 1
_INDEX = "pose_selection_idx.pkl"
_MOST_INDEX_BYTES = 1 << 24
_KEY = "pose_keypoints_2d"
_OLD_KEYS = {"pose_keypoints": "OpenPose before 1.0", "joints": "OpenPose 0.1"}


def read(
    paths: Sequence[Path],
    info: PoseInfo,
    report: DropReport,
    *,
    tree: Tree | None = None,
    people: str = "track",
    people_index: str | None = None,
    tracking: Tracking | None = None,
    lost_joints: str = "left_out",
) -> PoseTable:
    """Read all JSON files beneath one or more folders as one table, COCO-17.

    Where frames hold several people one is kept, by the rule ``people``: "track" is the walker that
    ``tracks.find_walker`` finds, "first" the first one in the file, "index" the one that OpenGait's
    ``pose_selection_idx.pkl`` in ``people_index`` names. Everybody else is noted in ``report``, as are files that
    cannot be read, people without 25 or 18 usable points, and joints that were not found. A sequence in which a joint
    is missing on both sides is left out, or completed as ``lost_joints`` says.

    Raises DataError where a path is no folder, nothing in it is usable, or an index cannot be read.
    """
    options: dict[str, Any] = {"people": people, "people_index": people_index, "tracking": tracking}
    found = walks(paths, info, report, tree=tree, lost_joints=lost_joints, **options)
    return table_of_walks(found, paths, expected(tree), info, report)


def expected(tree: Tree | None = None) -> str:
    """The layout, for messages."""
    return _EXPECTED if tree is None else f"{tree.folders}/<frame>_keypoints.json (data.tree)"


def walks(
    paths: Sequence[Path],
    info: PoseInfo,
    report: DropReport,
    *,
    tree: Tree | None = None,
    people: str = "track",
    people_index: str | None = None,
    tracking: Tracking | None = None,
    lost_joints: str = "left_out",
) -> Iterator[Walk]:
    """The sequences one after the other; see :func:`read`."""
    folders: dict[SequenceKey, Path] = {}
    for root in paths:
        if not root.is_dir():
            raise DataError(f"{root}: not a folder, expected {expected(tree)} in it.")
        found = _find_files(root, report) if tree is None else _in_folders(root, report, tree)
        for (key, folder), group in groupby(found, key=lambda one: one[:2]):
            if key in folders:
                report.add(folder, f"sequence twice, {folders[key]} is used", sequence=key.name)
                continue
            folders[key] = folder
            digests: list[tuple[str, str]] = []
            index: Mapping[int, int] | None = None
            if people == "index":
                file, digest, index = selected_people(Path(str(people_index)), key)
                digests.append((file, digest))
            detections: list[Detection] = []
            several, number = 0, 0
            for _, _, frame, path in group:
                content = read_json(path)
                digests.append((path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()))
                everybody = _people(path, key, frame, content, report)
                number, several = number + 1, several + (len(everybody) > 1)
                kept = everybody if people == "track" else _chosen(path, key, frame, everybody, index, report)
                detections += _usable(path, key, frame, kept, info, report)
            if several and people != "track":
                who = "the first one is" if index is None else "the one that the index names is"
                reason = f"{several} of {number} frames have several people, {who} kept (data.people)"
                report.add(folder, reason, sequence=key.name)
            if people == "track":
                sequence = walker(folder, key, detections, info, report, tracking or Tracking(), lost_joints)
            else:
                sequence = completed(folder, key, detections, info, report, lost_joints)
            walk = Walk(key, folder, tuple(digests))
            yield walk._replace(frame=sequence[0], keypoints=sequence[1]) if sequence else walk


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
        files: dict[int, Path] = {}
        for path in visible_files(folder, ".json"):
            frame = _frame_of(path.name)
            if frame is None:
                report.add(path, "names no frame, expected a file named like 0012_keypoints.json", sequence=key.name)
            elif frame in files:
                report.add(path, f"frame again, {files[frame].name} is used", sequence=key.name, frame=frame)
            else:
                files[frame] = path
                yield key, folder, frame, path


def _frame_of(name: str) -> int | None:
    """The last number of a file's name or, for the names of OUMVLP-Pose's subject 00001, its only four digits."""
    match = _FRAME_NAME.fullmatch(name)
    if match:
        return int(match["frame"]) if int(match["frame"]) <= _LAST_FRAME else None
    numbers = _FOUR_DIGITS.findall(name)
    return int(numbers[0]) if len(numbers) == 1 else None


def selected_people(root: Path, key: SequenceKey) -> tuple[str, str, dict[int, int]]:
    """OpenGait's choice of the walker, ``subject/sequence/view/pose_selection_idx.pkl``, a dict ``{"0021": 1}``.

    Returns:
        The file's path in ``root``, its SHA-256, and frame -> the person's place in the frame's list.

    Raises:
        DataError: there is no such file, or it holds anything else.
    """
    path = root / key.subject / key.sequence / key.view / _INDEX
    expected = 'OpenGait\'s choice of people, a dict {"0021": 1} (data.people_index)'
    content = read_source(path, expected, _MOST_INDEX_BYTES)
    places = load_numbers(path, content, expected)
    named = {int(name): place for name, place in places.items() if name.isdecimal()}
    return path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest(), named


def _people(path: Path, key: SequenceKey, frame: int, content: bytes, report: DropReport) -> list[Any]:
    """The people of a file; none where it cannot be read."""
    try:
        people = _list_of_people(parse(content))
    except MalformedError as reason:
        report.add(path, f"{reason}, expected OpenPose's people", sequence=key.name, frame=frame)
        return []
    if not people:
        report.add(path, "nobody found", sequence=key.name, frame=frame)
    return people


def _usable(
    path: Path, key: SequenceKey, frame: int, people: list[Any], info: PoseInfo, report: DropReport
) -> Iterator[Detection]:
    """The people of a frame that are usable; the others are reported."""
    for person in people:
        try:
            yield _person(path, frame, person, info, report)
        except MalformedError as reason:
            report.add(path, str(reason), sequence=key.name, frame=frame)


def _chosen(
    path: Path, key: SequenceKey, frame: int, people: list[Any], index: Mapping[int, int] | None, report: DropReport
) -> list[Any]:
    """One person of a frame: the first, or the one that the index names; none where it names nobody."""
    place = 0 if index is None else index.get(frame, -1)
    if people and not 0 <= place < len(people):
        found = "no entry for this frame" if place < 0 else f"person {place} of {len(people)}"
        report.add(path, f"{found} in the index of people, the frame is left out", sequence=key.name, frame=frame)
    return people[place : place + 1] if place >= 0 else []


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
