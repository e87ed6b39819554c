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

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.execution.chunked import Maps, Stage, in_chunks, normalise, parameters_of
from gaitcore.networks.layers import SpatialMixer, sparse_dropout

TITLE = "GaitMixer"
MODALITY = "keypoints"
MAP = "what the last temporal block gives"


BATCH_NORM_EPS = 1e-3

# For the reproduction report: the paper's text where the published code does otherwise or an option is left open.
PAPER_TEXT = {
    "spatial_width": "256, isotropic (sections 3 and 3.3)",
    "widths": "256 throughout, isotropic (sections 3 and 3.3)",
    "padding": '"reverse padding with size of 30" (section 3.2)',
    "dropout": "not said",
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


class TemporalBlock(nn.Module):
    """Depthwise convolution over time, then a mix of channels, beside a skip: (B, T, J, C) -> (B, T, J, width).

    Channels stay last in memory throughout, so that nothing is copied between the convolution over frames and
    the products over channels.
    """

    def __init__(self, channels: int, width: int, kernel: int, padding: Literal["past", "both"], dropout: float):
        super().__init__()
        self.past, self.future = (kernel - 1, 0) if padding == "past" else ((kernel - 1) // 2, kernel // 2)
        self.dropout = dropout
        self.depthwise = nn.Conv2d(channels, channels, (kernel, 1), groups=channels)
        self.pointwise = nn.Conv2d(channels, width, 1)
        self.norm = nn.BatchNorm2d(width, eps=BATCH_NORM_EPS)
        self.widen = nn.Linear(channels, width) if width != channels else None
        self.widen_norm = nn.BatchNorm2d(width, eps=BATCH_NORM_EPS) if width != channels else None

    def forward(self, x: Tensor) -> Tensor:
        skip, mixed = self.branches(x, F.dropout(x, self.dropout, self.training))
        return normalise(self.norm, mixed) + (skip if self.widen is None else normalise(self.widen_norm, skip))

    def branches(self, x: Tensor, dropped: Tensor) -> Maps:
        """The skip and the mixed map, (B, T, J, width) each, before they are normalised."""
        mixed = self.depthwise(channels_first(self.reflect(dropped)))  # (B, C, T, J)
        mixed = F.linear(channels_last(mixed), self.pointwise.weight.flatten(1), self.pointwise.bias)
        return x if self.widen is None else F.gelu(self.widen(x)), F.gelu(mixed)

    def mix(self, x: Tensor, generator: torch.Generator) -> Maps:
        """The branches of a chunk in training."""
        return self.branches(x, sparse_dropout(x, self.dropout, generator))

    @property
    def layers(self) -> tuple[nn.Module, ...]:
        """What the branches go through."""
        return (self.depthwise, self.pointwise, *([] if self.widen is None else [self.widen]))

    @property
    def norms(self) -> tuple[nn.BatchNorm2d | None, nn.BatchNorm2d]:
        """Of the skip, if it is normalised, and of the mixed map; their sum is the block's output."""
        return self.widen_norm, self.norm

    def reflect(self, x: Tensor) -> Tensor:
        """Continue the walk before its first and after its last frame by running it backwards, and forwards again."""
        past, future = self.past, self.future
        while past or future:
            frames = x.shape[1]
            before, after = min(past, frames - 1), min(future, frames - 1)
            start, end = x[:, 1 : before + 1].flip(1), x[:, frames - 1 - after : frames - 1].flip(1)
            x = torch.cat([start, x, end], dim=1)
            past, future = past - before, future - after
        return x


def channels_first(x: Tensor) -> Tensor:
    """(B, T, J, C) -> (B, C, T, J), a view."""
    return x.permute(0, 3, 1, 2)


def channels_last(x: Tensor) -> Tensor:
    """(B, C, T, J) -> (B, T, J, C), a view."""
    return x.permute(0, 2, 3, 1)


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
        kernel: frames the depthwise convolution sees; the walk is reflected as often as a long one needs.
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
        spatial_width: int = 32,
        spatial_depth: int = 4,
        spatial: Literal["attention", "convolution"] = "attention",
        heads: int = 8,
        widths: Sequence[int] = (32, 64, 128, 256),
        kernel: int = 31,
        padding: Literal["past", "both"] = "past",
        dropout: float = 0.01,
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
        if self.training and x.device.type == "cpu":
            return self.embed(in_chunks(self._stages(), x))
        return self.over_time(self.spatial(x))

    def over_time(self, x: Tensor) -> Tensor:
        """(B, T, J, spatial_width), what :attr:`spatial` makes of each frame -> (B, embedding_dim)."""
        return self.read(self._mixed(x))

    def last_map(self, x: Tensor) -> Maps:
        """(B, T, J, C) -> (B, T, J, widths[-1]): what the last temporal block gives, and is pooled."""
        return (self._mixed(self.spatial(x)),)

    def read(self, x: Tensor) -> Tensor:
        """The last map -> (B, embedding_dim)."""
        return self.embed(x.mean(dim=(1, 2)))

    def _mixed(self, x: Tensor) -> Tensor:
        for block in self.temporal:
            x = block(x)  # (B, T, J, widths[i])
        return x

    def embed(self, pooled: Tensor) -> Tensor:
        """(B, widths[-1]) -> (B, embedding_dim), unit length."""
        return F.normalize(self.head(self.head_norm(pooled)))

    def _stages(self) -> Iterator[Stage]:
        """The same up to the pooling, in the order in which a CPU's caches like it: see gaitcore.execution.chunked."""
        first, last = self.temporal[0], self.temporal[-1]
        yield Stage(
            lambda maps, generator: first.mix(self.spatial(*maps), generator),
            parameters_of(self.spatial, *first.layers),
            first.norms,
            keep=True,
        )
        for block in self.temporal[1:]:
            yield Stage(
                lambda maps, generator, block=block: block.mix(_sum(maps), generator),
                parameters_of(*block.layers),
                block.norms,
                keep=block is not last,
            )
        yield Stage(lambda maps, _: (_sum(maps).mean(dim=(1, 2)),))


def _sum(branches: Maps) -> Tensor:
    skip, mixed = branches
    return mixed + skip
