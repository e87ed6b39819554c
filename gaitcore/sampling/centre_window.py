"""The centre window of a sequence.

Source: GaitMixer, section 4.2, "60 frames selected from the middle of the sequence".
"""

import torch
from torch import Tensor


def centred_start(lengths: Tensor, frames: int) -> Tensor:
    """(S,) the first frame of the centre window of T = ``frames`` in sequences of ``lengths`` (S,) frames.

    It is negative in a sequence shorter than the window, which then lies in the window's centre.
    """
    return torch.where(lengths < frames, -((frames - lengths) // 2), (lengths - frames) // 2)


def centre_window(lengths: Tensor, frames: int) -> Tensor:
    """(S, T) frame numbers of the centre window; see :func:`centred_start`."""
    return centred_start(lengths, frames)[:, None] + torch.arange(frames, device=lengths.device)
