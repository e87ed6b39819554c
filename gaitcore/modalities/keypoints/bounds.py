"""What a frame of keypoints must be, whatever reader or estimator made it: one check for all of them.

A frame cannot be used that has a NaN or infinite value, a coordinate farther from the corner of the picture than
``COORDINATE_LIMIT`` of its widths or heights, a confidence outside ``CONFIDENCES``, or all 17 joints at (0, 0), which
estimators write where they found nobody; nor can a sequence whose coordinates are fractions of the picture.

Estimators give points outside the picture, but never far: in PsyMo's AlphaPose results up to 0.2 heights of the
frame below it. Confidences are mostly from 0 to 1; raw maxima of heat maps reach 1.3 and raw scores of SimCC networks
6 and more, so those up to 20 are kept, and reported once.
"""

import numpy as np

from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX, CHANNELS, DEPTH, JOINTS, NUM_JOINTS

COORDINATE_LIMIT = 10  # widths of the frame for x and z, heights for y
CONFIDENCES = (-1.0, 20.0)
USUAL_CONFIDENCES = (0.0, 1.5)
CROP_LIMIT = 10_000  # pixels, where the frame's size is not known since coordinates are those of a crop of the person
NORMALISED = 2.0  # pixels: nobody walks within two pixels of the corner of the picture

_CROP_MARGIN = 0.5  # body heights from the corner of a crop to the person; a box is enlarged by a quarter as a rule
CROP_LEAST = 100  # frames, with fewer of which nothing is said about crops
CROP_SHARE = 0.95  # of the frames, from which on coordinates look like those of crops

ZEROS = f"all {NUM_JOINTS} joints at (0, 0), nobody was detected"
NOT_FINITE = "a NaN or infinite coordinate"


def faults(keypoints: np.ndarray, width: int, height: int) -> dict[int, str]:
    """The frames that cannot be used, and why.

    Args:
        keypoints: (N, 17, 3) or, with a z, (N, 17, 4): x and y in pixels, confidence, z in pixels.
        width: of the camera frame, pixels; 0 where it is not known.
        height: of the camera frame, pixels; 0 where it is not known.

    Returns:
        Row -> reason, in the order of the rows; empty where all frames are usable.
    """
    if not len(keypoints):
        return {}
    values = keypoints.reshape(len(keypoints), -1)
    low, high = _limits(keypoints.shape[2], width, height)
    # Most tables have no fault, so the extremes of the columns are compared first; a NaN fails every comparison.
    suspect = np.flatnonzero(~((values.min(axis=0) >= low) & (values.max(axis=0) <= high)))
    outside = ~((values[:, suspect] >= low[suspect]) & (values[:, suspect] <= high[suspect])).all(axis=1)
    zero = np.flatnonzero((values[:, 0] == 0) & (values[:, 1] == 0))
    zero = zero[(keypoints[zero, :, :2] == 0).all(axis=(1, 2))]
    rows = np.union1d(np.flatnonzero(outside), zero).tolist()
    return {row: _reason(values[row], low, high, bool(width)) for row in rows}


def normalised(keypoints: np.ndarray, width: int, height: int) -> str:
    """Why the coordinates of a sequence are fractions and not pixels; empty where they are pixels.

    Args:
        keypoints: (T, 17, 3) or (T, 17, 4), usable frames of one sequence.
        width: of the camera frame, pixels.
        height: of the camera frame, pixels.
    """
    if not len(keypoints) or 0 < min(width, height) <= NORMALISED:
        return ""
    low, high = float(keypoints[..., :2].min()), float(keypoints[..., :2].max())
    if max(-low, high) > NORMALISED:
        return ""
    expected = f"pixels of a frame of {width} x {height}" if width and height else "pixels"
    return f"coordinates from {low:.3g} to {high:.3g}, expected {expected}"


def at_corner(keypoints: np.ndarray) -> np.ndarray:
    """(N,) bool: the frames whose person is at the corner of the picture, as in a crop of the person.

    Args:
        keypoints: (N, 17, 3) or (N, 17, 4).
    """
    low, high = keypoints[..., :2].min(axis=1), keypoints[..., 1].max(axis=1)
    near: np.ndarray = np.abs(low).max(axis=1) <= _CROP_MARGIN * (high - low[:, 1])
    return near


def _limits(channels: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest value of each number of a frame, (17 x channels,)."""
    x, y = COORDINATE_LIMIT * width or CROP_LIMIT, COORDINATE_LIMIT * height or CROP_LIMIT
    by_channel = {"x": (-x, x), "y": (-y, y), "confidence": CONFIDENCES, DEPTH: (-x, x)}
    limits = np.array([by_channel[name] for name in CHANNEL_INDEX][:channels], np.float64)
    low, high = np.tile(limits, (NUM_JOINTS, 1)).T
    return low, high


def _reason(values: np.ndarray, low: np.ndarray, high: np.ndarray, of_frame: bool) -> str:
    if not np.isfinite(values).all():
        return NOT_FINITE
    outside = np.flatnonzero((values < low) | (values > high))
    if not len(outside):
        return ZEROS
    first = int(outside[0])
    joint, channel = divmod(first, len(values) // NUM_JOINTS)
    name = (*CHANNELS, DEPTH)[channel]
    frames = f" ({COORDINATE_LIMIT} frames)" if of_frame else ""
    unit = "" if name == "confidence" else f" pixels{frames}"
    return f"{name} of {JOINTS[joint]} is {values[first]:g}, expected {low[first]:g} to {high[first]:g}{unit}"
