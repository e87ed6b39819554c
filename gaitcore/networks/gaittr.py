"""GaitTR: temporal convolution, then attention among the joints of each frame.

Source: Zhang, Chen, Han, Liu, "Spatial Transformer Network on Skeleton-based Gait Recognition", Expert Systems 2023
(arXiv 2204.03873), and the network of FastPoseGait and OpenGait, which is the same in both. 512,010 parameters. The
embedding is not of unit length; it is compared by Euclidean distance. The ten features of each joint are those of
``input.transform: joint_motion_bone``.

Where the published code differs from the paper's text, or the text leaves it open, the code is the default:

- coordinates: the paper normalises them; the code takes pixels as they are.
- the graph of the skeleton is built, but not used: attention alone, and the order of the joints in its batch
  normalisation, tell the joints apart.
- a layer is a convolution, then Mish, then batch normalisation.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.networks.layers import Pointwise, channels_last

TITLE = "GaitTR"
MODALITY = "keypoints"
MULTIPLES = {"widths": 32}  # 4 x HEADS
MAP = "what the last block gives"


KERNEL = 9  # frames
HEADS = 8

# The key names of FastPoseGait and OpenGait, as patterns, and what they are called here.
PUBLISHED_KEYS = (
    (r"data_bn\.", r"input_norm."),
    (r"backbone\.(\d)\.tcn\.conv\.", r"blocks.\1.temporal."),
    (r"backbone\.(\d)\.tcn\.bn\.", r"blocks.\1.temporal_norm."),
    (r"backbone\.(\d)\.st\.data_bn\.", r"blocks.\1.joint_norm."),
    (r"backbone\.(\d)\.st\.attention_conv\.qkv_conv\.", r"blocks.\1.attention.qkv."),
    (r"backbone\.(\d)\.st\.attention_conv\.attn_out\.", r"blocks.\1.attention.proj."),
    (r"backbone\.(\d)\.st\.bn\.", r"blocks.\1.spatial_norm."),
    (r"backbone\.(\d)\.residual_s\.0\.", r"blocks.\1.skip."),
    (r"backbone\.(\d)\.residual_s\.1\.", r"blocks.\1.skip_norm."),
    (r"backbone\.(\d)\.down\.conv\.", r"blocks.\1.widen."),
    (r"backbone\.(\d)\.down\.bn\.", r"blocks.\1.widen_norm."),
    (r"fcn\.", r"head."),
)


class JointAttention(nn.Module):
    """Each joint gathers from all joints of its frame: (B, T, J, channels) -> (B, T, J, width).

    Queries and keys have a quarter of the width, values all of it.
    """

    def __init__(self, channels: int, width: int):
        super().__init__()
        if width % (4 * HEADS):
            raise ValueError(f"width {width} is not a multiple of {4 * HEADS}, four times the {HEADS} attention heads")
        self.sizes = (width // 4, width // 4, width)  # of queries, keys and values
        self.qkv = Pointwise(channels, sum(self.sizes))
        self.proj = Pointwise(width, width)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(-1, (HEADS, -1)).transpose(2, 3)  # (B, T, heads, J, channels of a head)
            for part in self.qkv(x).split(self.sizes, dim=-1)
        )
        weights = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)  # (B, T, heads, J, J)
        mixed = weights.softmax(dim=-1) @ value
        return self.proj(mixed.transpose(2, 3).flatten(3))


class Block(nn.Module):
    """A convolution over frames, then attention among joints, each beside a skip: (B, T, J, C) -> (B, T, J, width)."""

    def __init__(self, joints: int, channels: int, width: int, dropout: float):
        super().__init__()
        self.shape = (channels, joints)
        self.dropout = nn.Dropout(dropout)
        self.temporal = nn.Conv2d(channels, channels, (KERNEL, 1), padding=(KERNEL // 2, 0))
        self.temporal_norm = nn.BatchNorm2d(channels)
        self.joint_norm = nn.BatchNorm1d(channels * joints)
        self.attention = JointAttention(channels, width)
        self.spatial_norm = nn.BatchNorm2d(width)
        wider = width != channels
        self.skip = Pointwise(channels, width) if wider else None
        self.skip_norm = nn.BatchNorm2d(width) if wider else None
        self.widen = Pointwise(channels, width) if wider else None
        self.widen_norm = nn.BatchNorm2d(width) if wider else None
        for conv in filter(None, (self.temporal, self.widen)):
            nn.init.normal_(conv.weight, std=math.sqrt(2 / (conv.out_channels * conv.kernel_size[0])))

    def forward(self, x: Tensor) -> Tensor:
        mixed = F.mish(channels_last(self.temporal, self.dropout(x)))  # (B, T, J, C)
        moved = x + channels_last(self.temporal_norm, mixed)
        normalised = channels_last(self.joint_norm, moved.transpose(2, 3).flatten(2))  # (B, T, C * J)
        normalised = normalised.unflatten(2, self.shape).transpose(2, 3)  # (B, T, J, C)
        attended = channels_last(self.spatial_norm, F.mish(self.attention(normalised)))  # (B, T, J, width)
        if self.skip is None or self.skip_norm is None or self.widen is None or self.widen_norm is None:
            return attended + moved + x
        widened = channels_last(self.widen_norm, F.mish(self.widen(x)))
        return attended + channels_last(self.skip_norm, self.skip(moved)) + widened


class GaitTR(nn.Module):
    """(B, T, J, C) features of joints -> (B, embedding_dim), of any length, for any T.

    Args:
        joints: J, 17 for COCO.
        in_channels: C, 10 for the published features.
        embedding_dim: length of the embedding; the authors take 256 for OUMVLP and GREW.
        widths: channels out of each block.
        dropout: fraction of a temporal convolution's input set to zero in training.
    """

    def __init__(
        self,
        joints: int = 17,
        in_channels: int = 10,
        embedding_dim: int = 128,
        *,
        widths: Sequence[int] = (64, 64, 128, 256),
        dropout: float = 0.1,
    ):
        super().__init__()
        self.shape = (joints, in_channels)
        self.input_norm = nn.BatchNorm1d(joints * in_channels)
        channels = (in_channels, *widths)
        self.blocks = nn.ModuleList(Block(joints, before, after, dropout) for before, after in pairwise(channels))
        self.head = nn.Conv1d(channels[-1], embedding_dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        (last,) = self.last_map(x)  # (B, T, J, widths[-1])
        return self.read(last)  # (B, embedding_dim)

    def last_map(self, x: Tensor) -> tuple[Tensor]:
        """(B, T, J, C) -> (B, T, J, widths[-1]): the output of the last block, before pooling."""
        x = channels_last(self.input_norm, x.flatten(2)).unflatten(2, self.shape)  # (B, T, J, C)
        for block in self.blocks:
            x = block(x)  # (B, T, J, widths[i])
        return (x,)

    def read(self, x: Tensor) -> Tensor:
        """The last map (B, T, J, widths[-1]) -> (B, embedding_dim)."""
        return self.head(x.mean(dim=(1, 2)).unsqueeze(-1)).squeeze(-1)
