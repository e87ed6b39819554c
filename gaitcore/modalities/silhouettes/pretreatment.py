"""The published cut and alignment of a raw silhouette to 64 x 64.

Source: Chao et al., GaitSet (AAAI 2019), published code (``cut_img``); OpenGait's is the same. A frame is cut to its
first and last row with a white pixel, resized to a height of 64 with its width in proportion, and cut to the 32 columns
on each side of its centre. The resizing is bicubic with the kernel of OpenCV (a = -0.75, pixel centres, no
antialiasing), so that its pixels are OpenCV's.
"""

from functools import lru_cache

import numpy as np

SIZE = 64  # pixels, both ways
COLUMNS = slice(10, 54)  # that networks take; GaitSet, published code: a tenth of each side is cut off
DARKEST = 10_000  # a frame whose pixel values sum to this or less is dropped: fewer than 40 white pixels

_SHARPNESS = -0.75  # OpenCV's a
_TAPS = np.arange(-1, 3)  # pixels that a pixel is made of, relative to the one at or before its place


def is_dark(mask: np.ndarray) -> bool:
    """Whether a raw frame (H, W) uint8 has too few white pixels to be used."""
    return int(mask.sum(dtype=np.int64)) <= DARKEST


def aligned(mask: np.ndarray) -> np.ndarray:
    """A raw frame, cut and aligned.

    Args:
        mask: (H, W) uint8, 0 to 255, at least one pixel not 0.

    Returns:
        (64, 64) uint8; as published, pixels at outlines stay grey.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    cut = mask[rows[0] : rows[-1] + 1]
    resized = _resized(cut, SIZE, int(SIZE * cut.shape[1] / cut.shape[0]))
    white = resized.sum(axis=0, dtype=np.int64).cumsum()
    centre = int(np.argmax(white > white[-1] / 2))
    left, right = centre - SIZE // 2, centre + SIZE // 2
    if left <= 0 or right >= resized.shape[1]:
        resized = np.pad(resized, ((0, 0), (SIZE // 2, SIZE // 2)))
        left, right = left + SIZE // 2, right + SIZE // 2
    return resized[:, left:right]


def _resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """An image (H, W) uint8 resized, rounded to whole pixel values and clipped."""
    places, weights = _kernel(image.shape[0], height)
    tall = np.einsum("hkw,hk->hw", image[places].astype(np.float64), weights)
    places, weights = _kernel(image.shape[1], width)
    wide = np.einsum("hwk,wk->hw", tall[:, places], weights)
    return wide.round().clip(0, 255).astype(np.uint8)


@lru_cache(maxsize=1024)
def _kernel(before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """(after, 4) places and weights of the pixels that each pixel is made of; at an edge, the last one is repeated."""
    at = (np.arange(after) + 0.5) * before / after - 0.5
    whole = np.floor(at).astype(np.int64)[:, None]
    distance = np.abs(at[:, None] - whole - _TAPS)
    a = _SHARPNESS
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    return (whole + _TAPS).clip(0, before - 1), np.where(distance <= 1, near, far)
