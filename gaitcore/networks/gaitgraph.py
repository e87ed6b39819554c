"""GaitGraph: a graph convolutional network on poses as they are.

Source: Teepe, Khan, Gilg, Herzog, Hörmann, Rigoll, "GaitGraph: Graph Convolutional Network for Skeleton-Based Gait
Recognition", ICIP 2021, and its published code: ResGCN-N39-R8 on x, y (pixels) and confidence. 319,530 parameters.
"""

import torch.nn.functional as F
from torch import Tensor

from gaitcore.networks.resgcn import PUBLISHED_KEYS, ResGCN
from gaitcore.settings.values import Channels

TITLE = "GaitGraph"
MODALITY = "keypoints"
MAP = "what the last graph convolution module gives, a quarter of the frames"

# The files that the authors released: SHA-256 -> name. It is a training checkpoint; the weights are its entry "model".
PUBLISHED_FILES = {
    "d61faf3cb8b18a9a67b3a98453cf183349785403048760fead79d6fa9c8c3255": "gaitgraph_resgcn-n39-r8_coco_seq_60.pth"
}
# What it was trained on (the file's own options; section 4.1).
PUBLISHED_INPUT = {
    **{"dataset": "CASIA-B", "pose_source": "HRNet-W32 384x288", "fps": 25, "frame_width": 320},
    **{"channels": ("x", "y", "confidence"), "unit": "pixels", "frames": 60},
}

__all__ = ["PUBLISHED_FILES", "PUBLISHED_INPUT", "PUBLISHED_KEYS", "GaitGraph"]
STRUCTURE = (1, 2, 2, 2)  # N39


class GaitGraph(ResGCN):
    """(B, T, J, C) poses, pixels and confidence -> (B, embedding_dim), unit length.

    Args:
        frames: window length T; any length will do.
        joints: J, 17 for COCO.
        in_channels: C, 3 for x, y and confidence.
        embedding_dim: length of the embedding.
        reduction: of the channels in a bottleneck.
    """

    def __init__(
        self,
        frames: int = 60,
        joints: int = 17,
        in_channels: int = 3,
        embedding_dim: int = 128,
        *,
        reduction: Channels = 8,
    ):
        super().__init__(in_channels, 1, STRUCTURE, reduction, embedding_dim)

    def embed(self, pooled: Tensor) -> Tensor:
        """(B, 256) -> (B, embedding_dim), unit length."""
        return F.normalize(self.head(pooled))
