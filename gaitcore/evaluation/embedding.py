"""Embeddings of test sequences.

Source: GaitMixer, section 4.2, "60 frames selected from the middle of the sequence", one pass; the published code
takes three windows, each also reversed in time, and the mean of the six unit embeddings.
"""

import numpy as np
import torch
from torch import Tensor, nn

from gaitcore.config import Evaluation
from gaitcore.windows import FrameStore, normalise

WINDOWS_AT_ONCE = 96  # small enough for a CPU's caches, large enough for a GPU


def window_starts(lengths: Tensor, frames: int, settings: Evaluation) -> Tensor:
    """(S, W) first frames of the test windows of S sequences: the centre, and in the published code's way also
    ``window_step`` frames earlier and later, clipped to the sequence."""
    centre = (lengths - frames) // 2
    if settings.windows == "centre":
        return centre[:, None]
    earlier = (centre - settings.window_step).clamp(min=0)
    later = torch.minimum(centre + settings.window_step, lengths - frames)
    return torch.stack([centre, earlier, later], dim=1)


@torch.no_grad()
def embed(model: nn.Module, store: FrameStore, frames: int, settings: Evaluation) -> np.ndarray:
    """One embedding per sequence of the store.

    Args:
        model: (B, T, 17, 2) normalised poses -> (B, D) unit embeddings; on the store's device. Left in evaluation mode.
        store: the sequences' frames; each sequence at least ``frames`` long.
        frames: window length T.
        settings: which windows.

    Returns:
        (S, D) float32: the mean of the windows' unit embeddings (of unit length itself for a single window).
    """
    model.eval()
    starts = window_starts(store.lengths, frames, settings)  # (S, W)
    steps = torch.arange(frames, device=starts.device)
    windows = starts[:, :, None] + steps  # (S, W, T)
    if settings.windows == "three_windows_and_reverse":
        windows = torch.cat([windows, windows.flip(-1)], dim=1)  # (S, 2 W, T)
    per_sequence = windows.shape[1]
    embeddings = []
    for chosen in torch.arange(len(windows), device=starts.device).split(max(1, WINDOWS_AT_ONCE // per_sequence)):
        poses = store.gather(chosen.repeat_interleave(per_sequence), windows[chosen].flatten(0, 1))
        passed = model(normalise(poses, store.frame_width))  # (chosen x windows, D)
        embeddings.append(passed.unflatten(0, (len(chosen), per_sequence)).mean(dim=1))
    return torch.cat(embeddings).cpu().numpy()
