"""PoseGait: features made by hand from prior knowledge of the body, and a small convolutional network on them.

Source: Liao, Yu, An, Huang, "A Model-based Gait Recognition Method with Body Pose and Human Prior Knowledge", Pattern
Recognition 98, 2020. Its public code is incomplete: it reads 2-D poses only, leaves three of the four features out,
has a classifier for 5 subjects and the centre loss commented out. What is whose here:

- from the paper: the four groups of features of a frame (normalised joints, angles of the limbs, their lengths, motion
  from frame to frame), stacked over time into one map; 3-D joints; softmax and centre loss together; the nearest
  neighbour of the layer before the classifier, 512 numbers.
- from the code: joints relative to the neck, over the distance from neck to hips; the layers of the network, with batch
  normalisation, the residual sums without activation, and a dropout of 0.5. The code uses one convolution twice in the
  first residual block; here there are two, as in the paper.
- our choice: COCO-17 has no neck and no middle of the hips: the middle of the shoulders and of the hips. The limbs are
  twelve, and their angles are taken by arctan2. Poses without a z are 2-D and have one angle per limb. The window is as
  long as the other systems'; a random window is all there is of augmentation.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.modalities.keypoints.picked import picked
from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.settings.values import Fraction

TITLE = "PoseGait"
MODALITY = "keypoints"
MAP = None  # its maps are over frames and features


LIMBS = tuple(
    (INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"])
    for side in ("left", "right")
    for a, b in (
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "hip"),
        ("ear", "shoulder"),
    )
)
SHOULDERS = (INDEX["left_shoulder"], INDEX["right_shoulder"])
HIPS = (INDEX["left_hip"], INDEX["right_hip"])


class PoseGait(nn.Module):
    """(B, T, J, C) poses, pixels -> (B, embedding_dim), of any length.

    Args:
        frames: window length T; the last layer ties the network to it.
        joints: J, 17 for COCO.
        in_channels: C, 2 for x and y, 3 for x, y and z.
        embedding_dim: length of the embedding.
        dropout: fraction of the last map set to zero in training.
    """

    def __init__(
        self,
        frames: int = 60,
        joints: int = 17,
        in_channels: int = 2,
        embedding_dim: int = 512,
        *,
        dropout: Fraction = 0.5,
    ):
        super().__init__()
        if in_channels not in (2, 3):
            raise ValueError(f"it takes x and y, or x, y and z, not {in_channels} channels")
        widths = (1, 32, 64, 64, 64, 128, 128, 128)
        padding = (0, 0, 1, 1, 0, 1, 1)
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=pad, bias=False)
            for before, after, pad in zip(widths, widths[1:], padding, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        rows = features(torch.zeros(1, 1, joints, in_channels)).shape[2]
        height, width = (((size - 4) // 2 - 2) // 2 for size in (rows, frames))
        if height < 1 or width < 1:
            raise ValueError(f"a window of {frames} frames is too short, expected at least 12")
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(128 * height * width, embedding_dim)

    def forward(self, poses: Tensor) -> Tensor:
        x = features(poses)[..., None].movedim(-1, 1)  # (B, 1, T, rows), with channels last in memory
        x = self._convolved(0, x)  # (B, 32, T - 2, rows - 2)
        x = self._convolved(1, x)  # (B, 64, T - 4, rows - 4)
        x = F.max_pool2d(x, 2)  # (B, 64, (T - 4) / 2, (rows - 4) / 2)
        x = self._convolved(3, self._convolved(2, x)) + x
        x = self._convolved(4, x)  # (B, 128, (T - 4) / 2 - 2, (rows - 4) / 2 - 2)
        x = F.max_pool2d(x, 2)  # (B, 128, width, height)
        x = self._convolved(6, self._convolved(5, x)) + x
        x = self.dropout(x.movedim(1, -1)).flatten(1)  # (B, width * height * 128)
        return self.head(x)  # (B, embedding_dim)

    def _convolved(self, number: int, x: Tensor) -> Tensor:
        return F.relu(self.norms[number](self.convs[number](x)))


def relative_to_neck(poses: Tensor) -> Tensor:
    """(B, T, J, C) pixels -> the same relative to the neck, in distances from neck to hips."""
    neck, hips = (picked(poses, joints, dim=2).mean(dim=2) for joints in (SHOULDERS, HIPS))  # (B, T, C)
    height = torch.linalg.vector_norm(neck - hips, dim=-1).clamp(min=1.0)  # pixels
    return (poses - neck[:, :, None]) / height[..., None, None]


def features(poses: Tensor) -> Tensor:
    """(B, T, J, C) pixels -> (B, T, rows): normalised joints, angles and lengths of the limbs, motion (section 3.2)."""
    pose = relative_to_neck(poses)
    limbs = picked(pose, [b for _, b in LIMBS], dim=2) - picked(pose, [a for a, _ in LIMBS], dim=2)  # (B, T, limbs, C)
    lengths = torch.linalg.vector_norm(limbs, dim=-1)
    in_image = torch.atan2(limbs[..., 0], limbs[..., 1])  # from the vertical, in the plane of the image
    across = torch.linalg.vector_norm(limbs[..., :2], dim=-1, keepdim=True)
    out_of_image = torch.atan2(limbs[..., 2:], across).flatten(2)  # none for 2-D poses
    motion = F.pad(pose[:, 1:] - pose[:, :-1], (0, 0, 0, 0, 0, 1))  # to the next frame; none from the last
    return torch.cat([pose.flatten(2), in_image, out_of_image, lengths, motion.flatten(2)], dim=-1)
