"""A training pass on a CPU, a few sequences at a time, with the gradients of the whole batch.

A training step on a CPU is bound by memory: maps of hundreds of megabytes are written by one operation and read back
by the next. Here a batch goes through the network in chunks small enough for the caches, one chunk to a thread. What
couples the sequences of a batch is batch normalisation alone; a network is therefore cut there into stages, and the
moments of the whole batch are taken between two of them. The result is that of one pass over the whole batch up to
rounding. Chunks are summed in their order, so it does not depend on the number of threads.

Between two stages their maps are kept. What lies inside a stage is kept for the backward pass while there is memory,
beginning with the stages that need least, and computed again otherwise (Chen et al., "Training deep nets with sublinear
memory cost", 2016). The result is the same.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from gaitcore.execution.compute import in_parallel
from gaitcore.execution.dropout import DropoutFrom

CHUNK = 8  # sequences at most; a map of 256 channels is then 8 MB

MEMORY = 9_000_000_000  # bytes for maps and for what is kept; a run needs less than 3 GB beside them

Maps = tuple[Tensor, ...]  # (chunk, ...) each; where batch normalisation follows, (chunk, channels, ...)
Moments = tuple[Tensor, ...]  # (2, channels) each: mean and biased variance over the batch


@dataclass(frozen=True, eq=False)
class Stage:
    """What a network does to each sequence independently, up to the next batch normalisation.

    Attributes:
        run: maps of a chunk, normalised where the stage before asks for it -> maps.
        parameters: the weights that it uses, and possibly others.
        norms: for each of its maps the batch normalisation that follows, or None.
        number: its own among the stages of the network; dropout's seed follows from it.
        size: bytes of its maps, of each sequence.
        saved: bytes that its backward pass needs beside maps, of each sequence.
    """

    run: Callable[..., Maps]
    parameters: tuple[nn.Parameter, ...]
    norms: tuple[nn.Module | None, ...]
    number: int
    size: int = 0
    saved: int = 0

    @property
    def normalised(self) -> tuple[int, ...]:
        """Which of its maps are normalised, by index."""
        return tuple(index for index, norm in enumerate(self.norms) if norm is not None)


def in_chunks(stages: Sequence[Stage], x: Tensor, memory: int = MEMORY) -> Tensor:
    """Run a batch through a network in training, chunk by chunk; batch normalisations track the whole batch.

    Args:
        stages: the network; the last one gives a single map.
        x: (B, ...) input; no gradient flows back to it.
        memory: bytes for the maps between stages and for what stages keep for the backward pass.

    Returns:
        The last map, (B, ...).
    """
    passes: list[_StagePass] = []
    seed = int(torch.randint(2**62, ()))  # of all dropout in this pass
    kept = _kept(stages, memory // len(x))
    for stage in stages:
        passes.append(_StagePass(stage, passes[-1] if passes else None, seed + stage.number, stage in kept))
    out = _InChunks.apply(passes, x, *(parameter for pass_ in passes for parameter in pass_.parameters))
    for pass_ in passes:
        pass_.track()
    return out


def _kept(stages: Sequence[Stage], memory: int) -> list[Stage]:
    """The stages that are kept for the backward pass: those that need least, while ``memory``, of a sequence, lasts."""
    kept, left = [], memory - sum(stage.size for stage in stages)
    for stage in sorted(stages, key=lambda stage: stage.saved):
        left -= stage.saved
        if left >= 0:
            kept.append(stage)
    return kept


def normalised(norms: Sequence[nn.Module | None], maps: Sequence[Tensor], moments: Sequence[Tensor]) -> Maps:
    """Maps after batch normalisation by the moments given, one for each norm that is not None."""
    remaining = iter(moments)
    return tuple(
        map_ if norm is None else _normalise(norm, map_, *next(remaining))
        for norm, map_ in zip(norms, maps, strict=True)
    )


def _normalise(norm: nn.Module, x: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    scale = torch.rsqrt(variance + norm.eps)
    scale = norm.weight * scale if norm.affine else scale
    shift = norm.bias - mean * scale if norm.affine else -mean * scale
    return torch.addcmul(shift, x.movedim(1, -1), scale).movedim(-1, 1)


def parameters_of(*modules: nn.Module) -> tuple[nn.Parameter, ...]:
    """The parameters of several modules that are trained."""
    return tuple(parameter for module in modules for parameter in module.parameters() if parameter.requires_grad)


def split(x: Tensor) -> tuple[Tensor, ...]:
    """A batch in chunks of nearly the same size, four of them or a multiple, which up to four threads share evenly."""
    chunks = 4 * math.ceil(len(x) / CHUNK / 4)
    return x.tensor_split(min(chunks, len(x)))


class _InChunks(torch.autograd.Function):
    @staticmethod
    def forward(ctx, passes: list["_StagePass"], x: Tensor, *_: Tensor) -> Tensor:
        ctx.passes = list(passes)
        maps: list[Maps] = [(chunk,) for chunk in split(x)]
        for pass_ in passes:
            maps = pass_.forward(maps)
        return torch.cat([only for (only,) in maps])

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        of_maps: list[Maps] = [(chunk,) for chunk in split(gradient)]
        of_moments: list[Tensor] = []
        of_parameters: list[Tensor | None] = []
        while ctx.passes:
            of_maps, of_moments, of_stage = ctx.passes.pop().backward(of_maps, of_moments)
            of_parameters = [*of_stage, *of_parameters]
        return None, None, *of_parameters


class _StagePass:
    """Forward and backward pass of one stage on one batch; it begins with the batch normalisations before the stage."""

    def __init__(self, stage: Stage, before: "_StagePass | None", seed: int, keep: bool):
        self.stage, self.before, self.seed, self.keep = stage, before, seed, keep
        self.norms = before.stage.norms if before else (None,)
        self.parameters = (*parameters_of(*filter(None, self.norms)), *stage.parameters)
        self.autocast = torch.is_autocast_enabled("cpu")
        self.maps: list[Maps] = []  # that it was given
        self.kept: dict[int, tuple[list[Tensor], Maps]] = {}  # by chunk: see _with_graph
        self.moments: Moments = ()  # of the maps it made, where they are normalised
        self.positions: tuple[int, ...] = ()  # in the batch, behind each of the moments

    @property
    def given(self) -> Moments:
        """The moments of the maps it was given."""
        return self.before.moments if self.before else ()

    def forward(self, maps: list[Maps]) -> list[Maps]:
        """The stage's maps; the moments of those that are normalised next are taken on the way."""
        self.maps = maps

        def chunk(number: int) -> tuple[Maps, list[Tensor]]:
            leaves, out = self._with_graph(number)  # kept or not: without a graph torch.matmul may round otherwise
            if self.keep:
                self.kept[number] = leaves, out
            out = tuple(map_.detach() for map_ in out)
            return out, [_sums(out[index]) for index in self.stage.normalised]

        done = in_parallel(chunk, range(len(self.maps)))
        self._take_moments([out for out, _ in done], [sums for _, sums in done])
        return [out for out, _ in done]

    def backward(
        self, of_maps: list[Maps], of_moments: list[Tensor]
    ) -> tuple[list[Maps], list[Tensor], list[Tensor | None]]:
        """Gradients of the stage's input maps, of the moments it was given, and of its parameters."""
        if not self.before and not self.parameters:
            return [], [], []
        through = list(zip(self.stage.normalised, self.moments, of_moments, self.positions, strict=True))

        def chunk(number: int) -> tuple[Maps, ...]:
            leaves, out = self.kept.pop(number, None) or self._with_graph(number)
            gradients = list(of_maps[number])
            for index, moments, gradient, positions in through:
                by_moments = _through_moments(out[index].detach(), moments, gradient / positions)
                gradients[index] = (gradients[index] + by_moments).to(out[index].dtype)
            found = torch.autograd.grad(out, [*leaves, *self.parameters], gradients, allow_unused=True)
            maps = len(leaves) - len(self.given)
            return found[:maps], found[maps : len(leaves)], found[len(leaves) :]

        done = in_parallel(chunk, range(len(self.maps)))
        of_inputs, of_given, of_parameters = zip(*done, strict=True)
        return list(of_inputs), _summed(of_given), _summed(of_parameters)

    def track(self) -> None:
        """Update the running mean and variance of its norms, as they do themselves when they see the whole batch."""
        norms = filter(None, self.stage.norms)
        for norm, (mean, variance), positions in zip(norms, self.moments, self.positions, strict=True):
            norm.num_batches_tracked += 1
            norm.running_mean.lerp_(mean, norm.momentum)
            norm.running_var.lerp_(variance * positions / (positions - 1), norm.momentum)

    def _with_graph(self, number: int) -> tuple[list[Tensor], Maps]:
        """What a chunk's gradients are taken of, and its maps with the graph behind them."""
        maps, given = self.maps[number], self.given
        if self.before:
            maps, given = (tuple(tensor.detach().requires_grad_() for tensor in group) for group in (maps, given))
        generator = torch.Generator().manual_seed((self.seed * 65_537 + number) % 2**63)
        autocast = torch.autocast("cpu", torch.bfloat16, enabled=self.autocast)
        with torch.enable_grad(), autocast, DropoutFrom(generator):
            out = self.stage.run(*normalised(self.norms, maps, given))
        return [*maps, *given] if self.before else [], out

    def _take_moments(self, maps: list[Maps], sums: list[list[Tensor]]) -> None:
        for place, index in enumerate(self.stage.normalised):
            positions = sum(of_chunk[index].numel() // of_chunk[index].shape[1] for of_chunk in maps)
            moments = _moments([of_chunk[place] for of_chunk in sums], positions)
            self.moments += (moments.to(_at_least_float32(maps[0][index])),)
            self.positions += (positions,)


def moments_of(map_: Tensor) -> Tensor:
    """(2, C): mean and biased variance of each channel of a map (B, C, ...)."""
    return _moments([_sums(map_)], map_.numel() // map_.shape[1]).to(_at_least_float32(map_))


def _moments(sums: list[Tensor], positions: int) -> Tensor:
    mean, square = torch.stack(sums).sum(dim=0) / positions
    return torch.stack([mean, square - mean**2])


def _through_moments(map_: Tensor, moments: Tensor, gradient: Tensor) -> Tensor:
    """What the gradient at each position of a map gets by way of the batch's mean and variance."""
    (mean, _), (of_mean, of_variance) = moments, gradient
    by_moments = torch.addcmul(of_mean - 2 * of_variance * mean, map_.movedim(1, -1), 2 * of_variance)
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


def _summed(of_chunks: Sequence[tuple[Tensor | None, ...]]) -> list[Tensor | None]:
    """The sums over chunks, in the chunks' order; None for what was not used."""
    return [
        None if tensors[0] is None else sum(tensors[1:], start=tensors[0]) for tensors in zip(*of_chunks, strict=True)
    ]
