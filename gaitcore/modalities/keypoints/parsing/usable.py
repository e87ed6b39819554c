"""The usable frames of one sequence; what is left out is reported."""

from pathlib import Path

import numpy as np

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.bounds import faults, normalised
from gaitcore.modalities.keypoints.table import PoseInfo
from gaitcore.modalities.report import DropReport


def usable_frames(
    path: Path, key: SequenceKey, frame: np.ndarray, keypoints: np.ndarray, info: PoseInfo, report: DropReport
) -> tuple[np.ndarray, np.ndarray] | None:
    """The frames of a sequence that :func:`gaitcore.modalities.keypoints.bounds.faults` has nothing against.

    Args:
        path: the file they are from, for the report.
        key: the sequence's.
        frame: (T,) frame numbers.
        keypoints: (T, 17, 3), or (T, 17, 4) with a z, of any type of number.
        info: the camera's frame size.
        report: what is left out, frame by frame.

    Returns:
        The frame numbers (t,) int32 and the keypoints (t, 17, 3 or 4) float32; None where no frame is usable or the
        coordinates are fractions of the picture.
    """
    bad = faults(keypoints, info.frame_width, info.frame_height)
    for row, reason in bad.items():
        report.add(path, reason, sequence=key.name, frame=int(frame[row]))
    if len(bad) == len(frame):
        return None
    good = np.ones(len(frame), bool)
    good[list(bad)] = False
    frame, keypoints = frame[good].astype(np.int32), keypoints[good].astype(np.float32)
    reason = normalised(keypoints, info.frame_width, info.frame_height)
    if reason:
        report.add(path, reason, sequence=key.name)
        return None
    return frame, keypoints
