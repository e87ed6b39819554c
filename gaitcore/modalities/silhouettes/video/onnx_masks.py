"""Any ONNX model of fixed input size that gives the probability of a person for each pixel.

It takes (1, 3, height, width), red first, and gives (1, height, width) or (1, 1, height, width), the person's
probability, or (1, 2, height, width), that of background and person; the map may have another size than the input.
"""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.video.estimators import Identity, checked_weights
from gaitcore.modalities.keypoints.video.onnx_pose import MEAN, SPREAD, input_size, open_session
from gaitcore.settings.data import Segmenter as Settings

_EXPECTED = "expected (1, 1, height, width), or 2 for background and person"
_SCALINGS = {  # what is subtracted from bytes, and what they are divided by
    "unit": (np.float32(0), np.float32(255)),
    "symmetric": (np.float32(127.5), np.float32(127.5)),
    "imagenet": (MEAN, SPREAD),
}
_SLACK = 1e-3  # of a probability, for rounding


def make_segmenter(settings: Settings) -> "OnnxSegmenter":
    """The model the settings name, checked against its digest."""
    weights = checked_weights("data.silhouettes.segmenter", settings.weights, settings.sha256)
    return OnnxSegmenter(weights, settings.sha256 or "", settings.scaling)


class OnnxSegmenter:
    """The walker by an ONNX model; ``scaling`` names what it expects of a pixel."""

    def __init__(self, path: Path, digest: str, scaling: str = "unit") -> None:
        self._path, (self._less, self._by) = path, _SCALINGS[scaling]
        self._session = open_session(path)
        self.width, self.height = input_size(path, self._session)
        self.identity = Identity(f"ONNX {path.stem}", f"onnxruntime {onnxruntime.__version__}", digest)

    def probabilities(self, picture: np.ndarray) -> np.ndarray:
        """(height, width) float32, 0 to 1; see :class:`.segmenters.Segmenter`.

        Raises DataError where the model's output has another shape, or holds other numbers.
        """
        network_input = ((picture - self._less) / self._by).astype(np.float32).transpose(2, 0, 1)[None]
        output = self._session.run(None, {self._session.get_inputs()[0].name: np.ascontiguousarray(network_input)})[0]
        if output.ndim == 3:
            output = output[:, None]
        if output.ndim != 4 or output.shape[0] != 1 or output.shape[1] not in (1, 2):
            raise DataError(f"{self._path}: gives {output.shape}, {_EXPECTED}.")
        person = output[0, -1].astype(np.float32)
        if not (person.min() >= -_SLACK and person.max() <= 1 + _SLACK):
            raise DataError(
                f"{self._path}: gives values from {person.min():g} to {person.max():g}, expected probabilities from 0 "
                "to 1; add a sigmoid or softmax to the model."
            )
        return cv2.resize(person, (self.width, self.height), interpolation=cv2.INTER_LINEAR)
