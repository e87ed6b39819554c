"""The walker's mask in a frame: cut out the square around the box, segment it, put the mask back into the frame.

The box is that of the pose in the same frame, so that both modalities show the same person. Whatever else the network
takes for a person is left out: pieces of the mask that lie mostly outside the box, and specks. Without that, a speck
above the head would be the silhouette's first row.
"""

import cv2
import numpy as np

from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.modalities.keypoints.video.crops import crop_of
from gaitcore.modalities.keypoints.video.people import box_of
from gaitcore.modalities.silhouettes.video.segmenters import Segmenter

WHITE = 255
_SPECK = 1 / 50  # of the largest piece: smaller ones are left out


def walker_mask(image: np.ndarray, keypoints: np.ndarray, segmenter: Segmenter, threshold: float) -> np.ndarray:
    """The silhouette of the person with a pose.

    Args:
        image: a frame (H, W, 3) of RGB bytes.
        keypoints: (17, 3), pixels of the frame and confidence.
        segmenter: the network.
        threshold: pixels of at least this probability are the person's.

    Returns:
        (H, W) uint8, 0 and 255; all 0 where nothing in the box is a person's.
    """
    box = box_of(keypoints)
    crop = crop_of(box, segmenter.width / segmenter.height)
    probable = segmenter.probabilities(crop.cut(image, segmenter.width, segmenter.height))
    height, width = image.shape[:2]
    in_frame = crop.put_back(probable, width, height)
    return _main_pieces((in_frame >= threshold) & (in_frame > 0), box)  # outside the square it is 0


def _main_pieces(mask: np.ndarray, box: Box) -> np.ndarray:
    """The 8-connected pieces of a mask (H, W) of truth values that lie in the box by half or more, but no specks."""
    count, piece = cv2.connectedComponents(mask.astype(np.uint8))
    rows, columns = (slice(max(0, round(start)), max(0, round(start + size))) for start, size in _sides(box))
    whole = np.bincount(piece.ravel(), minlength=count)
    within = np.bincount(piece[rows, columns].ravel(), minlength=count)
    own = 2 * within >= whole
    own[0] = False  # the background
    if own.any():
        own &= whole >= _SPECK * whole[own].max()
    return np.where(own[piece], np.uint8(WHITE), np.uint8(0))


def _sides(box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    return (box.y, box.height), (box.x, box.width)
