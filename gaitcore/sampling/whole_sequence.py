"""Every frame of a sequence, once and in order, for tests.

Source: GaitSet, published code, and OpenGait, which test with all frames of a sequence in one pass.
"""

import torch
from torch import Tensor


def whole_sequences(lengths: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The sequences of each length, so that all of one length can run together.

    Args:
        lengths: (S,) frames of each sequence.

    Returns:
        For each length L that occurs, in ascending order: (S',) the sequences of that length and (S', 1, L) their frame
        numbers.
    """
    groups = []
    for length in lengths.unique().tolist():
        (sequences,) = torch.where(lengths == length)
        frames = torch.arange(length, device=lengths.device)
        groups.append((sequences, frames.expand(len(sequences), 1, -1)))
    return groups
