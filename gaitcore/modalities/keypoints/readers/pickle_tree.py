"""Pickle trees as OpenGait, FastPoseGait and CASIA-B-Pose use them: one array (T, 17, 3) per sequence, or (T, 17, 4).

Layout: ``subject/condition-sequence/view/<any>.pkl``, e.g. ``001/nm-01/090/090.pkl``, or any other that ``tree``
describes; x and y in pixels, confidence, and a z (depth in pixels) where the estimator estimates it; COCO-17 order.
Files of ``numpy.save`` (.npy) are read too, and arrays of other shapes and skeletons, see :func:`_as_poses`. Unpickling
can execute arbitrary code; here only arrays and plain values are allowed (:mod:`gaitcore.modalities.pickles`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.parsing.hidden_joints import complete
from gaitcore.modalities.keypoints.parsing.skeletons import COCO_17, COCO_18, COCO_FIRST, by_points
from gaitcore.modalities.keypoints.parsing.usable import usable_frames
from gaitcore.modalities.keypoints.skeleton import CHANNELS, NUM_JOINTS, NUM_VALUES
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.modalities.keypoints.walks import Walk, each_once, table_of_walks
from gaitcore.modalities.pickles import load_array
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.source_files import read_source
from gaitcore.modalities.trees import CASIA_B, sequence_pickles
from gaitcore.settings.data import Tree

LABEL = "pickle tree"
EXPECTED = "a folder with subject/condition-sequence/view/<any>.pkl, e.g. 001/nm-01/090/"
ENDINGS = (".pkl", ".pickle", ".npy")

SKELETONS = by_points(COCO_17, COCO_18, *COCO_FIRST)

_EXPECTED = "a folder of subject/condition-sequence/view/<any>.pkl, e.g. 001/nm-01/090/"
_ARRAY = "one array (T, 17, 3) of numbers"
_SHAPES = "expected (T, 17, 3), or (T, 17, 4) with a z"
_XY = 2  # channels without a confidence
_FLAT = {
    NUM_VALUES: (0, NUM_JOINTS),  # numbers a frame -> how many stand before the points, and the points
    NUM_JOINTS * _XY: (0, NUM_JOINTS),
    COCO_18.points * len(CHANNELS): (0, COCO_18.points),
    NUM_VALUES + 2: (2, NUM_JOINTS),  # GREW's and Gait3D's rows of text
}

_Poses = tuple[np.ndarray, np.ndarray]


def read(
    paths: Sequence[Path],
    info: PoseInfo,
    report: DropReport,
    *,
    tree: Tree = CASIA_B,
    lost_joints: str = "left_out",
) -> PoseTable:
    """Read one or more folders of pickles as one table; a sequence's frames are numbered from 1.

    Noted in ``report`` and left out: a path that names no sequence, a folder without a pickle or with several (it is
    unknown which holds the poses), a second pickle of a sequence, an array of another shape, a frame that is out of
    bounds. Noted are also joints that were not found (``hidden_joints.complete``), and what arrays of other shapes
    lack.

    Raises DataError for a pickle that is damaged or holds anything but numbers, and where no sequence is usable.
    """
    found = walks(paths, info, report, tree=tree, lost_joints=lost_joints)
    return table_of_walks(found, paths, expected(tree), info, report)


def expected(tree: Tree = CASIA_B) -> str:
    """The layout, for messages."""
    return _EXPECTED if tree == CASIA_B else f"a folder of {tree.folders}/<any>.pkl (data.tree)"


def walks(
    paths: Sequence[Path],
    info: PoseInfo,
    report: DropReport,
    *,
    tree: Tree = CASIA_B,
    lost_joints: str = "left_out",
) -> Iterator[Walk]:
    """The sequences one after the other; see :func:`read`."""
    for root, key, path in each_once(paths, partial(find, tree=tree), report):
        content = read_source(path, "a pickle of poses")
        walk = Walk(key, path, ((path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()),))
        poses = _sequence(path, key, load_array(path, content, _ARRAY), info, report, lost_joints)
        yield walk._replace(frame=poses[0], keypoints=poses[1]) if poses else walk


def find(root: Path, report: DropReport, *, tree: Tree = CASIA_B) -> Iterator[tuple[SequenceKey, Path]]:
    """Each sequence of a folder and its file; what names none is reported."""
    return sequence_pickles(root, report, tree)


def _sequence(
    path: Path, key: SequenceKey, array: np.ndarray, info: PoseInfo, report: DropReport, lost_joints: str
) -> _Poses | None:
    keypoints = _as_poses(path, array, report)
    if keypoints is None:
        report.add(path, f"an array {array.shape}, {_SHAPES}", sequence=key.name)
        return None
    frames = np.arange(1, len(keypoints) + 1, dtype=np.int32)
    usable = usable_frames(path, key, frames, keypoints, info, report)
    if usable is None:
        return None
    completed = complete(*usable, path, key, report, lost_joints)
    return None if completed is None else (usable[0], completed)


def _as_poses(path: Path, array: np.ndarray, report: DropReport) -> np.ndarray | None:
    """An array as keypoints (T, 17, 3) or (T, 17, 4) float32; None where its shape is no sequence's.

    Read are also one person's (T, 1, 17, 3) or (1, T, 17, 3); (T, 51) and (T, 34), the numbers of a frame in a row;
    (T, 53), the rows of GREW's and Gait3D's text files, without their first two numbers; (T, 17, 2) without a
    confidence, which becomes 1; and 18 points (COCO-18) or 26, 133 or 136, of which the first 17 are COCO's.
    """
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is reported as such
        values = array.astype(np.float32)
    if values.ndim == 4 and 1 in values.shape[:2]:
        values = values.squeeze(1 if values.shape[1] == 1 else 0)
    if values.ndim == 2 and values.shape[1] in _FLAT:
        before, points = _FLAT[values.shape[1]]
        if before:
            report.add_once(path, f"{values.shape[1]} numbers a frame, the first {before} are not used")
        values = values[:, before:].reshape(len(values), points, -1)
    if values.ndim != 3 or values.shape[1] not in SKELETONS or not len(values):
        return None
    skeleton, channels = SKELETONS[values.shape[1]], values.shape[2]
    if channels not in (_XY, len(CHANNELS), len(CHANNELS) + 1):
        return None
    if skeleton is not COCO_17:
        which = "the 17 of COCO are read, without the neck" if skeleton is COCO_18 else "the first 17 are read"
        report.add_once(path, f"{skeleton.points} points a frame ({skeleton.name}), {which}")
    if channels == _XY:
        report.add_once(path, f"{skeleton.points} points without a confidence, which is set to 1")
        values = np.concatenate([values, np.ones_like(values[..., :1])], axis=-1)
    return np.ascontiguousarray(values[:, list(skeleton.coco)])
