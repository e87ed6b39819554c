"""From a pose network's maps to points and confidences, in the pixels of the map.

Three published ways: HRNet's quarter pixel, ViTPose's DARK, RTMPose's SimCC. The last two follow rtmlib 0.0.16.
"""

import cv2
import numpy as np

_DARK_KERNEL = 11  # pixels, of the Gaussian that smooths a map
_DARK_RANGE = (0.001, 50)  # a map is clipped to this before its logarithm
_EPSILON = np.finfo(np.float32).eps


def highest(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each map (N, J, H, W) is highest: points (N, J, 2) as x, y, and the values there (N, J)."""
    number, joints, _, width = maps.shape
    flat = maps.reshape(number, joints, -1)
    index = flat.argmax(axis=2)
    points = np.stack([index % width, index // width], axis=-1).astype(np.float32)
    return points, np.take_along_axis(flat, index[..., None], axis=2)[..., 0]


def quarter_pixel(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """HRNet's decoding: the highest pixel, moved a quarter of a pixel toward its higher neighbour on each axis.

    Source: Sun et al., CVPR 2019, section 4.1, and the published code: a map without a positive value gives (0, 0); a
    maximum in the first two or in the last row or column is not moved. Points (N, J, 2), confidence (N, J): the raw
    maximum.
    """
    height, width = maps.shape[2:]
    points, value = highest(maps)
    points[value <= 0] = 0
    for n, joint in np.ndindex(value.shape):
        x, y = points[n, joint].astype(int)
        if 1 < x < width - 1 and 1 < y < height - 1:
            one = maps[n, joint]
            slope = (one[y, x + 1] - one[y, x - 1], one[y + 1, x] - one[y - 1, x])
            points[n, joint] += 0.25 * np.sign(slope)
    return points, value


def dark(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """DARK: one Newton step from the highest pixel on the logarithm of the smoothed map.

    Source: Zhang et al., CVPR 2020, and Huang et al. (UDP), CVPR 2020. Points (N, J, 2), confidence (N, J): the raw
    maximum; a map without a positive value gives (-1, -1).
    """
    points, value = highest(maps)
    for n, joint in np.ndindex(value.shape):
        points[n, joint] = _newton(maps[n, joint], points[n, joint]) if value[n, joint] > 0 else -1
    return points, value


def _newton(one: np.ndarray, point: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(one, (_DARK_KERNEL, _DARK_KERNEL), 0)
    log = np.pad(np.log(np.clip(smooth, *_DARK_RANGE)), 1, mode="edge")
    x, y = point.astype(int) + 1
    around = log[y - 1 : y + 2, x - 1 : x + 2]
    (a, up, _), (left, here, right), (_, down, b) = around
    slope = np.array([right - left, down - up]) / 2
    mixed = (b - right - down + 2 * here - left - up + a) / 2
    curve = np.array([[right - 2 * here + left, mixed], [mixed, down - 2 * here + up]])
    return point - np.linalg.inv(curve + _EPSILON * np.eye(2)) @ slope


def simcc(x_bins: np.ndarray, y_bins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """SimCC: x and y are classified apart, (N, J, bins) each -> points (N, J, 2) in bins, confidence (N, J).

    Source: Li et al., ECCV 2022; Jiang et al., RTMPose, 2023. The confidence is the mean of both maxima; where it is
    not positive, the point is (-1, -1).
    """
    points = np.stack([x_bins.argmax(axis=2), y_bins.argmax(axis=2)], axis=-1).astype(np.float32)
    value = (x_bins.max(axis=2) + y_bins.max(axis=2)) / 2
    points[value <= 0] = -1
    return points, value
