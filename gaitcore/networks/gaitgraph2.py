"""GaitGraph2: graph convolution on three streams of features of a skeleton: joints, velocities and bones.

Source: Teepe, Gilg, Herzog, Hörmann, Rigoll, "Towards a Deeper Understanding of Skeleton-based Gait Recognition",
CVPR Workshops 2022, section 3, and its published code: ResGCN-N21-R8 with an input branch for each view. 350,822
parameters. The embedding is not of unit length; it is compared by Euclidean distance.

Where the published code differs from what it means to do, the code is the default:

- in velocities and bones it writes the confidence over channel 3, the first of the two velocities over two frames and
  of the two angles, and leaves channel 2, meant for it, at zero. ``features="corrected"`` puts it into channel 2.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from gaitcore.modalities.keypoints.picked import picked
from gaitcore.networks.resgcn import PUBLISHED_KEYS, ResGCN
from gaitcore.settings.values import Channels

TITLE = "GaitGraph2"
MODALITY = "keypoints"
MAP = "what the last graph convolution module gives, a quarter of the frames"


__all__ = ["PUBLISHED_KEYS", "GaitGraph2"]
STRUCTURE = (1, 1, 1, 1)  # N21
PARENTS = (0, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14)  # of each joint, towards the nose
MEANT_FOR_CONFIDENCE, OVERWRITTEN = 2, 3  # channels
LAST_TWO = (0, 0, 0, 0, 0, 2)  # frames of a map, for F.pad


class GaitGraph2(ResGCN):
    """(B, T, J, C) poses, pixels and confidence -> (B, embedding_dim), of any length.

    Args:
        frames: window length T; any length from 3 will do.
        joints: J, 17 for COCO.
        in_channels: C, 3 for x, y and confidence.
        embedding_dim: length of the embedding.
        reduction: of the channels in a bottleneck.
        features: "published", as the published code computes them, or "corrected".
    """

    def __init__(
        self,
        frames: int = 60,
        joints: int = 17,
        in_channels: int = 3,
        embedding_dim: int = 128,
        *,
        reduction: Channels = 8,
        features: Literal["published", "corrected"] = "published",
    ):
        if in_channels != 3:
            raise ValueError(f"it takes x, y and confidence, not {in_channels} channels")
        if features not in ("published", "corrected"):
            raise ValueError(f'features is "{features}", expected "published" or "corrected"')
        super().__init__(5, 3, STRUCTURE, reduction, embedding_dim)
        self.confidence_channel = OVERWRITTEN if features == "published" else MEANT_FOR_CONFIDENCE

    def features(self, poses: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, J, 3) -> three of (B, T, J, 5): joints, velocities and bones."""
        xy = poses[..., :2]
        joints = torch.cat([poses, xy - xy[:, :, :1]], dim=-1)
        to_next = F.pad(xy[:, 1:-1] - xy[:, :-2], LAST_TWO)  # pixels; 0 in the last two frames
        over_two = F.pad(xy[:, 2:] - xy[:, :-2], LAST_TWO)
        bone = xy - picked(xy, PARENTS, dim=2)
        length = (bone[..., 0] ** 2 + bone[..., 1] ** 2).sqrt() + 1e-4  # pixels
        angles = torch.acos((bone / length[..., None]).clamp(-1, 1))  # rounding can pass 1
        return joints, self._with_confidence(to_next, over_two, poses), self._with_confidence(bone, angles, poses)

    def _with_confidence(self, first: Tensor, second: Tensor, poses: Tensor) -> Tensor:
        """Two features of two channels each and the confidence -> (B, T, J, 5)."""
        confidence = poses[..., 2:]
        if self.confidence_channel == MEANT_FOR_CONFIDENCE:
            return torch.cat([first, confidence, second], dim=-1)
        return torch.cat([first, torch.zeros_like(confidence), confidence, second[..., 1:]], dim=-1)
