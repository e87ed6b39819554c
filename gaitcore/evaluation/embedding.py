"""Embeddings of test sequences.

Source: GaitMixer, section 4.2, "60 frames selected from the middle of the sequence", one pass; the published code
takes three windows, each also reversed in time, and the mean of the six unit embeddings. GaitGraph2, published code:
the centre window as it is, reversed, and with left and right exchanged, the three embeddings one behind the other.
"""

import numpy as np
import torch
from torch import Tensor, nn

from gaitcore.execution.compute import in_parallel
from gaitcore.execution.per_frame import Function, per_frame
from gaitcore.modalities import FrameStore
from gaitcore.sampling.centre_window import centre_window
from gaitcore.sampling.three_windows import three_windows_and_reverse
from gaitcore.settings.evaluation import Evaluation

WINDOWS_OF_A_CORE = 6  # at once; a map of 256 channels is then 6 MB
WINDOWS_OF_A_GPU = 768


def chosen_frames(lengths: Tensor, frames: int, settings: Evaluation) -> Tensor:
    """(S, W, T) frame numbers of the test windows of S sequences of ``lengths`` (S,) frames."""
    if settings.windows == "centre":
        return centre_window(lengths, frames)[:, None]
    return three_windows_and_reverse(lengths, frames, settings.window_step)


def embed(model: nn.Module, store: FrameStore, frames: int, settings: Evaluation) -> np.ndarray:
    """One embedding per sequence of the store.

    The windows of a sequence overlap. What a network computes of each frame independently
    (:func:`gaitcore.execution.per_frame.per_frame`) is computed once for each frame, not once for each window.

    Args:
        model: (B, T, ...) frames as the store's ``network_input`` -> (B, D) embeddings, or (B, P, D) with parts; on
            the store's device. Left in evaluation mode.
        store: the sequences' frames.
        frames: window length T.
        settings: which windows, which augmented copies of them and how they are combined.

    Returns:
        (S, D) or (S, P, D) float32: the mean over windows and copies (of unit length itself for a single one of unit
        length); or D x copies in place of D: the means over windows of the copies, one behind the other.
    """
    parts = per_frame(model.eval())
    windows = chosen_frames(store.lengths, frames, settings)  # (S, W, T)

    @torch.no_grad()
    def embeddings(chosen: Tensor) -> Tensor:
        of_copies = [_of_copy(copy, parts, store, chosen, windows[chosen]) for copy in settings.test_time_augmentation]
        return torch.cat(of_copies, dim=-1) if settings.combine == "concatenated" else sum(of_copies) / len(of_copies)

    sequences = torch.arange(len(windows), device=store.device)
    if store.device.type == "cpu":
        chunks = sequences.split(max(1, WINDOWS_OF_A_CORE // windows.shape[1]))
        return torch.cat(in_parallel(embeddings, chunks)).numpy()
    chunks = sequences.split(max(1, WINDOWS_OF_A_GPU // windows.shape[1]))
    return torch.cat([embeddings(chunk) for chunk in chunks]).cpu().numpy()


def _of_copy(
    copy: str, parts: tuple[Function, Function], store: FrameStore, sequences: Tensor, windows: Tensor
) -> Tensor:
    """Mean embeddings (S, D) or (S, P, D) of one copy of the windows (S, W, T), frame numbers, of sequences (S,)."""
    if copy == "reversed":
        windows = windows.flip(-1)
    first, last = windows.amin(dim=(1, 2)), windows.amax(dim=(1, 2))
    counts = last - first + 1  # frames in use
    offsets = counts.cumsum(0) - counts  # of each sequence, in what follows
    owner = torch.arange(len(counts), device=counts.device).repeat_interleave(counts)
    frame = torch.arange(len(owner), device=counts.device) - (offsets - first)[owner]
    single = store.network_input(store.windows(sequences[owner], frame[:, None], copy))  # (frames in use, 1, ...)
    index = windows + (offsets - first)[:, None, None]  # (S, W, T), into the frames in use
    of_frames, rest = parts
    embeddings = rest(of_frames(single)[index, 0].flatten(0, 1))
    return embeddings.unflatten(0, index.shape[:2]).mean(dim=1)
