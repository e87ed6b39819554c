"""Temporal blocks with channels first of all: a depthwise convolution over time as a matrix product, for GPUs.

cuDNN has no fast depthwise convolution over 31 of 60 frames: its forward and backward passes take half of GaitMixer's
step. Over a walk of T frames that is reflected at its ends the convolution of a channel is a product with a T x T
matrix, so that all channels are one batched product and the gradient of the weights is another. The matrices are sums
of the weights, M = P w, with a constant P that a run of the module's own padding over the unit matrix gives.

Maps are (channels, T, B x J) from the first temporal block to the last, so that the mix of channels is one product and
nothing is permuted on the way. On a CPU this is no faster.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_OF_A_BLOCK = ("dropout", "reflect", "depthwise", "pointwise", "norm", "widen", "widen_norm")


def banded(network: nn.Module) -> "Banded | None":
    """The pass of a network with a stage ``spatial``, temporal blocks as GaitMixer's and ``read``; None for others.

    It has the network's own weights and running statistics, and gives what the network gives, up to rounding.
    """
    blocks = getattr(network, "temporal", None)
    if not isinstance(blocks, nn.ModuleList) or not hasattr(network, "spatial") or not hasattr(network, "read"):
        return None
    if not blocks or not all(hasattr(block, name) for block in blocks for name in _OF_A_BLOCK):
        return None
    return Banded(network)


class Banded(nn.Module):
    """The pass of a network with temporal blocks on maps (C, T, B x J); see :func:`banded`."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self._taps: dict[tuple[int, int], Tensor] = {}

    def forward(self, x: Tensor) -> Tensor:
        return self.after_spatial(cast(nn.Module, self.network.spatial)(x))

    def after_spatial(self, maps: Tensor) -> Tensor:
        """What the stage ``spatial`` makes of poses, (B, T, J, C) -> (B, embedding_dim)."""
        batch, frames, joints, _ = maps.shape
        maps = maps.permute(3, 1, 0, 2).flatten(2)  # (C, T, B * J)
        for index, block in enumerate(cast(nn.ModuleList, self.network.temporal)):
            maps = _of_block(block, maps, self._matrix(index, block, frames, maps))
        pooled = maps.unflatten(2, (batch, joints)).mean(dim=(1, 3)).T  # (B, C)
        return self.network.read(pooled[:, None, None])  # type: ignore[operator]

    def _matrix(self, index: int, block: nn.Module, frames: int, x: Tensor) -> Tensor:
        """(T * T, kernel) of 0 and 1, and 2 where a frame is its own mirror image twice: the constant P."""
        if (index, frames) not in self._taps:
            self._taps[index, frames] = taps(block, frames, x.device)
        return self._taps[index, frames]


def taps(block: nn.Module, frames: int, device: torch.device) -> Tensor:
    """P, (T * T, kernel): with it (P w) as a T x T matrix is the block's convolution by w over T frames."""
    unit = torch.eye(frames, device=device)[None, :, None]  # (1, T, 1, T): frame t has a 1 in channel t
    padded = cast(nn.Module, block.reflect)(unit)[0, :, 0]  # (T + kernel - 1, T)
    kernel = cast(nn.Conv2d, block.depthwise).kernel_size[0]
    return padded.unfold(0, kernel, 1).reshape(frames * frames, kernel)


def _of_block(block: nn.Module, x: Tensor, constant: Tensor) -> Tensor:
    """(channels, T, N) -> (width, T, N): ``block`` is a temporal block."""
    channels, frames, columns = x.shape
    depthwise, pointwise = cast(nn.Conv2d, block.depthwise), cast(nn.Conv2d, block.pointwise)
    matrices = (depthwise.weight.flatten(1) @ constant.to(x.dtype).T).view(channels, frames, frames)
    mixed = torch.bmm(matrices, cast(nn.Module, block.dropout)(x))
    mix, bias = pointwise.weight.flatten(1), pointwise.bias
    if depthwise.bias is not None:  # the mix of the biases instead of a sum over the whole map before it is mixed
        moved = mix @ depthwise.bias
        bias = moved if bias is None else moved + bias
    mixed = _mixed(mix, bias, mixed.flatten(1))
    mixed = _normalised(cast(nn.Module, block.norm), F.gelu(mixed).view(-1, frames, columns))
    if block.widen is None:
        return mixed + x
    widen = cast(nn.Linear, block.widen)
    widened = F.gelu(_mixed(widen.weight, widen.bias, x.flatten(1))).view(-1, frames, columns)
    return mixed + _normalised(cast(nn.Module, block.widen_norm), widened)


def _mixed(weight: Tensor, bias: Tensor | None, x: Tensor) -> Tensor:
    """(width, channels) and (channels, N) -> (width, N), of the type of the product: under autocast bfloat16."""
    mixed = weight @ x
    return mixed if bias is None else mixed + bias.to(mixed.dtype)[:, None]


def _normalised(norm: nn.Module, x: Tensor) -> Tensor:
    """A BatchNorm2d of (channels, T, N), as one sequence of T x N places."""
    return norm(x[None])[0]
