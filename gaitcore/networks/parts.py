"""Layers that networks of silhouettes share: frames one by one, horizontal parts of a map, a matrix for each part."""

import torch
from torch import Tensor, nn


class PerFrame(nn.ModuleList):
    """Layers that every frame goes through alone: (B, T, C, H, W) -> (B, T, C', H', W')."""

    def forward(self, x: Tensor) -> Tensor:
        batch, frames = x.shape[:2]
        x = x.flatten(0, 1)  # (B * T, C, H, W)
        for layer in self:
            x = layer(x)
        return x.unflatten(0, (batch, frames))


def convolution(channels: int, width: int, kernel: int) -> nn.Conv2d:
    """A convolution that keeps the size of a map, without bias, with Xavier's uniform initial weights."""
    layer = nn.Conv2d(channels, width, kernel, padding=kernel // 2, bias=False)
    nn.init.xavier_uniform_(layer.weight)
    return layer


def strips(x: Tensor, number: int) -> Tensor:
    """Horizontal strips of maps (..., H, W), each as its mean plus its maximum: (..., number)."""
    x = x.unflatten(-2, (number, -1)).flatten(-2)  # (..., number, H / number * W)
    return x.mean(dim=-1) + x.amax(dim=-1)


class PartLinear(nn.Module):
    """A matrix of its own for each part, without bias: (B, parts, channels) -> (B, parts, width).

    The initial weights are Xavier's of the whole tensor, as PyTorch counts its fans (width * channels and width *
    parts): their bound is several times smaller than that of a single matrix. The published code does the same.
    """

    def __init__(self, parts: int, channels: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(parts, channels, width)))

    def forward(self, x: Tensor) -> Tensor:
        return (x.transpose(0, 1) @ self.weight).transpose(0, 1)
