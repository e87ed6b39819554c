"""Any top-down ONNX pose model with fixed input size: RTMPose (SimCC) or heat maps (ViTPose), COCO-17 first.

Conventions and numbers are rtmlib's (0.0.16), so that its models give the same points here: the crop of
``crops.crop_of``, ImageNet's mean and spread, SimCC or DARK. rtmlib passes the channels in OpenCV's order, blue
first; ``data.video.channels: rgb`` is for models that expect red first.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.parsing.skeletons import COCO_17, COCO_FIRST, by_points
from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.modalities.keypoints.skeleton import NUM_JOINTS
from gaitcore.modalities.keypoints.video.crops import crop_of
from gaitcore.modalities.keypoints.video.estimators import Identity, checked_weights
from gaitcore.modalities.keypoints.video.heatmaps import dark, simcc
from gaitcore.settings.data import Video

MEAN = np.array([123.675, 116.28, 103.53], np.float32)  # of byte values, subtracted in the order of the channels
SPREAD = np.array([58.395, 57.12, 57.375], np.float32)
BATCH = 8
SKELETONS = by_points(COCO_17, *COCO_FIRST)  # whose first 17 points are COCO's


def make_estimator(video: Video) -> "OnnxEstimator":
    """The model the settings name, checked against its digest."""
    weights = checked_weights("data.video", video.weights, video.sha256)
    return OnnxEstimator(weights, video.sha256 or "", blue_first=video.channels == "bgr")


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """A session that computes on a GPU if onnxruntime finds one, else on one CPU thread.

    Raises DataError for a file that is no ONNX model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    available = onnxruntime.get_available_providers()
    providers = [one for one in ("CUDAExecutionProvider", "CPUExecutionProvider") if one in available]
    try:
        return onnxruntime.InferenceSession(path, options, providers=providers)
    except Exception as error:  # onnxruntime's own errors have no common class
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not an ONNX model onnxruntime can run ({reason}).") from None


def input_size(path: Path, session: onnxruntime.InferenceSession) -> tuple[int, int]:
    """Width and height of a model's input (N, 3, height, width); DataError where they are not fixed."""
    shape = session.get_inputs()[0].shape
    if len(shape) != 4 or shape[1] != 3 or not all(isinstance(side, int) for side in shape[2:]):
        raise DataError(f"{path}: takes {shape}, expected (images, 3, height, width) with fixed height and width.")
    return shape[3], shape[2]


class OnnxEstimator:
    """Keypoints by an ONNX model with two outputs (SimCC: x and y) or one (heat maps)."""

    def __init__(self, path: Path, digest: str, *, blue_first: bool = True) -> None:
        self._path, self._blue_first = path, blue_first
        self._session = open_session(path)
        self._width, self._height = input_size(path, self._session)
        self.batch = 1 if self._session.get_inputs()[0].shape[0] == 1 else BATCH
        self.identity = Identity(f"ONNX {path.stem}", f"onnxruntime {onnxruntime.__version__}", digest)

    def estimate(self, images: Sequence[np.ndarray], boxes: Sequence[Box]) -> np.ndarray:
        """Keypoints (N, 17, 3), pixels and confidence; see :class:`.estimators.Estimator`."""
        crops = [crop_of(box, self._width / self._height) for box in boxes]
        cut = np.stack([crop.cut(image, self._width, self._height) for crop, image in zip(crops, images, strict=True)])
        if self._blue_first:
            cut = cut[..., ::-1]
        network_input = np.ascontiguousarray(((cut - MEAN) / SPREAD).transpose(0, 3, 1, 2))
        points, confidence = self._decode(self._session.run(None, {self._session.get_inputs()[0].name: network_input}))
        in_frame = [crop.to_frame(joints, 1, 1) for crop, joints in zip(crops, points, strict=True)]
        return np.concatenate([np.stack(in_frame), confidence[..., None]], axis=2).astype(np.float32)

    def _decode(self, outputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Points (N, 17, 2) as fractions of the crop, confidence (N, 17).

        A bin of SimCC is a half pixel of the input; the first and last pixel of a heat map lie on the crop's edges.
        """
        shapes = [output.shape for output in outputs]
        joints = shapes[0][1] if shapes[0][1:] else 0
        if joints not in SKELETONS or [len(shape) for shape in shapes] not in ([3, 3], [4]):
            raise DataError(
                f"{self._path}: gives {', '.join(map(str, shapes))}, expected two outputs (SimCC: (N, 17, x bins), "
                "(N, 17, y bins)) or one (heat maps: (N, 17, height, width))."
            )
        if len(outputs) == 2:
            points, confidence = simcc(*outputs)
            ends = np.array([shapes[0][2], shapes[1][2]])
        else:
            points, confidence = dark(outputs[0])
            ends = np.array([shapes[0][3] - 1, shapes[0][2] - 1])
        return points[:, :NUM_JOINTS] / ends, confidence[:, :NUM_JOINTS]
