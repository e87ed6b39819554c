"""SkeletonGait: residual convolutions in space and time on maps drawn from poses.

Source: Fan, Ma, Jin, Shen, Yu, "SkeletonGait: Gait Recognition Using Skeleton Maps", AAAI 2024 (arXiv 2311.13444), and
the published code in OpenGait, where the network is DeepGaitV2 (Fan et al., "Exploring Deep Models for Practical Gait
Recognition", 2023) with two input channels. 16 parts of 256 numbers, of any length. The maps are those of
``input.transform: skeleton_maps``. It was not evaluated on CASIA-B.

- ``blocks=(1, 1, 1, 1)``: 8,036,864 parameters, the authors' for OUMVLP, CCPG and SUSTech1K, and the default.
  ``blocks=(1, 4, 4, 1)``: 13,204,736 parameters, for Gait3D and GREW.
- The test embedding is the one before the batch normalisation at the end; for CCPG the authors take the one behind it
  (``embedding="behind_neck"``).
- The classifier of the published training is in the loss, see gaitcore/training/losses/triplet_cosine.py.
- Our choice: the initial weights of convolutions are Xavier's uniform ones, those of the parts GaitSet's.
"""

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.networks.parts import PartLinear, PartNeck, strips

TITLE = "SkeletonGait"
MODALITY = "keypoints"
LENGTHS = {"blocks": 4, "widths": 4}  # its stages
MAP = None  # its maps are over frames and pixels


PARTS = 16  # rows of the last map
STRIDES = (1, 2, 2, 1)  # of the stages, in space

# The key names of OpenGait, as patterns, and what they are called here.
PUBLISHED_KEYS = (
    (r"layer0\.forward_block\.0\.", r"entrance."),
    (r"layer0\.forward_block\.1\.", r"entrance_norm."),
    (r"layer1\.forward_block\.(\d)\.(conv|bn)(\d)\.", lambda match: _layer(1, match[1], match[2], match[3])),
    (r"layer(\d)\.(\d)\.conv(\d)\.forward_block\.0\.", lambda match: _layer(match[1], match[2], "conv", match[3])),
    (r"layer(\d)\.(\d)\.conv(\d)\.forward_block\.1\.", lambda match: _layer(match[1], match[2], "bn", match[3])),
    (r"layer(\d)\.(\d)\.shortcut3d\.", lambda match: f"{_block(match[1], match[2])}.temporal."),
    (r"layer(\d)\.(\d)\.sbn\.", lambda match: f"{_block(match[1], match[2])}.temporal_norm."),
    (r"layer(\d)\.(\d)\.downsample\.0\.", lambda match: f"{_block(match[1], match[2])}.skip."),
    (r"layer(\d)\.(\d)\.downsample\.1\.", lambda match: f"{_block(match[1], match[2])}.skip_norm."),
    (r"FCs\.fc_bin", r"head.weight"),
    (r"BNNecks\.bn1d\.", r"neck.norm."),
)
PUBLISHED_BESIDE = r"BNNecks\.fc_bin"


def _block(stage: int | str, block: int | str) -> str:
    return f"stages.{int(stage) - 1}.{block}"


def _layer(stage: int | str, block: str, kind: str, number: str) -> str:
    """A convolution or its normalisation; a block has a first and a second."""
    layer = ("first", "second")[int(number) - 1]
    return f"{_block(stage, block)}.{layer}{'_norm' * (kind == 'bn')}."


class FrameConv(nn.Conv2d):
    """A convolution of each frame, without bias: (B, C, T, H, W) -> (B, width, T, H / stride, W / stride)."""

    def __init__(self, channels: int, width: int, stride: int = 1):
        super().__init__(channels, width, 3, stride, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv3d(x, self.weight.unsqueeze(2), None, (1, *self.stride), (0, *self.padding))


class Block(nn.Module):
    """Two convolutions in space, in all stages but the first one over time between them, beside a skip."""

    def __init__(self, channels: int, width: int, stride: int, temporal: bool):
        super().__init__()
        self.first, self.first_norm = FrameConv(channels, width, stride), nn.BatchNorm3d(width)
        self.second, self.second_norm = FrameConv(width, width), nn.BatchNorm3d(width)
        self.temporal = nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0), bias=False) if temporal else None
        self.temporal_norm = nn.BatchNorm3d(width) if temporal else None
        same = channels == width and stride == 1
        self.skip = None if same else nn.Conv3d(channels, width, 1, (1, stride, stride), bias=False)
        self.skip_norm = None if same else nn.BatchNorm3d(width)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.first_norm(self.first(x)))
        if self.temporal is not None and self.temporal_norm is not None:
            out = F.relu(out + self.temporal_norm(self.temporal(out)))
        if self.skip is not None and self.skip_norm is not None:
            x = self.skip_norm(self.skip(x))
        return F.relu(self.second_norm(self.second(out)) + x)


class SkeletonGait(nn.Module):
    """(B, T, maps, 64, 44) maps of limbs and joints, from 0 to 1 -> (B, 16, embedding_dim), for any T.

    In training (B, 32, embedding_dim): the 16 parts before the batch normalisation at the end, then those behind it.

    Args:
        maps: of each frame, 2.
        embedding_dim: length of the embedding of each part.
        blocks: residual blocks of each stage.
        widths: channels of each stage.
        embedding: the embedding of a test sequence, "before_neck" or "behind_neck" (each part of unit length).
    """

    def __init__(
        self,
        maps: int = 2,
        embedding_dim: int = 256,
        *,
        blocks: Sequence[int] = (1, 1, 1, 1),
        widths: Sequence[int] = (64, 128, 256, 512),
        embedding: Literal["before_neck", "behind_neck"] = "before_neck",
    ):
        super().__init__()
        for name, given in (("blocks", blocks), ("widths", widths)):
            if len(given) != len(STRIDES):
                raise ValueError(f"{name} are {len(given)} numbers, expected one for each of its {len(STRIDES)} stages")
        if embedding not in ("before_neck", "behind_neck"):
            raise ValueError(f'embedding is "{embedding}", expected "before_neck" or "behind_neck"')
        self.parts, self.embedding = PARTS, embedding
        self.entrance, self.entrance_norm = FrameConv(maps, widths[0]), nn.BatchNorm3d(widths[0])
        self.stages = nn.ModuleList(
            nn.Sequential(
                *(
                    Block(width if block else before, width, 1 if block else stride, temporal=stage > 0)
                    for block in range(number)
                )
            )
            for stage, (before, width, stride, number) in enumerate(
                zip((widths[0], *widths[:-1]), widths, STRIDES, blocks, strict=True)
            )
        )
        self.head = PartLinear(PARTS, widths[-1], embedding_dim)
        self.neck = PartNeck(PARTS, embedding_dim)
        self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.entrance_norm(self.entrance(x.transpose(1, 2))))  # (B, 64, T, 64, 44)
        for stage in self.stages:
            x = stage(x)  # (B, 128, T, 32, 22), in the end (B, 512, T, 16, 11)
        x = strips(x.amax(dim=2), PARTS)  # (B, 512, 16)
        parts = self.head(x.transpose(1, 2))  # (B, 16, embedding_dim)
        behind = self.neck(parts)
        if self.training:
            return torch.cat([parts, behind], dim=1)
        return parts if self.embedding == "before_neck" else behind


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Conv3d):
        nn.init.xavier_uniform_(module.weight)
