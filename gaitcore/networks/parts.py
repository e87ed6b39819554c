"""Layers that networks with parts share: frames one by one, horizontal parts of a map, a matrix for each part."""

import torch
import torch.nn.functional as F
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


class PartNeck(nn.Module):
    """Batch normalisation, then unit length of each part: (B, parts, width) -> (B, parts, width).

    Source: Luo et al., "Bag of Tricks and a Strong Baseline for Deep Person Re-identification", CVPR Workshops 2019,
    for each part as OpenGait has it. A cross entropy is taken behind the neck and a triplet loss before
    it, so a network with a neck returns in training both, (B, 2 * parts, width): see
    gaitcore/training/losses/triplet_cosine.py.
    """

    def __init__(self, parts: int, width: int):
        super().__init__()
        self.shape = (width, parts)
        self.norm = nn.BatchNorm1d(width * parts)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(x.transpose(1, 2).flatten(1)).unflatten(1, self.shape)  # (B, width, parts)
        return F.normalize(x, dim=1).transpose(1, 2)
