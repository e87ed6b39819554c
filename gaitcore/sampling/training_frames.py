"""The frames of a training batch, by the kind of sampling that the recipe names."""

import torch
from torch import Tensor

from gaitcore.sampling.ordered_run import ordered_run
from gaitcore.sampling.random_window import random_window
from gaitcore.sampling.unordered_set import unordered_set
from gaitcore.settings.training import OrderedSampling, Sampling, UnorderedSampling


def training_frames(
    lengths: Tensor,
    frames: int,
    sampling: Sampling,
    reverse: float,
    generator: torch.Generator,
    longest: int | None = None,
) -> Tensor:
    """Frames of each sequence of a batch.

    Args:
        lengths: (B,) frames of each sequence.
        frames: the number of frames to draw, T.
        sampling: the kind and its options.
        reverse: probability of reversing a sequence in time; a set has no order, so that nothing is reversed in it.
        generator: source of the draws, on the device of ``lengths``.
        longest: frames of the longest training sequence, where it must not be read from ``lengths``.

    Returns:
        (B, T) frame numbers; a window of a sequence that is shorter than T has numbers below 0 and from the length on.
    """
    match sampling:
        case UnorderedSampling(replacement=replacement):
            return unordered_set(lengths, frames, replacement, generator, longest)
        case OrderedSampling(skip=skip):
            run = ordered_run(lengths, frames, skip, generator)
            backwards = torch.rand(len(lengths), generator=generator, device=lengths.device) < reverse
            return torch.where(backwards[:, None], run.flip(-1), run)
        case _:
            return random_window(lengths, frames, reverse, generator)
