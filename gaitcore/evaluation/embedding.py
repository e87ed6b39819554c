"""Embeddings of test sequences.

Source: GaitMixer, section 4.2, "60 frames selected from the middle of the sequence", one pass; the published code
takes three windows, each also reversed in time, and the mean of the six unit embeddings. GaitGraph2, published code:
the centre window as it is, reversed, and with left and right exchanged, the three embeddings one behind the other.
"""

import numpy as np
import torch
from torch import Tensor, nn

from gaitcore.execution.compute import in_parallel
from gaitcore.modalities.keypoints.skeleton import NUM_JOINTS, OTHER_SIDE
from gaitcore.modalities.keypoints.store import FrameStore, NetworkInput, centred_start
from gaitcore.settings.evaluation import Evaluation

WINDOWS_OF_A_CORE = 6  # at once; a map of 256 channels is then 6 MB
WINDOWS_OF_A_GPU = 768


def window_starts(lengths: Tensor, frames: int, settings: Evaluation) -> Tensor:
    """(S, W) first frames of the test windows of S sequences: the centre, and in the published code's way also
    ``window_step`` frames earlier and later, clipped to the sequence."""
    centre = centred_start(lengths, frames)
    if settings.windows == "centre":
        return centre[:, None]
    earlier = torch.minimum((centre - settings.window_step).clamp(min=0), centre)
    later = torch.maximum(torch.minimum(centre + settings.window_step, lengths - frames), centre)
    return torch.stack([centre, earlier, later], dim=1)


def embed(model: nn.Module, store: FrameStore, given: NetworkInput, frames: int, settings: Evaluation) -> np.ndarray:
    """One embedding per sequence of the store.

    The windows of a sequence overlap. What a network makes of each frame by itself (its ``spatial`` stage, where it has
    one beside an ``over_time``) is computed once for each frame, not once for each window.

    Args:
        model: (B, T, 17, C) poses as ``given`` -> (B, D) embeddings; on the store's device. Left in evaluation mode.
        store: the sequences' frames.
        given: what of the poses the network is given.
        frames: window length T.
        settings: which windows, which views of them and how they are combined.

    Returns:
        (S, D) float32: the mean over windows and views (of unit length itself for a single one of unit length), or
        (S, D x views): the means over windows of the views, one behind the other.
    """
    model.eval()
    starts = window_starts(store.lengths, frames, settings)  # (S, W)
    windows = starts[:, :, None] + torch.arange(frames, device=starts.device)  # (S, W, T)
    if settings.windows == "three_windows_and_reverse":
        windows = torch.cat([windows, windows.flip(-1)], dim=1)  # (S, 2 W, T)

    @torch.no_grad()
    def embeddings(chosen: Tensor) -> Tensor:
        of_views = [_of_view(view, model, store, given, chosen, windows[chosen]) for view in settings.views]
        return torch.cat(of_views, dim=1) if settings.combine == "concatenated" else sum(of_views) / len(of_views)

    sequences = torch.arange(len(windows), device=starts.device)
    if starts.device.type == "cpu":
        chunks = sequences.split(max(1, WINDOWS_OF_A_CORE // windows.shape[1]))
        return torch.cat(in_parallel(embeddings, chunks)).numpy()
    chunks = sequences.split(max(1, WINDOWS_OF_A_GPU // windows.shape[1]))
    return torch.cat([embeddings(chunk) for chunk in chunks]).cpu().numpy()


def _of_view(
    view: str, model: nn.Module, store: FrameStore, given: NetworkInput, sequences: Tensor, windows: Tensor
) -> Tensor:
    """Mean embeddings (S, D) of one view of the windows (S, W, T), frame numbers, of the given sequences (S,)."""
    if view == "reversed":
        windows = windows.flip(-1)
    joints = OTHER_SIDE if view == "swapped" else range(NUM_JOINTS)
    first, last = windows.amin(dim=(1, 2)), windows.amax(dim=(1, 2))
    counts = last - first + 1  # frames in use
    offsets = counts.cumsum(0) - counts  # of each sequence, in what follows
    owner = torch.arange(len(counts), device=counts.device).repeat_interleave(counts)
    frame = torch.arange(len(owner), device=counts.device) - (offsets - first)[owner]
    poses = given(store.gather(sequences[owner], frame[:, None])[:, :, list(joints)])  # (frames in use, 1, 17, C)
    index = windows + (offsets - first)[:, None, None]  # (S, W, T), into the frames in use
    if hasattr(model, "over_time"):
        embeddings = model.over_time(model.spatial(poses)[index, 0].flatten(0, 1))
    else:
        embeddings = model(poses[index, 0].flatten(0, 1))
    return embeddings.unflatten(0, index.shape[:2]).mean(dim=1)
