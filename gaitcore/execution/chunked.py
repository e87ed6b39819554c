"""A training pass on a CPU, a few sequences at a time, with the gradients of the whole batch.

A training step on a CPU is bound by memory: maps of hundreds of megabytes are written by one operation and read back
by the next. Here a batch goes through the network in chunks small enough for the caches, one chunk to a thread. Only
batch normalisation couples the sequences of a batch; a network is therefore cut there into stages, and the moments of
the whole batch are computed between two stages. The result is that of one pass over the whole batch up to rounding.
Chunks are summed in their order, so the result does not depend on the number of threads.

The maps between two stages are kept. The values inside a stage are kept for the backward pass while there is memory,
beginning with the stages that need least, and recomputed otherwise (Chen et al., "Training deep nets with sublinear
memory cost", 2016). The result is the same.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from gaitcore.execution.compute import in_parallel
from gaitcore.execution.dropout import DropoutFrom

CHUNK = 8  # sequences at most; a map of 256 channels is then 8 MB

MEMORY = 9_000_000_000  # bytes for maps and for what is kept; a run needs less than 3 GB beside them


class Norm(Protocol):
    """A batch normalisation with weights and running statistics."""

    weight: Tensor
    bias: Tensor
    affine: bool
    eps: float
    momentum: float
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def parameters(self) -> Iterator[nn.Parameter]: ...


Maps = tuple[Tensor, ...]  # (chunk, ...) each; where batch normalisation follows, (chunk, channels, ...)
Moments = tuple[Tensor, ...]  # (2, channels) each: mean and biased variance over the batch


@dataclass(frozen=True, eq=False)
class Stage:
    """A part of a network that treats each sequence independently, up to the next batch normalisation.

    Attributes:
        run: maps of a chunk, after the batch normalisations of the previous stage -> maps.
        parameters: the weights that it uses, and possibly others.
        norms: for each of its maps the batch normalisation that follows, or None.
        number: its number among the stages of the network; the seed of dropout depends on it.
        size: bytes of its maps for each sequence.
        saved: bytes that its backward pass needs in addition, for each sequence.
    """

    run: Callable[..., Maps]
    parameters: tuple[nn.Parameter, ...]
    norms: tuple[Norm | None, ...]
    number: int
    size: int = 0
    saved: int = 0

    @property
    def normalised(self) -> tuple[int, ...]:
        """The indices of its maps that are normalised."""
        return tuple(index for index, norm in enumerate(self.norms) if norm is not None)


def in_chunks(stages: Sequence[Stage], x: Tensor, memory: int = MEMORY) -> Tensor:
    """Run a batch through a network in training, chunk by chunk; batch normalisations track the whole batch.

    Args:
        stages: the network; the last one has a single map.
        x: (B, ...) input; it gets no gradient.
        memory: bytes for the maps between stages and for the values that stages keep for the backward pass.

    Returns:
        The last map, (B, ...).
    """
    passes: list[_StagePass] = []
    seed = int(torch.randint(2**62, ()))  # of all dropout in this pass
    kept = _kept(stages, memory // len(x))
    for stage in stages:
        passes.append(_StagePass(stage, passes[-1] if passes else None, seed + stage.number, stage in kept))
    parameters = (parameter for pass_ in passes for parameter in pass_.parameters)
    out: Tensor = _InChunks.apply(passes, x, *parameters)  # type: ignore[no-untyped-call]
    for pass_ in passes:
        pass_.track()
    return out


def _kept(stages: Sequence[Stage], memory: int) -> list[Stage]:
    """The stages whose values are kept: those that need least, up to ``memory`` bytes for each sequence."""
    kept, left = [], memory - sum(stage.size for stage in stages)
    for stage in sorted(stages, key=lambda stage: stage.saved):
        left -= stage.saved
        if left >= 0:
            kept.append(stage)
    return kept


def normalised(norms: Sequence[Norm | None], maps: Sequence[Tensor], moments: Sequence[Tensor]) -> Maps:
    """Maps after batch normalisation by ``moments``, one for each norm that is not None."""
    remaining = iter(moments)
    return tuple(
        map_ if norm is None else _normalise(norm, map_, *next(remaining))
        for norm, map_ in zip(norms, maps, strict=True)
    )


def _normalise(norm: Norm, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    scale = torch.rsqrt(variance + norm.eps)
    scale = norm.weight * scale if norm.affine else scale
    shift = norm.bias - mean * scale if norm.affine else -mean * scale
    return torch.addcmul(shift, x.movedim(1, -1), scale).movedim(-1, 1)


def parameters_of(*modules: nn.Module | Norm) -> tuple[nn.Parameter, ...]:
    """The parameters of several modules that are trained."""
    return tuple(parameter for module in modules for parameter in module.parameters() if parameter.requires_grad)


def split(x: Tensor) -> tuple[Tensor, ...]:
    """A batch in chunks of nearly the same size, four of them or a multiple, which up to four threads share evenly."""
    chunks = 4 * math.ceil(len(x) / CHUNK / 4)
    return x.tensor_split(min(chunks, len(x)))


class _InChunks(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, passes: list["_StagePass"], x: Tensor, *_: Tensor) -> Tensor:
        ctx.passes = list(passes)
        maps: list[Maps] = [(chunk,) for chunk in split(x)]
        for pass_ in passes:
            maps = pass_.forward(maps)
        return torch.cat([only for (only,) in maps])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        map_gradients: list[Maps] = [(chunk,) for chunk in split(gradient)]
        moment_gradients: list[Tensor] = []
        parameter_gradients: list[Tensor | None] = []
        while ctx.passes:
            map_gradients, moment_gradients, stage_gradients = ctx.passes.pop().backward(
                map_gradients, moment_gradients
            )
            parameter_gradients = [*stage_gradients, *parameter_gradients]
        return None, None, *parameter_gradients


class _GradientsGiven(torch.autograd.Function):
    """The end of a graph whose gradients by some maps are given.

    ``torch.autograd.grad`` takes them, too, but checks them by SymPy, whose import is half a second of each training.
    """

    @staticmethod
    def forward(ctx: Any, gradients: list[Tensor], *maps: Tensor) -> Tensor:
        ctx.gradients = gradients
        return maps[0].new_zeros(())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, _: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.gradients


class _StagePass:
    """Forward and backward pass of one stage on one batch; it begins with the batch normalisations before the stage."""

    def __init__(self, stage: Stage, before: "_StagePass | None", seed: int, keep: bool):
        self.stage, self.before, self.seed, self.keep = stage, before, seed, keep
        self.norms: tuple[Norm | None, ...] = before.stage.norms if before else (None,)
        self.parameters = (*parameters_of(*filter(None, self.norms)), *stage.parameters)
        self.autocast = torch.is_autocast_enabled("cpu")
        self.maps: list[Maps] = []  # its input
        self.kept: dict[int, tuple[list[Tensor], Maps]] = {}  # by chunk: see _with_graph
        self.moments: Moments = ()  # of its output maps, where they are normalised
        self.positions: tuple[int, ...] = ()  # number of values in the batch for each of the moments

    @property
    def input_moments(self) -> Moments:
        """The moments of its input maps."""
        return self.before.moments if self.before else ()

    def forward(self, maps: list[Maps]) -> list[Maps]:
        """The stage's maps; it also computes the moments of those that are normalised next."""
        self.maps = maps

        def chunk(number: int) -> tuple[Maps, list[Tensor]]:
            leaves, out = self._with_graph(
                number
            )  # always with a graph: without one torch.matmul may round differently
            if self.keep:
                self.kept[number] = leaves, out
            out = tuple(map_.detach() for map_ in out)
            return out, [_sums(out[index]) for index in self.stage.normalised]

        done = in_parallel(chunk, range(len(self.maps)))
        self._take_moments([out for out, _ in done], [sums for _, sums in done])
        return [out for out, _ in done]

    def backward(
        self, map_gradients: list[Maps], moment_gradients: list[Tensor]
    ) -> tuple[list[Maps], list[Tensor], list[Tensor | None]]:
        """Gradients of the stage's input maps, of their moments, and of its parameters."""
        if not self.before and not self.parameters:
            return [], [], []
        through = list(zip(self.stage.normalised, self.moments, moment_gradients, self.positions, strict=True))

        def chunk(number: int) -> tuple[Maps, tuple[Tensor, ...], tuple[Tensor | None, ...]]:
            leaves, out = self.kept.pop(number) if number in self.kept else self._with_graph(number)
            gradients = list(map_gradients[number])
            for index, moments, gradient, positions in through:
                by_moments = _through_moments(out[index].detach(), moments, gradient / positions)
                gradients[index] = (gradients[index] + by_moments).to(out[index].dtype)
            inputs = [*leaves, *self.parameters]
            with torch.enable_grad():
                end: Tensor = _GradientsGiven.apply(gradients, *out)  # type: ignore[no-untyped-call]
            results = torch.autograd.grad(end, inputs, allow_unused=True)
            maps = len(leaves) - len(self.input_moments)
            return results[:maps], results[maps : len(leaves)], results[len(leaves) :]

        done = in_parallel(chunk, range(len(self.maps)))
        moment_sums = [total for total in _summed([moments for _, moments, _ in done]) if total is not None]
        return [maps for maps, _, _ in done], moment_sums, _summed([parameters for *_, parameters in done])

    def track(self) -> None:
        """Update the running mean and variance of its norms, as a pass over the whole batch does."""
        norms = filter(None, self.stage.norms)
        for norm, (mean, variance), positions in zip(norms, self.moments, self.positions, strict=True):
            norm.num_batches_tracked += 1
            norm.running_mean.lerp_(mean, norm.momentum)
            norm.running_var.lerp_(variance * positions / (positions - 1), norm.momentum)

    def _with_graph(self, number: int) -> tuple[list[Tensor], Maps]:
        """The tensors whose gradients are computed, and the chunk's maps with their graph."""
        maps, moments = self.maps[number], self.input_moments
        if self.before:
            maps, moments = (tuple(tensor.detach().requires_grad_() for tensor in group) for group in (maps, moments))
        generator = torch.Generator().manual_seed((self.seed * 65_537 + number) % 2**63)
        autocast = torch.autocast("cpu", torch.bfloat16, enabled=self.autocast)
        with torch.enable_grad(), autocast, DropoutFrom(generator):
            out = self.stage.run(*normalised(self.norms, maps, moments))
        return [*maps, *moments] if self.before else [], out

    def _take_moments(self, maps: list[Maps], sums: list[list[Tensor]]) -> None:
        for place, index in enumerate(self.stage.normalised):
            positions = sum(chunk[index].numel() // chunk[index].shape[1] for chunk in maps)
            moments = _moments([chunk_sums[place] for chunk_sums in sums], positions)
            self.moments += (moments.to(_at_least_float32(maps[0][index])),)
            self.positions += (positions,)


def moments_of(map_: Tensor) -> Tensor:
    """(2, C): mean and biased variance of each channel of a map (B, C, ...)."""
    return _moments([_sums(map_)], map_.numel() // map_.shape[1]).to(_at_least_float32(map_))


def _moments(sums: list[Tensor], positions: int) -> Tensor:
    mean, square = torch.stack(sums).sum(dim=0) / positions
    return torch.stack([mean, square - mean**2])


def _through_moments(map_: Tensor, moments: Tensor, gradient: Tensor) -> Tensor:
    """The part of the gradient at each position of a map that comes through the batch's mean and variance."""
    (mean, _), (by_mean, by_variance) = moments, gradient
    by_moments = torch.addcmul(by_mean - 2 * by_variance * mean, map_.movedim(1, -1), 2 * by_variance)
    return by_moments.movedim(-1, 1)


def _sums(map_: Tensor) -> Tensor:
    """(2, C) float64: sum and sum of squares of each channel of a map (B, C, ...).

    A product with ones is faster than a sum over the first axis.
    """
    flat = map_.movedim(1, -1).flatten(0, -2).to(_at_least_float32(map_))
    ones = flat.new_ones(1, len(flat))
    return torch.cat([ones @ flat, ones @ flat.square()]).double()


def _at_least_float32(map_: Tensor) -> torch.dtype:
    return torch.promote_types(map_.dtype, torch.float32)


def _summed(chunks: Sequence[tuple[Tensor | None, ...]]) -> list[Tensor | None]:
    """The sums over chunks, in the chunks' order; None for unused parameters."""
    return [_sum(tensors) for tensors in zip(*chunks, strict=True)]


def _sum(tensors: Sequence[Tensor | None]) -> Tensor | None:
    used = [tensor for tensor in tensors if tensor is not None]
    return sum(used[1:], start=used[0]) if used else None
