"""Dropout in a pass in chunks: each chunk draws from a generator of its own, so that threads do not share one."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

RARE = 0.1  # below this probability the gaps between dropped values are drawn, not a number for each value


class DropoutFrom(TorchFunctionMode):
    """Within it, in this thread, all dropout of networks draws from a generator; None drops nothing."""

    def __init__(self, generator: torch.Generator | None):
        super().__init__()
        self.generator = generator

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is F.dropout:
            return self._dropped(*args, **(kwargs or {}))
        return function(*args, **(kwargs or {}))

    def _dropped(self, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
        if self.generator is None or not training or p == 0:
            return input
        return (sparse_dropout if p < RARE else dense_dropout)(input, p, self.generator)


def dense_dropout(x: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Dropout by a draw for each value."""
    kept = torch.rand(x.shape, generator=generator) >= probability
    return x * kept / (1 - probability)


def sparse_dropout(x: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    """Dropout whose draws are the gaps between dropped values instead of one for every value.

    The gaps of independent draws are geometric. For one value in a hundred that is some fifty times less to draw.
    """
    size = x.numel()
    expected = size * probability
    enough = int(expected + 8 * expected**0.5 + 16)  # of gaps to reach the end: eight standard deviations
    gaps = torch.empty(enough, dtype=torch.int64).geometric_(probability, generator=generator)
    dropped = gaps.cumsum(0) - 1
    out: Tensor = _SparseDropout.apply(x, dropped[dropped < size], 1 / (1 - probability))  # type: ignore[no-untyped-call]
    return out


class _SparseDropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, dropped: Tensor, scale: float) -> Tensor:
        ctx.dropped, ctx.scale = dropped, scale
        return _SparseDropout.applied(x, dropped, scale)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return _SparseDropout.applied(gradient, ctx.dropped, ctx.scale), None, None

    @staticmethod
    def applied(x: Tensor, dropped: Tensor, scale: float) -> Tensor:
        out = (x * scale).contiguous()
        out.view(-1)[dropped] = 0.0
        return out
