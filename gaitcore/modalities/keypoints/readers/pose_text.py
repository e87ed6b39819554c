"""Rows of text, as GREW and Gait3D have them: 53 numbers a frame, separated by commas.

The first two numbers are not used (nobody says what they are); 17 x (x, y, confidence) follow, COCO-17, in pixels of a
crop of the person. A sequence is a folder of files with one row each, ``human_crop_f11627.txt`` (Gait3D) or
``00001_2d_pose.txt`` (GREW), or one file with a row for each frame. Zheng et al., CVPR 2022; Zhu et al., ICCV 2021.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from gaitcore.keys import SequenceKey, natural
from gaitcore.modalities.keypoints.parsing.hidden_joints import complete
from gaitcore.modalities.keypoints.parsing.usable import usable_frames
from gaitcore.modalities.keypoints.skeleton import CHANNELS, NUM_JOINTS, NUM_VALUES
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.keypoints.walks import Walk, each_once, table_of_walks
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.source_files import read_source
from gaitcore.modalities.trees import sequence_places
from gaitcore.settings.data import Tree

LABEL = "HRNet"
EXPECTED = "a folder with subject/sequence/view/<frame>.txt, e.g. 0000/camid0_videoid2/seq0/human_crop_f11627.txt"

GAIT3D = Tree(folders="subject/sequence/view", constant={"condition": "nm"})
ENDING = ".txt"

_BEFORE = 2  # numbers of a row before the points
_ROW = f"{_BEFORE + NUM_VALUES} numbers (two and 17 x (x, y, confidence)), separated by commas"
_MOST_BYTES = 1 << 26  # of a file; a row has 1 kB
_LONGEST_ROW = 4096
_AS_TEXT = "frames are in the order of their files' names as text, so that f10000 comes before f9999 (data.frame_order)"
_DIFFERS = "the order of the frames differs from that of their files' names as text, which the toolboxes' pickles have"


def read(
    paths: Sequence[Path],
    info: PoseInfo,
    report: DropReport,
    *,
    tree: Tree = GAIT3D,
    lost_joints: str = "left_out",
    frame_order: str = "number",
) -> PoseTable:
    """Read the text files in one or more folders as one table; a sequence's frames are numbered from 1.

    Noted in ``report`` and left out: a path that names no sequence, a sequence found twice, a row without 53 numbers, a
    frame that is out of bounds. Noted are also joints that were not found, and how frames are ordered.

    Raises DataError where a path is no folder or no sequence is usable.
    """
    found = walks(paths, info, report, tree=tree, lost_joints=lost_joints, frame_order=frame_order)
    return table_of_walks(found, paths, expected(tree), info, report)


def expected(tree: Tree = GAIT3D) -> str:
    """The layout, for messages."""
    return f"a folder of {tree.folders}/<frame>{ENDING}"


def walks(
    paths: Sequence[Path],
    info: PoseInfo,
    report: DropReport,
    *,
    tree: Tree = GAIT3D,
    lost_joints: str = "left_out",
    frame_order: str = "number",
) -> Iterator[Walk]:
    """The sequences one after the other; see :func:`read`."""
    find = partial(sequence_places, holds=f"<frame>{ENDING}", endings=(ENDING,), tree=tree)
    for root, key, place in each_once(paths, find, report):
        files = _in_order(place, frame_order, report)
        if not files:
            report.add(place, f"no file *{ENDING} in it", sequence=key.name)
        digests, rows = [], []
        for file in files:
            content = read_source(file, _ROW, _MOST_BYTES)
            digests.append((file.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()))
            rows += _rows(file, key, content, report)
        walk = Walk(key, place, tuple(digests))
        poses = _poses(place, key, rows, info, report, lost_joints)
        yield walk._replace(frame=poses[0], keypoints=poses[1]) if poses else walk


def _in_order(place: Path, frame_order: str, report: DropReport) -> list[Path]:
    """The files of a sequence in the order of their frames; ``place`` is their folder, or the only file."""
    if not place.is_dir():
        return [place]
    files = [file for file in place.iterdir() if file.suffix == ENDING and not file.name.startswith(".")]
    as_text = sorted(files, key=lambda file: file.name)
    as_numbers = sorted(files, key=lambda file: natural(file.name))
    if as_text != as_numbers:
        report.add_once(place, _AS_TEXT if frame_order == "text" else _DIFFERS)
    return as_text if frame_order == "text" else as_numbers


def _rows(file: Path, key: SequenceKey, content: bytes, report: DropReport) -> list[list[float]]:
    """The numbers of each row after the first two; other rows are reported."""
    rows = []
    for line, text in enumerate(content.splitlines(), start=1):
        if not text.strip():
            continue
        cells = text[:_LONGEST_ROW].strip().rstrip(b",").split(b",")
        try:
            if len(cells) != _BEFORE + NUM_VALUES or len(text) > _LONGEST_ROW:
                raise ValueError
            rows.append([float(cell) for cell in cells[_BEFORE:]])
        except ValueError:
            found = f"{len(cells)} values" if len(cells) != _BEFORE + NUM_VALUES else "text that is no number"
            report.add(file, f"{found}, expected {_ROW}", line=line, sequence=key.name)
    if not rows:
        report.add(file, f"no row of {_ROW} in it", sequence=key.name)
    return rows


def _poses(
    place: Path, key: SequenceKey, rows: list[list[float]], info: PoseInfo, report: DropReport, lost_joints: str
) -> tuple[np.ndarray, np.ndarray] | None:
    if not rows:
        return None
    with np.errstate(over="ignore"):
        keypoints = np.array(rows, np.float64).astype(np.float32).reshape(-1, NUM_JOINTS, len(CHANNELS))
    usable = usable_frames(place, key, np.arange(1, len(rows) + 1, dtype=np.int32), keypoints, info, report)
    if usable is None:
        return None
    completed = complete(*usable, place, key, report, lost_joints)
    return None if completed is None else (usable[0], completed)
