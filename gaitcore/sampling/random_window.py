"""A random window of a sequence, for training.

Source: GaitMixer, published code: the whole sequence is reversed before the window is cut, and the last possible start
is never drawn.
"""

import torch
from torch import Tensor

from gaitcore.sampling.centre_window import centred_start


def random_window(lengths: Tensor, frames: int, reverse: float, generator: torch.Generator) -> Tensor:
    """A window at a random position in each sequence, backwards with probability ``reverse``.

    Args:
        lengths: (B,) frames of each sequence; one shorter than the window lies in its centre.
        frames: window length T.
        reverse: probability of reversing a sequence.
        generator: source of two draws for each sequence (all starts, then all directions), on the device of
            ``lengths``.

    Returns:
        (B, T) frame numbers; below 0 and from the length on in a sequence shorter than the window.
    """
    draws = torch.rand(len(lengths), generator=generator, device=lengths.device)
    start = torch.where(lengths > frames, (draws * (lengths - frames)).long(), centred_start(lengths, frames))
    window = start[:, None] + torch.arange(frames, device=lengths.device)
    backwards = torch.rand(len(lengths), generator=generator, device=lengths.device) < reverse
    return torch.where(backwards[:, None], lengths[:, None] - 1 - window, window)
