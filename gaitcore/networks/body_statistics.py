"""Body proportions and how far each joint moves: a system of keypoints without learning.

The skeleton's counterpart of the gait energy image: the mean pose shows the build and the posture, the deviation about
it how far each joint moves in a cycle. It has no weights. What a network learns beyond a walker's proportions and
range of movement is seen beside it, which matters where few subjects are told apart and chance is no measure.

Source: the static and the dynamic body parameters of BenAbdelkader, Cutler and Davis, "Stride and Cadence as a
Biometric in Automatic Person Identification and Verification", IEEE Face and Gesture 2002, and of Ariyanto and Nixon,
"Model-based 3D gait biometrics", IJCB 2011, as plain means and deviations.
"""

import torch
from torch import Tensor, nn

from gaitcore.modalities.keypoints.skeleton import INDEX

TITLE = "BodyStatistics"
MODALITY = "keypoints"
MAP = None

_HIPS = [INDEX["left_hip"], INDEX["right_hip"]]
_ANKLES = [INDEX["left_ankle"], INDEX["right_ankle"]]
_NOSE = INDEX["nose"]


class BodyStatistics(nn.Module):
    """(B, T, 17, C) poses, x and y first, in any unit -> (B, 68): of each joint the mean place and the deviation.

    A pose is taken from the middle of its hips and divided by the walker's height from nose to ankles, the mean over
    frames.
    """

    def forward(self, poses: Tensor) -> Tensor:
        places = poses[..., :2]
        height = places[:, :, _ANKLES, 1].mean(dim=2) - places[:, :, _NOSE, 1]  # (B, T)
        scale = height.mean(dim=1).abs().clamp(min=1e-6)[:, None, None, None]
        relative = (places - places[:, :, _HIPS].mean(dim=2, keepdim=True)) / scale
        return torch.cat([relative.mean(dim=1), relative.std(dim=1, correction=0)], dim=1).flatten(1)
