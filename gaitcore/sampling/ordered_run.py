"""Frames in order from a run at a random position, some of them left out.

Source: GaitPart, published settings of OpenGait: 30 frames of a run of 40; FastPoseGait's and OpenGait's sampling of
fixed_ordered frames, which repeats a sequence that is shorter than the run end to end.
"""

import torch
from torch import Tensor


def ordered_run(lengths: Tensor, frames: int, skip: int, generator: torch.Generator) -> Tensor:
    """Frames of a run of T + ``skip`` frames at a random position of each sequence, in order, each at most once.

    Args:
        lengths: (B,) frames of each sequence, at least 1; one shorter than the run is repeated end to end until it is
            long enough.
        frames: the number of frames to draw, T.
        skip: frames of the run that are left out, drawn at random.
        generator: source of the draws (all starts, then what is left out), on the device of ``lengths``.

    Returns:
        (B, T) frame numbers, each at least 0 and below its sequence's length.
    """
    run = frames + skip
    repeated = lengths * (run + lengths - 1).div(lengths, rounding_mode="floor").clamp(min=1)
    available = torch.where(lengths < run, repeated, lengths)
    draws = torch.rand(len(lengths), generator=generator, device=lengths.device, dtype=torch.float64)
    start = (draws * (available - run + 1)).long()
    kept = torch.arange(frames, device=lengths.device).expand(len(lengths), -1)
    if skip:
        keys = torch.rand(len(lengths), run, generator=generator, device=lengths.device)
        kept = keys.argsort(dim=1)[:, :frames].sort(dim=1).values
    return (start[:, None] + kept).remainder(lengths[:, None])
