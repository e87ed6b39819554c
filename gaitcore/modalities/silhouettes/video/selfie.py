"""MediaPipe's selfie segmenter (general), a network of 256 x 256 pixels; its weights are inside the wheel.

It is made for a person near the camera, who fills most of the picture, so it is given the square around the walker's
box. Its "landscape" variant (256 x 144) takes background for the walker in frames where this one does not.
"""

import numpy as np

from gaitcore.modalities.keypoints.video.mediapipe_graphs import model_identity, open_graph
from gaitcore.settings.data import Segmenter as Settings

_GRAPH = """
input_stream: "image"
output_stream: "segmentation_mask"
input_side_packet: "model"
num_threads: 1
node {
  calculator: "SelfieSegmentationCpu"
  input_side_packet: "MODEL_SELECTION:model"
  input_stream: "IMAGE:image"
  output_stream: "SEGMENTATION_MASK:segmentation_mask"
}
"""
_GENERAL = 0


def make_segmenter(_: Settings) -> "SelfieSegmenter":
    """MediaPipe's segmenter; nothing to fetch."""
    return SelfieSegmenter()


class SelfieSegmenter:
    """The walker by MediaPipe's network; each picture is a picture of its own, nothing is kept from the one before."""

    width = height = 256

    def __init__(self) -> None:
        self.identity = model_identity("MediaPipe selfie", "selfie_segmentation/selfie_segmentation.tflite")
        self._graph = open_graph(_GRAPH, {"model": _GENERAL})

    def probabilities(self, picture: np.ndarray) -> np.ndarray:
        """(256, 256) float32, 0 to 1; see :class:`.segmenters.Segmenter`."""
        mask: np.ndarray = self._graph.process({"image": picture}).segmentation_mask
        return mask
