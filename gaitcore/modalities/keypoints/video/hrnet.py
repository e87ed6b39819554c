"""HRNet-W32 384 x 288 with the official weights: the estimator of the published CASIA-B poses.

Steps of the published code: the crop of ``crops.crop_of``, ImageNet's mean and spread on RGB, heat maps of a quarter of
the input, the quarter-pixel decoding, no flip test; coordinates are neither rounded nor clipped, and the confidence is
the raw maximum of the heat map.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.modalities.keypoints.video.crops import crop_of
from gaitcore.modalities.keypoints.video.estimators import Identity, checked_weights
from gaitcore.modalities.keypoints.video.heatmaps import quarter_pixel
from gaitcore.modalities.keypoints.video.hrnet_network import HRNet
from gaitcore.settings.data import Video
from gaitcore.torch_files import read_state_dict

WIDTH, HEIGHT = 288, 384  # of the input, pixels
MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # ImageNet's, red, green, blue, in 0..1
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)


def make_estimator(video: Video) -> "HRNetEstimator":
    """HRNet with the weights the settings name, checked against their digest."""
    return HRNetEstimator(checked_weights("data.video", video.weights, video.sha256), video.sha256 or "")


class HRNetEstimator:
    """Keypoints by HRNet, on a GPU if there is one; on a CPU one thread computes."""

    def __init__(self, weights: Path, digest: str) -> None:
        torch.set_num_threads(1)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = load_network(weights, self.device)
        self.batch = 64 if self.device.type == "cuda" else 4
        self.identity = Identity(f"HRNet-W32 {HEIGHT}x{WIDTH}", f"torch {torch.__version__.partition('+')[0]}", digest)

    @torch.inference_mode()
    def estimate(self, images: Sequence[np.ndarray], boxes: Sequence[Box]) -> np.ndarray:
        """Keypoints (N, 17, 3), pixels and confidence; see :class:`.estimators.Estimator`."""
        crops = [crop_of(box, WIDTH / HEIGHT) for box in boxes]
        cut = [crop.cut(image, WIDTH, HEIGHT) for crop, image in zip(crops, images, strict=True)]
        maps = self.network(torch.from_numpy(normalised(np.stack(cut))).to(self.device)).cpu().numpy()
        points, confidence = quarter_pixel(maps)
        height, width = maps.shape[2:]
        in_frame = [crop.to_frame(joints, width, height) for crop, joints in zip(crops, points, strict=True)]
        return np.concatenate([np.stack(in_frame), confidence[..., None]], axis=2).astype(np.float32)


def normalised(crops: np.ndarray) -> np.ndarray:
    """(N, H, W, 3) RGB bytes -> (N, 3, H, W) float32, ImageNet's mean and spread taken out."""
    return np.ascontiguousarray(((crops.astype(np.float32) / 255 - MEAN) / SPREAD).transpose(0, 3, 1, 2))


@cache
def load_network(weights: Path, device: torch.device) -> HRNet:
    """HRNet-W32 with the official checkpoint's parameters; every key used, none missing. Shared by all threads.

    Raises DataError for a file that is no PyTorch checkpoint, or holds other parameters. No code of it is executed.
    """
    state = read_state_dict(weights, "pose_hrnet_w32_384x288.pth")
    network = HRNet()
    wrong = _difference(state, network.state_dict())
    if wrong:
        raise DataError(f"{weights}: {wrong}, expected the parameters of pose_hrnet_w32_384x288.pth.")
    network.load_state_dict(state)
    return network.eval().to(device)


def _difference(state: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> str | None:
    if missing := [key for key in expected if key not in state]:
        return f"{len(missing)} parameters are missing, {missing[0]} among them"
    if unknown := [key for key in state if key not in expected]:
        return f"{len(unknown)} parameters are not HRNet-W32's, {unknown[0]} among them"
    for key, tensor in expected.items():
        if state[key].shape != tensor.shape:
            return f"{key} is {tuple(state[key].shape)}, not {tuple(tensor.shape)}"
        if not bool(state[key].isfinite().all()):
            return f"{key} has NaN or infinite numbers"
    return None
