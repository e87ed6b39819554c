"""Pickle trees as OpenGait, FastPoseGait and CASIA-B-Pose use them: one array (T, 17, 3) per sequence, or (T, 17, 4).

Layout: ``subject/condition-sequence/view/<any>.pkl``, e.g. ``001/nm-01/090/090.pkl``; x and y in pixels, confidence,
and a z (depth in pixels) where the estimator estimates it; COCO-17 order. Unpickling can execute arbitrary code; here
only numpy arrays and plain values are allowed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.skeleton import CHANNELS, NUM_JOINTS
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, combined_digest, table_of_sequences
from gaitcore.modalities.pickles import load_array, read_bytes
from gaitcore.modalities.report import DropReport
from gaitcore.modalities.trees import sequence_pickles

LABEL = "pickle tree"
EXPECTED = "a folder with subject/condition-sequence/view/<any>.pkl, e.g. 001/nm-01/090/"

_EXPECTED = "a folder of subject/condition-sequence/view/<any>.pkl, e.g. 001/nm-01/090/"
_ARRAY = "one array (T, 17, 3) of numbers"

_Poses = tuple[np.ndarray, np.ndarray]


def read(paths: Sequence[Path], info: PoseInfo, report: DropReport) -> PoseTable:
    """Read one or more folders of pickles as one table; a sequence's frames are numbered from 1.

    Noted in ``report`` and left out: a path that names no sequence, a view folder without a pickle or with several
    (it is unknown which holds the poses), a second pickle of a sequence, an array that is not (T, 17, 3), a frame with
    a NaN or infinite coordinate.

    Raises DataError for a pickle that is damaged or holds anything but numbers, and where no sequence is usable.
    """
    poses: dict[SequenceKey, _Poses] = {}
    files: dict[SequenceKey, Path] = {}
    digests = []
    for root in paths:
        for key, path in sequence_pickles(root, report):
            if key in files:
                report.add(path, f"sequence twice, {files[key]} is used", sequence=key.name)
                continue
            content = read_bytes(path, "poses")
            files[key] = path
            digests.append((path.relative_to(root).as_posix(), hashlib.sha256(content).hexdigest()))
            sequence = _usable_frames(path, key, load_array(path, content, _ARRAY), report)
            if sequence is not None:
                poses[key] = sequence
    if not poses:
        first = f" {report.sentence(0)}." if len(report) else ""
        raise DataError(f"{', '.join(map(str, paths))}: no usable sequence, expected {_EXPECTED}.{first}")
    with_z = {key: keypoints.shape[-1] > len(CHANNELS) for key, (_, keypoints) in poses.items()}
    if len(set(with_z.values())) > 1:
        flat, deep = (next(key for key, has in with_z.items() if has is wanted) for wanted in (False, True))
        raise DataError(f"{files[deep]} has a z and {files[flat]} has none; give all sequences one, or none.")
    return table_of_sequences(poses, replace(info, source_digest=combined_digest(digests)))


def _usable_frames(path: Path, key: SequenceKey, array: np.ndarray, report: DropReport) -> _Poses | None:
    channels = (len(CHANNELS), len(CHANNELS) + 1)  # with a z
    if array.ndim != 3 or array.shape[1] != NUM_JOINTS or array.shape[2] not in channels or not len(array):
        report.add(path, f"an array {array.shape}, expected (T, 17, 3), or (T, 17, 4) with a z", sequence=key.name)
        return None
    keypoints = array.astype(np.float32)
    finite = np.isfinite(keypoints).all(axis=(1, 2))
    for row in np.flatnonzero(~finite).tolist():
        report.add(path, "a NaN or infinite coordinate", sequence=key.name, frame=row + 1)
    if not finite.any():
        return None
    return np.flatnonzero(finite).astype(np.int32) + 1, keypoints[finite]
