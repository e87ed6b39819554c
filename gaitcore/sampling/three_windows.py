"""The centre window and one at each side of it, for tests.

Source: GaitMixer, published code: three windows, each also reversed in time.
"""

import torch
from torch import Tensor

from gaitcore.sampling.centre_window import centred_start


def three_windows(lengths: Tensor, frames: int, step: int) -> Tensor:
    """The centre window, one ``step`` frames earlier and one as much later, both clipped to the sequence.

    Args:
        lengths: (S,) frames of each sequence; in one shorter than the window all three are its centre window.
        frames: window length T.
        step: frames between the starts of two windows.

    Returns:
        (S, 3, T) frame numbers: centre, earlier, later.
    """
    centre = centred_start(lengths, frames)
    earlier = torch.minimum((centre - step).clamp(min=0), centre)
    later = torch.maximum(torch.minimum(centre + step, lengths - frames), centre)
    starts = torch.stack([centre, earlier, later], dim=1)
    return starts[:, :, None] + torch.arange(frames, device=lengths.device)


def three_windows_and_reverse(lengths: Tensor, frames: int, step: int) -> Tensor:
    """(S, 6, T) the frame numbers of :func:`three_windows`, then the same three backwards."""
    windows = three_windows(lengths, frames, step)
    return torch.cat([windows, windows.flip(-1)], dim=1)
