"""Every frame of a sequence, once and in order.

Source: GaitSet, published code, which tests with all frames of a sequence in one pass.
"""

import torch
from torch import Tensor


def whole_sequence(lengths: Tensor) -> tuple[Tensor, Tensor]:
    """All frames of sequences of different ``lengths`` (S,), end to end.

    Returns:
        (N,) the sequence each frame belongs to, and (N,) its frame number; N is the sum of the lengths.
    """
    sequences = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)
    first = lengths.cumsum(0) - lengths
    return sequences, torch.arange(len(sequences), device=lengths.device) - first[sequences]
