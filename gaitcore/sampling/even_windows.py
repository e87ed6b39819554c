"""Windows at even distances over a sequence, for tests.

Source: GaitNet (Song et al.), published code, takes the mean of 20 clips at random positions, which no second run can
repeat; even positions take their place here.
"""

import torch
from torch import Tensor

from gaitcore.sampling.centre_window import centred_start


def even_windows(lengths: Tensor, frames: int, count: int) -> Tensor:
    """(S, ``count``, T) frame numbers: the first window, the last one and others evenly between them.

    In a sequence of ``lengths`` (S,) frames that is shorter than the window all are its centre window.
    """
    last = (lengths - frames)[:, None]
    starts = torch.arange(count, device=lengths.device) * last.clamp(min=0) // max(count - 1, 1)
    starts = torch.where(last < 0, centred_start(lengths, frames)[:, None], starts)
    return starts[:, :, None] + torch.arange(frames, device=lengths.device)
