"""Embeddings of test sequences.

Source: GaitMixer, section 4.2, "60 frames selected from the middle of the sequence", one pass; the published code
takes three windows, each also reversed in time, and the mean of the six unit embeddings. GaitGraph2, published code:
the centre window as it is, reversed, and with left and right exchanged; the three embeddings are concatenated.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from gaitcore.execution.compute import in_parallel
from gaitcore.execution.per_frame import Function, per_frame
from gaitcore.modalities import FrameStore
from gaitcore.sampling.centre_window import centre_window
from gaitcore.sampling.even_windows import even_windows
from gaitcore.sampling.three_windows import three_windows_and_reverse
from gaitcore.sampling.whole_sequence import whole_sequences
from gaitcore.settings.evaluation import Evaluation

WINDOWS_OF_A_CORE = 6  # at once; a map of 256 channels is then 6 MB
WINDOWS_OF_A_GPU = 1536


def chosen_frames(lengths: Tensor, frames: int, settings: Evaluation) -> list[tuple[Tensor, Tensor]]:
    """The test windows of S sequences of ``lengths`` (S,) frames, by window length.

    Returns:
        For each window length T that occurs: (S',) the sequences with windows of that length and (S', W, T) their frame
        numbers. There is one length but where whole sequences are used.
    """
    if settings.windows == "whole_sequence":
        return whole_sequences(lengths)
    if settings.windows == "centre":
        windows = centre_window(lengths, frames)[:, None]
    elif settings.windows == "even_windows":
        windows = even_windows(lengths, frames, settings.window_count)
    else:
        windows = three_windows_and_reverse(lengths, frames, settings.window_step)
    return [(torch.arange(len(lengths), device=lengths.device), windows)]


def embed(model: nn.Module, store: FrameStore, frames: int, settings: Evaluation) -> np.ndarray:
    """One embedding per sequence of the store.

    The windows of a sequence overlap. The part of a network that treats each frame independently
    (:func:`gaitcore.execution.per_frame.per_frame`) runs once for each frame, not once for each window.

    Args:
        model: (B, T, ...) frames as the store's ``network_input`` -> (B, D) embeddings, or (B, P, D) with parts; on
            the store's device. Left in evaluation mode.
        store: the sequences' frames.
        frames: window length T; unused where whole sequences are embedded.
        settings: which windows, which copies of them (test-time augmentation) and how they are combined.

    Returns:
        (S, D) or (S, P, D) float32: the mean over windows and copies, which has unit length only where it is the mean
        of one unit vector. Where copies are concatenated, D x copies takes the place of D: each copy's mean over
        windows, one after the other.
    """
    parts = per_frame(model.eval())
    groups = chosen_frames(store.lengths, frames, settings)

    @torch.no_grad()
    def embeddings(chunk: tuple[Tensor, Tensor]) -> Tensor:
        copies = [_embed_copy(copy, parts, store, *chunk) for copy in settings.test_time_augmentation]
        if settings.combine == "concatenated":
            return torch.cat(copies, dim=-1)
        return sum(copies, start=torch.zeros_like(copies[0])) / len(copies)

    on_cpu = store.device.type == "cpu"
    chunks = list(_chunks(groups, WINDOWS_OF_A_CORE if on_cpu else WINDOWS_OF_A_GPU))
    results = in_parallel(embeddings, chunks) if on_cpu else [embeddings(chunk) for chunk in chunks]
    order = torch.cat([sequences for sequences, _ in chunks]).argsort()
    return torch.cat(results)[order].cpu().numpy()


def _chunks(groups: list[tuple[Tensor, Tensor]], windows_at_once: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Groups of sequences and their windows, cut so that a chunk has about so many windows."""
    for sequences, windows in groups:
        size = max(1, windows_at_once // windows.shape[1])
        yield from zip(sequences.split(size), windows.split(size), strict=True)


def _embed_copy(
    copy: str, parts: tuple[Function, Function], store: FrameStore, sequences: Tensor, windows: Tensor
) -> Tensor:
    """Mean embeddings (S, D) or (S, P, D) of one copy of the windows (S, W, T), frame numbers, of sequences (S,)."""
    if copy == "reversed":
        windows = windows.flip(-1)
    frame_part, rest = parts
    if not store.per_frame:
        each = sequences.repeat_interleave(windows.shape[1])
        inputs = store.network_input(store.windows(each, windows.flatten(0, 1), copy))  # (S * W, T, ...)
        return rest(frame_part(inputs)).unflatten(0, windows.shape[:2]).mean(dim=1)
    first, last = windows.amin(dim=(1, 2)), windows.amax(dim=(1, 2))
    counts = last - first + 1  # frames in use
    offsets = counts.cumsum(0) - counts  # of each sequence among all frames in use
    owner = torch.arange(len(counts), device=counts.device).repeat_interleave(counts)
    frame = torch.arange(len(owner), device=counts.device) - (offsets - first)[owner]
    single = store.network_input(store.windows(sequences[owner], frame[:, None], copy))  # (frames in use, 1, ...)
    index = windows + (offsets - first)[:, None, None]  # (S, W, T), into the frames in use
    embeddings = rest(frame_part(single)[index, 0].flatten(0, 1))
    return embeddings.unflatten(0, index.shape[:2]).mean(dim=1)
