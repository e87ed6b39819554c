"""A person's crop: the box widened to the network's aspect ratio, and the map from the crop back to the frame.

HRNet, MMPose and rtmlib share one convention: the box keeps its centre, gets the input's aspect ratio by growing and
1.25 times its size, and the centre of the crop maps to the centre of the input. No pixel is rounded on the way.
"""

from typing import NamedTuple

import cv2
import numpy as np

from gaitcore.modalities.keypoints.parsing.tracks import Box

PADDING = 1.25  # crop to box


class Crop(NamedTuple):
    """A rectangle of a frame: centre, width and height in pixels, of the aspect ratio of the network's input."""

    x: float
    y: float
    width: float
    height: float

    def cut(self, image: np.ndarray, width: int, height: int) -> np.ndarray:
        """The crop as an image (height, width, 3), bilinear; what lies outside the frame is black."""
        return cv2.warpAffine(image, self._matrix(width, height), (width, height), flags=cv2.INTER_LINEAR)

    def put_back(self, picture: np.ndarray, width: int, height: int) -> np.ndarray:
        """A picture (h, w) of the crop as an image of the frame (height, width), bilinear; 0 outside the crop."""
        matrix = self._matrix(picture.shape[1], picture.shape[0])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(picture, matrix, (width, height), flags=flags)

    def _matrix(self, width: int, height: int) -> np.ndarray:
        """(2, 3): from pixels of the frame to those of a picture of the crop."""
        ratio = width / self.width
        return np.array(
            [[ratio, 0, width / 2 - ratio * self.x], [0, ratio, height / 2 - ratio * self.y]], dtype=np.float64
        )

    def to_frame(self, points: np.ndarray, width: float, height: float) -> np.ndarray:
        """Points (..., 2) of a map of the crop that is ``width`` x ``height`` -> pixels of the frame."""
        scale = np.array([self.width / width, self.height / height])
        return (points - np.array([width, height]) / 2) * scale + (self.x, self.y)


def crop_of(box: Box, aspect: float) -> Crop:
    """The crop of a box: its centre, the smallest rectangle of ``aspect`` (width / height) around it, times 1.25."""
    width = max(box.width, box.height * aspect) * PADDING
    return Crop(box.x + box.width / 2, box.y + box.height / 2, width, width / aspect)
