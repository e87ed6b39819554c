"""Joints that an estimator did not find: it writes (0, 0), which is no position but the corner of the picture.

A joint that is missing in some frames is interpolated between the frames before and after. One that is missing in all
frames, such as the face of a walker seen from behind or the far eye and ear of one seen from the side, is put where
the body has it, in each frame:

- at the same joint of the other side, which hides it;
- where both sides are missing, and for the nose: in the middle of the joints of the head that were found, or, where
  none was, above the shoulders at the height of the eyes.

Its confidence is 0. A sequence in which both shoulders, elbows, wrists, hips, knees or ankles are missing in all
frames is left out, or, as the setting ``data.lost_joints`` says, the joint is placed at the next one towards the head.
"""

from pathlib import Path

import numpy as np

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.skeleton import BODY_PARTS, CHANNEL_INDEX, INDEX, JOINTS, OTHER_SIDE, TOWARDS_HEAD
from gaitcore.modalities.report import DropReport

# Eyes above shoulders, as a share of shoulders above hips: (0.936 - 0.818) / (0.818 - 0.530) of the stature
# (Drillis and Contini 1966, as in Winter, Biomechanics and Motor Control of Human Movement, 4th edition, figure 4.1).
_HEAD_ABOVE_SHOULDERS = 0.41

_HEAD = BODY_PARTS["head"]
_SHOULDERS = (INDEX["left_shoulder"], INDEX["right_shoulder"])
_HIPS = (INDEX["left_hip"], INDEX["right_hip"])
_CONFIDENCE = CHANNEL_INDEX["confidence"]
_OF_THE_OTHER_SIDE, _IN_THE_HEAD = "the joint of the other side", "the middle of the joints of the head"
_ABOVE = "the height of the eyes above the shoulders"


def found(keypoints: np.ndarray) -> np.ndarray:
    """(..., 17, C) keypoints -> (..., 17) bool: which joints have a position."""
    return (keypoints[..., :2] != 0).any(axis=-1)


def complete(
    frame: np.ndarray,
    keypoints: np.ndarray,
    place: Path,
    key: SequenceKey,
    report: DropReport,
    lost_joints: str = "left_out",
) -> np.ndarray | None:
    """A sequence with a position for every joint.

    Args:
        frame: (T,) frame numbers, ascending.
        keypoints: (T, 17, 3), or (T, 17, 4) with a z; x = y = 0 where a joint was not found.
        place: the sequence's file or folder, for the report.
        key: the sequence's.
        report: notes what was put where, and why a sequence cannot be completed.
        lost_joints: "left_out" or "placed", what becomes of a sequence in which a joint is missing on both sides.

    Returns:
        The keypoints, unchanged where all joints were found; None where a joint is missing on both sides, and is not
        to be placed or has no joint towards the head that was found.
    """
    detected = found(keypoints)
    if detected.all():
        return keypoints
    never = np.logical_not(detected.any(axis=0))
    lost = [joint for joint in np.flatnonzero(never).tolist() if joint not in _HEAD and never[OTHER_SIDE[joint]]]
    if lost and (lost_joints == "left_out" or not all(_next_found(joint, never) for joint in lost)):
        names = ", ".join(JOINTS[joint] for joint in lost)
        report.add(place, f"{names} in none of {len(frame)} frames, the sequence is left out", sequence=key.name)
        return None
    keypoints = keypoints.copy()
    _interpolate(frame, keypoints, detected)
    keypoints[~detected, _CONFIDENCE] = 0
    between = int((~detected[:, ~never]).sum())
    if between:
        reason = f"{between} joints not found, interpolated between the frames before and after"
        report.add(place, reason, sequence=key.name)
    for joint in lost:
        keypoints[:, joint, _positions(keypoints)] = keypoints[:, _next_found(joint, never), _positions(keypoints)]
    if lost:
        names = ", ".join(JOINTS[joint] for joint in lost)
        reason = f"{names} in none of {len(frame)} frames, put at the next joint towards the head with confidence 0"
        report.add(place, reason, sequence=key.name)
        never[lost] = False
    for where, joints in _place(keypoints, never).items():
        names = ", ".join(JOINTS[joint] for joint in joints)
        reason = f"{names} in none of {len(frame)} frames, put at {where} with confidence 0"
        report.add(place, reason, sequence=key.name)
    return keypoints


def _next_found(joint: int, never: np.ndarray) -> int:
    """The first joint towards the head that was found in some frame; 0, the nose, where there is none."""
    while never[joint] and joint not in _HEAD:
        joint = TOWARDS_HEAD[joint]
    return 0 if never[joint] else joint


def _positions(keypoints: np.ndarray) -> list[int]:
    return [channel for channel in range(keypoints.shape[-1]) if channel != _CONFIDENCE]


def _interpolate(frame: np.ndarray, keypoints: np.ndarray, detected: np.ndarray) -> None:
    """Fill in place the joints that were found in some frames."""
    for joint in np.flatnonzero(~detected.all(axis=0) & detected.any(axis=0)):
        known = detected[:, joint]
        for axis in _positions(keypoints):
            keypoints[~known, joint, axis] = np.interp(frame[~known], frame[known], keypoints[known, joint, axis])


def _place(keypoints: np.ndarray, never: np.ndarray) -> dict[str, list[int]]:
    """Fill in place the joints that were never found; which of them were put where."""
    placed: dict[str, list[int]] = {}
    channels = _positions(keypoints)
    seen = [joint for joint in _HEAD if not never[joint]]
    for joint in sorted(np.flatnonzero(never).tolist(), key=_HEAD.__contains__):  # the head's place follows the body's
        other = OTHER_SIDE[joint]
        if not never[other]:
            where, position = _OF_THE_OTHER_SIDE, keypoints[:, other]
        elif seen:
            where, position = _IN_THE_HEAD, keypoints[:, seen].mean(axis=1)
        else:
            shoulders = keypoints[:, _SHOULDERS].mean(axis=1)
            above = _HEAD_ABOVE_SHOULDERS * (shoulders - keypoints[:, _HIPS].mean(axis=1))
            where, position = _ABOVE, shoulders + above
        keypoints[:, joint, channels] = position[:, channels]
        placed.setdefault(where, []).append(joint)
    return placed
