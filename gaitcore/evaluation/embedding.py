"""Embeddings of test sequences.

Source: GaitMixer, section 4.2, "60 frames selected from the middle of the sequence", one pass; the published code
takes three windows, each also reversed in time, and the mean of the six unit embeddings. GaitGraph2, published code:
the centre window as it is, reversed, and with left and right exchanged; the three embeddings are concatenated.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

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
POSES_OF_A_GPU = 512 * 60  # frames of windows at once; a map of 256 channels is then 0.5 GB
PICTURES_OF_A_GPU = 4096  # a map of 32 channels is then 1.5 GB
LARGEST_POSE = 1000  # numbers of a network's input for a frame; more are a picture


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


class Reading(NamedTuple):
    """The frames that a number of sequences are embedded from, and the places of these in their windows.

    Attributes:
        sequences: (F,) the sequence of each row of ``frames``.
        frames: (F, T') frame numbers: single frames, T' = 1, each read once, or whole windows.
        places: (S, W, T) the row of each frame of each window; None where the rows are the windows.
        shape: S and W.
        copy: which test-time copy of the frames is read.
    """

    sequences: Tensor
    frames: Tensor
    places: Tensor | None
    shape: tuple[int, int]
    copy: str

    def on(self, device: torch.device) -> "Reading":
        """The same with its numbers on a device."""
        places = None if self.places is None else self.places.to(device)
        return self._replace(sequences=self.sequences.to(device), frames=self.frames.to(device), places=places)


def embed(model: nn.Module, store: FrameStore, frames: int, settings: Evaluation) -> np.ndarray:
    """One embedding per sequence of the store.

    The windows of a sequence overlap. The part of a network that treats each frame independently
    (:func:`gaitcore.execution.per_frame.per_frame`) runs once for each frame, not once for each window. On a GPU all
    frame numbers are there before the first pass, so that no pass waits for the host, and the embeddings are read once.

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
    chunks = list(_chunks(chosen_frames(store.lengths.cpu(), frames, settings), store))

    def read(chunk: tuple[Tensor, Tensor]) -> list[Reading]:
        return readings(chunk, settings.test_time_augmentation, store.per_frame)

    def embedded(chunk: list[Reading]) -> Tensor:
        return embeddings(chunk, parts, store, settings.combine)

    if store.device.type == "cpu":
        results = in_parallel(lambda chunk: embedded(read(chunk)), chunks)
    else:
        numbers = [[reading.on(store.device) for reading in read(chunk)] for chunk in chunks]
        results = [embedded(chunk) for chunk in numbers]
    order = torch.cat([sequences for sequences, _ in chunks]).argsort()
    return torch.cat(results).cpu()[order].numpy()


def _chunks(groups: list[tuple[Tensor, Tensor]], store: FrameStore) -> Iterator[tuple[Tensor, Tensor]]:
    """Groups of sequences and their windows, cut so that a chunk has about so many windows, or on a GPU frames."""
    frames_at_once = None if store.device.type == "cpu" else frames_of_a_gpu(store)
    for sequences, windows in groups:
        at_once = WINDOWS_OF_A_CORE if frames_at_once is None else frames_at_once // windows.shape[2]
        size = max(1, at_once // windows.shape[1])
        yield from zip(sequences.split(size), windows.split(size), strict=True)


def frames_of_a_gpu(store: FrameStore) -> int:
    """The frames of windows that a GPU embeds at once, by whether they are poses or pictures."""
    first = torch.zeros(1, dtype=torch.long, device=store.device)
    numbers = store.network_input(store.windows(first, first[:, None])).numel()
    return PICTURES_OF_A_GPU if numbers > LARGEST_POSE else POSES_OF_A_GPU


def readings(chunk: tuple[Tensor, Tensor], copies: Sequence[str], per_frame: bool) -> list[Reading]:
    """What is read for sequences (S,) and their windows (S, W, T), one for each copy.

    Args:
        chunk: both, on the host.
        copies: the test-time copies.
        per_frame: whether the input of a frame depends on that frame alone, so that single frames are read.
    """
    sequences, windows = chunk
    in_time = (windows.flip(-1) if copy == "reversed" else windows for copy in copies)
    return [_reading(copy, sequences, windows, per_frame) for copy, windows in zip(copies, in_time, strict=True)]


def _reading(copy: str, sequences: Tensor, windows: Tensor, per_frame: bool) -> Reading:
    shape = (windows.shape[0], windows.shape[1])
    if not per_frame:
        return Reading(sequences.repeat_interleave(shape[1]), windows.flatten(0, 1), None, shape, copy)
    first, last = windows.amin(dim=(1, 2)), windows.amax(dim=(1, 2))
    counts = last - first + 1  # frames in use
    offsets = counts.cumsum(0) - counts  # of each sequence among all frames in use
    owner = torch.arange(len(counts)).repeat_interleave(counts)
    frame = torch.arange(len(owner)) - (offsets - first)[owner]
    return Reading(sequences[owner], frame[:, None], windows + (offsets - first)[:, None, None], shape, copy)


@torch.no_grad()
def embeddings(chunk: list[Reading], parts: tuple[Function, Function], store: FrameStore, combine: str) -> Tensor:
    """The embeddings of a chunk of sequences, (S, D) or (S, P, D); nothing in it is read on the host.

    Args:
        chunk: what is read for each copy, on the store's device.
        parts: the network, see :func:`gaitcore.execution.per_frame.per_frame`.
        store: the frames.
        combine: how the embeddings of copies are combined, "mean" or "concatenated".
    """
    copies = [_of_copy(reading, parts, store) for reading in chunk]
    if combine == "concatenated":
        return torch.cat(copies, dim=-1)
    return sum(copies, start=torch.zeros_like(copies[0])) / len(copies)


def _of_copy(reading: Reading, parts: tuple[Function, Function], store: FrameStore) -> Tensor:
    """Mean embeddings (S, D) or (S, P, D) of the windows of one copy."""
    frame_part, rest = parts
    maps = frame_part(store.network_input(store.windows(reading.sequences, reading.frames, reading.copy)))
    if reading.places is not None:
        maps = maps[reading.places, 0].flatten(0, 1)  # (F, 1, ...) -> (S * W, T, ...)
    return rest(maps).unflatten(0, reading.shape).mean(dim=1)
