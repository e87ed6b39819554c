"""GaitMixer: spatial self-attention, then large-kernel temporal convolution.

Source: Pinyoanuntapong, Ali, Wang, Lee, Chen, "GaitMixer: Skeleton-based Gait Representation Learning via
Wide-spectrum Multi-axial Mixer", ICASSP 2023, section 3 and Fig. 2. 166,304 parameters.

Where the published code differs from the paper's text, the code made the published numbers and is the default:

- widths: the paper calls both stages isotropic with 256 channels; the code widens 32 -> 32 -> 64 -> 128 -> 256.
  ``widths=(256, 256, 256, 256)``, ``spatial_width=256`` is the paper's text.
- padding: the paper's "reverse padding of size 30" lies on the past side only in the code, so that output frame
  40 sees frames 10 to 40. ``padding="both"`` centres the kernel.
- each temporal block drops out 1 % of its input and has no activation after the sum.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.networks.layers import Pointwise, SpatialMixer, channels_last
from gaitcore.settings.values import Blocks, Channels, Fraction, Frames

TITLE = "GaitMixer"
MODALITY = "keypoints"
MULTIPLES = {"spatial_width": ("heads", {"spatial": "attention"})}
MAP = "what the last temporal block gives"


BATCH_NORM_EPS = 1e-3

# For the reproduction report: the paper's text where the published code does otherwise or an option is left open.
PAPER_TEXT = {
    "spatial_width": "256, isotropic (sections 3 and 3.3)",
    "widths": "256 throughout, isotropic (sections 3 and 3.3)",
    "padding": '"reverse padding with size of 30" (section 3.2)',
    "dropout": "not said",
}

# The files that the authors released: SHA-256 -> name.
PUBLISHED_FILES = {"db3a8218779ab5055005b10ae73f9ac6faea1edf03a76ac4fce955934f61703a": "GaitMixer.pt"}
# What these were trained on (section 4.1 and 4.2; the published code).
PUBLISHED_INPUT = {
    **{"dataset": "CASIA-B", "pose_source": "HRNet-W32 384x288", "fps": 25, "frame_width": 320},
    **{"channels": ("x", "y"), "unit": "frame_width", "frames": 60},
}
# The authors' key names, as patterns, and what they are called here.
PUBLISHED_KEYS = (
    (r"spatial_joint_to_embedding\.", r"spatial.embed."),
    (r"spatial_pos_embed", r"spatial.joint_embedding"),
    (r"spatial_blocks\.(\d+)\.mlp\.", r"spatial.blocks.\1."),
    (r"spatial_blocks\.", r"spatial.blocks."),
    (r"spatial_norm\.", r"spatial.norm."),
    (r"conv(\d+)\.conv\.", lambda match: f"temporal.{int(match[1]) - 1}."),
    (r"conv(\d+)\.linear\.", lambda match: f"temporal.{int(match[1]) - 1}.widen."),
    (r"conv(\d+)\.bn_skip\.", lambda match: f"temporal.{int(match[1]) - 1}.widen_norm."),
    (r"conv(\d+)\.bn\.", lambda match: f"temporal.{int(match[1]) - 1}.norm."),
    (r"head\.0\.", r"head_norm."),
    (r"head\.1\.", r"head."),
)


class ReflectFrames(nn.Module):
    """Pad a walk (B, T, J, C) in time by running it backwards before its first and after its last frame.

    Where more frames are missing than the walk has, it is run backwards and forwards as often as needed.
    """

    def __init__(self, past: int, future: int):
        super().__init__()
        self.past, self.future = past, future

    def forward(self, x: Tensor) -> Tensor:
        past, future = self.past, self.future
        while past or future:
            frames = x.shape[1]
            before, after = min(past, frames - 1), min(future, frames - 1)
            start, end = x[:, 1 : before + 1].flip(1), x[:, frames - 1 - after : frames - 1].flip(1)
            x = torch.cat([start, x, end], dim=1)
            past, future = past - before, future - after
        return x  # (B, past + T + future, J, C)


class TemporalBlock(nn.Module):
    """Depthwise convolution over time, then a mix of channels, beside a skip: (B, T, J, C) -> (B, T, J, width).

    Channels stay last in memory throughout, so that nothing is copied between the convolution over frames and
    the products over channels.
    """

    def __init__(self, channels: int, width: int, kernel: int, padding: Literal["past", "both"], dropout: float):
        super().__init__()
        past, future = (kernel - 1, 0) if padding == "past" else ((kernel - 1) // 2, kernel // 2)
        self.dropout = nn.Dropout(dropout)
        self.reflect = ReflectFrames(past, future)
        self.depthwise = nn.Conv2d(channels, channels, (kernel, 1), groups=channels)
        self.pointwise = Pointwise(channels, width)
        self.norm = nn.BatchNorm2d(width, eps=BATCH_NORM_EPS)
        self.widen = nn.Linear(channels, width) if width != channels else None
        self.widen_norm = nn.BatchNorm2d(width, eps=BATCH_NORM_EPS) if width != channels else None

    def forward(self, x: Tensor) -> Tensor:
        mixed = self.reflect(self.dropout(x))  # (B, T + kernel - 1, J, C)
        mixed = channels_last(self.depthwise, mixed)  # (B, T, J, C)
        mixed = channels_last(self.norm, F.gelu(self.pointwise(mixed)))  # (B, T, J, width)
        if self.widen is None or self.widen_norm is None:
            return mixed + x
        return mixed + channels_last(self.widen_norm, F.gelu(self.widen(x)))


class GaitMixer(nn.Module):
    """(B, T, J, C) poses, x and y divided by the frame's width -> (B, embedding_dim), unit length.

    Args:
        frames: window length T.
        joints: J, 17 for COCO.
        in_channels: C, 2 for x and y.
        embedding_dim: length of the embedding.
        spatial_width: channels of the spatial mixer.
        spatial_depth: its blocks.
        spatial: how it mixes the joints, "attention" (the paper) or "convolution".
        heads: its attention heads.
        widths: channels out of each temporal block; their number is the temporal depth.
        kernel: length of the depthwise convolution, frames; a window shorter than it is reflected repeatedly.
        padding: "past" (published code) or "both" (centred).
        dropout: fraction of a temporal block's input set to zero in training.
    """

    def __init__(
        self,
        frames: int = 60,
        joints: int = 17,
        in_channels: int = 2,
        embedding_dim: int = 128,
        *,
        spatial_width: Channels = 32,
        spatial_depth: Blocks = 4,
        spatial: Literal["attention", "convolution"] = "attention",
        heads: Channels = 8,
        widths: Sequence[Channels] = (32, 64, 128, 256),
        kernel: Frames = 31,
        padding: Literal["past", "both"] = "past",
        dropout: Fraction = 0.01,
    ):
        super().__init__()
        if padding not in ("past", "both"):
            raise ValueError(f'padding is "{padding}", expected "past" or "both"')
        self.spatial = SpatialMixer(joints, in_channels, spatial_width, spatial_depth, heads, spatial)
        channels = (spatial_width, *widths)
        self.temporal = nn.ModuleList(
            TemporalBlock(before, after, kernel, padding, dropout) for before, after in pairwise(channels)
        )
        self.head_norm = nn.LayerNorm(channels[-1])
        self.head = nn.Linear(channels[-1], embedding_dim)

    def forward(self, x: Tensor) -> Tensor:
        (last,) = self.last_map(x)  # (B, T, J, widths[-1])
        return self.read(last)  # (B, embedding_dim)

    def last_map(self, x: Tensor) -> tuple[Tensor]:
        """(B, T, J, C) -> (B, T, J, widths[-1]): the output of the last temporal block, before pooling."""
        x = self.spatial(x)  # (B, T, J, spatial_width)
        for block in self.temporal:
            x = block(x)  # (B, T, J, widths[i])
        return (x,)

    def read(self, x: Tensor) -> Tensor:
        """The last map (B, T, J, widths[-1]) -> (B, embedding_dim), unit length."""
        x = x.mean(dim=(1, 2))  # (B, widths[-1])
        return F.normalize(self.head(self.head_norm(x)))
