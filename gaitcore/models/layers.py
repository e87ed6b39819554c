"""Layers the systems share: the pre-norm transformer block and the spatial stage of both mixers.

Source: GaitMixer (Pinyoanuntapong et al., ICASSP 2023), section 3.1; the block is the vision
transformer's (Dosovitskiy et al., ICLR 2021) as the published code configures it: query, key and value
biases, exact GELU, no dropout, LayerNorm eps 1e-6.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NORM_EPS = 1e-6


class Attention(nn.Module):
    """Multi-head self-attention over the tokens of (N, tokens, width)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} is not a multiple of the {heads} attention heads")
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        qkv = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads)
        # One copy into (3, N, heads, tokens, width / heads): with heads of 4 channels the batched products are
        # bound by memory layout, and on a CPU this is about 3 times faster than the fused attention call.
        query, key, value = qkv.permute(2, 0, 3, 1, 4).contiguous()
        weights = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)  # (N, heads, tokens, tokens)
        mixed = weights.softmax(-1) @ value
        return self.proj(mixed.transpose(1, 2).reshape(n, tokens, width))


class TransformerBlock(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)), on (N, tokens, width)."""

    def __init__(self, width: int, heads: int, mlp_ratio: float = 2.0):
        super().__init__()
        hidden = int(width * mlp_ratio)
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPS)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPS)
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class SpatialMixer(nn.Module):
    """Self-attention among the joints of each frame: (B, T, J, C) -> (B, T, J, width)."""

    def __init__(self, joints: int, in_channels: int, width: int, depth: int, heads: int):
        super().__init__()
        self.embed = nn.Linear(in_channels, width)
        self.joint_embedding = nn.Parameter(torch.zeros(1, joints, width))
        self.blocks = nn.ModuleList(TransformerBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=NORM_EPS)

    def forward(self, x: Tensor) -> Tensor:
        batch, frames = x.shape[:2]
        x = self.embed(x.flatten(0, 1)) + self.joint_embedding  # (B * T, J, width)
        for block in self.blocks:
            x = block(x)
        return self.norm(x).unflatten(0, (batch, frames))
