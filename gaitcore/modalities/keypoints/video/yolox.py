"""People by a YOLOX model as ONNX, with or without its own suppression of double boxes.

Conventions and numbers are rtmlib's (0.0.16): the frame is scaled into the input from its upper left corner, the rest
is grey, channels are blue first, bytes are not normalised. A model with suppression gives (1, N, 5): left, top, right,
bottom, score. One without gives (1, anchors, 5 + classes): Ge et al., "YOLOX", 2021; person is class 0.
"""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.modalities.keypoints.video.estimators import Identity, checked_weights
from gaitcore.modalities.keypoints.video.onnx_pose import input_size, open_session
from gaitcore.settings.data import Video

GREY = 114
STRIDES = (8, 16, 32)  # pixels of the input between anchors
SAME = 0.45  # overlap above which two boxes are one person


def make_detector(video: Video) -> "YoloxDetector":
    """The model the settings name, checked against its digest."""
    settings = video.detector
    weights = checked_weights("data.video.detector", settings.weights, settings.sha256)
    return YoloxDetector(weights, settings.sha256 or "", settings.score)


class YoloxDetector:
    """Everybody whose score is above ``score``."""

    def __init__(self, path: Path, digest: str, score: float) -> None:
        self._path, self._score = path, score
        self._session = open_session(path)
        self._width, self._height = input_size(path, self._session)
        self.identity = Identity(f"YOLOX {path.stem}", f"onnxruntime {onnxruntime.__version__}", digest)

    def detect(self, image: np.ndarray) -> list[Box]:
        """Everybody in a frame (H, W, 3) of RGB bytes, the surest first."""
        ratio = min(self._height / image.shape[0], self._width / image.shape[1])
        network_input = self._letterbox(image, ratio).transpose(2, 0, 1)[None].astype(np.float32)
        output = self._session.run(None, {self._session.get_inputs()[0].name: network_input})[0]
        if output.ndim != 3 or output.shape[-1] < 5:
            raise DataError(f"{self._path}: gives {output.shape}, expected (1, N, 5) or (1, N, 5 + classes).")
        corners, scores = self._decode(output[0])
        boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1) / ratio
        kept = cv2.dnn.NMSBoxes(boxes.astype(float), scores.astype(float).tolist(), self._score, SAME)
        return [Box(*boxes[n].tolist()) for n in kept]

    def _letterbox(self, image: np.ndarray, ratio: float) -> np.ndarray:
        height, width = int(image.shape[0] * ratio), int(image.shape[1] * ratio)
        padded = np.full((self._height, self._width, 3), GREY, np.uint8)
        padded[:height, :width] = cv2.resize(image[..., ::-1], (width, height), interpolation=cv2.INTER_LINEAR)
        return padded

    def _decode(self, output: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Left, top, right and bottom (N, 4) in pixels of the input, scores (N,)."""
        if output.shape[1] == 5:
            return output[:, :4], output[:, 4]
        grid, stride = self._anchors()
        centre = (output[:, :2] + grid) * stride
        size = np.exp(output[:, 2:4]) * stride
        return np.concatenate([centre - size / 2, centre + size / 2], axis=1), output[:, 4] * output[:, 5]

    def _anchors(self) -> tuple[np.ndarray, np.ndarray]:
        grids = []
        for stride in STRIDES:
            y, x = np.mgrid[: self._height // stride, : self._width // stride]
            grids.append(np.stack([x.ravel(), y.ravel(), np.full(x.size, stride)], axis=1))
        anchors = np.concatenate(grids)
        return anchors[:, :2], anchors[:, 2:]
