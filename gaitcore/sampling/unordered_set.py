"""A fixed number of frames from anywhere in a sequence, in no order.

Source: GaitSet, published code, draws 30 frames with replacement; OpenGait draws them without, where a sequence has
enough frames.
"""

import torch
from torch import Tensor


def unordered_set(
    lengths: Tensor, frames: int, replacement: bool, generator: torch.Generator, longest: int | None = None
) -> Tensor:
    """Random frames of each sequence.

    Args:
        lengths: (B,) frames of each sequence, at least 1.
        frames: the number of frames to draw, T.
        replacement: whether a frame may be drawn more than once. A sequence shorter than T is always drawn from with
            replacement.
        generator: source of the draws, on the device of ``lengths``.
        longest: frames of the longest sequence that may come; None reads it from ``lengths``.

    Returns:
        (B, T) frame numbers, each at least 0 and below its sequence's length.
    """
    draws = torch.rand(len(lengths), frames, generator=generator, device=lengths.device)
    repeated = torch.minimum((draws * lengths[:, None]).long(), lengths[:, None] - 1)
    if replacement:
        return repeated
    longest = max(frames, int(lengths.max()) if longest is None else longest)
    keys = torch.rand(len(lengths), longest, generator=generator, device=lengths.device)
    absent = torch.arange(longest, device=lengths.device) >= lengths[:, None]
    distinct = keys.masked_fill(absent, 2.0).argsort(dim=1)[:, :frames]  # a draw is below 1
    return torch.where(lengths[:, None] < frames, repeated, distinct)
