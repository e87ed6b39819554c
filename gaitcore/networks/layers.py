"""Layers that networks share: channels-last maps, the pre-norm transformer block, the spatial mixer of both mixers.

Source of the mixer: GaitMixer (Pinyoanuntapong et al., ICASSP 2023), section 3.1; the block is the vision
transformer's (Dosovitskiy et al., ICLR 2021) as the published code configures it: query, key and value
biases, exact GELU, no dropout, LayerNorm eps 1e-6.
"""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NORM_EPS = 1e-6


def channels_last(layer: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Apply a layer for (B, C, ...) to a map (B, ..., C), whose channels come last; only views are taken."""
    return layer(x.movedim(-1, 1)).movedim(1, -1)


class Pointwise(nn.Conv2d):
    """A 1 x 1 convolution of a map whose channels come last: (B, ..., channels) -> (B, ..., width)."""

    def __init__(self, channels: int, width: int):
        super().__init__(channels, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight.flatten(1), self.bias)


class Attention(nn.Module):
    """Multi-head self-attention over the tokens of (N, tokens, width)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} is not a multiple of the {heads} attention heads")
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, wanted: int | None = None) -> Tensor:
        """What each of the first ``wanted`` tokens (all of them) gathers from all tokens."""
        n, tokens, width = x.shape
        qkv = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads)
        # One copy into (3, N, heads, tokens, width / heads): with heads of 4 channels the batched products are
        # bound by memory layout, and on a CPU this is about 3 times faster than the fused attention call.
        query, key, value = qkv.permute(2, 0, 3, 1, 4).contiguous()
        query = query[:, :, :wanted] * query.shape[-1] ** -0.5
        weights = query @ key.transpose(-2, -1)  # (N, heads, wanted, tokens)
        mixed = weights.softmax(-1) @ value
        return self.proj(mixed.transpose(1, 2).reshape(n, -1, width))


class TokenConvolution(nn.Module):
    """Depthwise convolution over the tokens of (N, tokens, width), beyond which lie zeros."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding="same", groups=width)

    def forward(self, x: Tensor, wanted: int | None = None) -> Tensor:
        """What each of the first ``wanted`` tokens (all of them) gathers from its neighbours."""
        return self.depthwise(x.transpose(1, 2)).transpose(1, 2)[:, :wanted]


class TransformerBlock(nn.Module):
    """x + mix(norm(x)), then x + mlp(norm(x)), on (N, tokens, width); `mixer` replaces the self-attention."""

    def __init__(self, width: int, heads: int, mlp_ratio: float = 2.0, mixer: nn.Module | None = None):
        super().__init__()
        hidden = int(width * mlp_ratio)
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPS)
        self.attn = mixer or Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPS)
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor, wanted: int | None = None) -> Tensor:
        """The block's output for the first ``wanted`` tokens; for all of them if none are named."""
        x = x[:, :wanted] + self.attn(self.norm1(x), wanted)
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class SpatialMixer(nn.Module):
    """Mixes the joints of each frame, one frame independently of the others: (B, T, J, C) -> (B, T, J, width).

    Args:
        joints, in_channels: J and C.
        width: channels it works with.
        depth: its blocks.
        heads: attention heads.
        mixing: "attention" (the paper) or "convolution", depthwise over the joints in COCO's order, as wide as all of
            them: the homogeneous counterpart of a temporal convolution.
    """

    per_frame = True  # what it makes of a frame depends on no other frame

    def __init__(
        self,
        joints: int,
        in_channels: int,
        width: int,
        depth: int,
        heads: int,
        mixing: Literal["attention", "convolution"] = "attention",
    ):
        super().__init__()
        if mixing not in ("attention", "convolution"):
            raise ValueError(f'spatial is "{mixing}", expected "attention" or "convolution"')
        self.embed = nn.Linear(in_channels, width)
        self.joint_embedding = nn.Parameter(torch.zeros(1, joints, width))
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, mixer=TokenConvolution(width, joints) if mixing == "convolution" else None)
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width, eps=NORM_EPS)

    def forward(self, x: Tensor) -> Tensor:
        batch, frames = x.shape[:2]
        x = self.embed(x.flatten(0, 1)) + self.joint_embedding  # (B * T, J, width)
        for block in self.blocks:
            x = block(x)
        return self.norm(x).unflatten(0, (batch, frames))  # (B, T, J, width)
