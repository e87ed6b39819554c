"""The silhouettes of the sequences in use, end to end: on a GPU if its memory holds them, else mapped from a file.

CASIA-B's training set is 670,532 frames, 2.7 GB at 64 x 64: too much to ask of every machine's memory for each run. The
table is compressed, so its frames are unpacked into a file without a name beside it, which the system pages in and out
as windows are drawn and which is gone when the job ends, however it ends. After each batch the process gives back the
pages that it has read, so that its memory does not grow with the number of sequences drawn so far.

On a GPU the frames lie in its memory if they take at most half of what is free. If they take more, they stay in that
file, and the windows of each batch are sent to the GPU as bytes (:class:`StreamedSilhouettes`).
"""

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import ACCESS_COPY, MADV_DONTNEED, mmap
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gaitcore.errors import ConfigError, DataError
from gaitcore.modalities.silhouettes.pretreatment import COLUMNS, SIZE
from gaitcore.modalities.silhouettes.table import Block, list_sequences, read_blocks, read_info
from gaitcore.settings.input import Input

_WHITE = 255
_SHARE = 0.5  # of a GPU's free memory that the frames may take; the rest is for the training step

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class SilhouetteStore:
    """The silhouettes of S sequences, end to end: a :class:`gaitcore.modalities.FrameStore`.

    Attributes:
        masks: (N, 64, 64) uint8, 0 to 255, on the device.
        first: (S,) index of each sequence's first frame in ``masks``.
        lengths: (S,) frames in each sequence.
        source_digest: SHA-256 of the silhouettes' source.
        file: the mapped file that ``masks`` are in, if they are in one; nothing writes to them.
    """

    masks: Tensor
    first: Tensor
    lengths: Tensor
    source_digest: str = ""
    file: mmap | None = None

    @property
    def device(self) -> torch.device:
        """Where the frames lie."""
        return self.masks.device

    @property
    def channels(self) -> tuple[str, ...]:
        """The name of the one input channel."""
        return ("silhouette",)

    @property
    def per_frame(self) -> bool:
        """The input of a frame is that silhouette alone."""
        return True

    def windows(self, sequences: Tensor, frames: Tensor, copy: str = "original") -> Tensor:
        """Windows as silhouettes.

        Args:
            sequences: (B,) which sequence each window is cut from.
            frames: (B, T) frame numbers within that sequence, from 0. Before its first and after its last frame a
                sequence is repeated end to end (OpenGait).
            copy: "original" or "reversed", which is in the frame numbers.

        Returns:
            (B, T, 64, 64) uint8, 0 to 255.

        Raises:
            ConfigError: the copy is "swapped".
        """
        if copy == "swapped":
            raise ConfigError(
                "evaluation.test_time_augmentation: swapped exchanges left and right joints, but silhouettes have "
                "none; take it out for this system."
            )
        return self._at(self.places(sequences, frames))

    def places(self, sequences: Tensor, frames: Tensor) -> Tensor:
        """Where the frames of windows lie in ``masks``, (B, T); the arguments are those of :meth:`windows`."""
        return self.first[sequences, None] + frames.remainder(self.lengths[sequences, None])

    def _at(self, places: Tensor) -> Tensor:
        windows = self.masks[places]
        self._give_back()
        return windows

    def _give_back(self) -> None:
        """Let the system drop the pages of the file that this process has read."""
        if self.file:
            self.file.madvise(MADV_DONTNEED)

    def network_input(self, windows: Tensor) -> Tensor:
        """(B, T, 64, 64) uint8, 0 to 255 -> (B, T, 64, 44) float32, 0 to 1: the middle columns."""
        return scaled(windows)

    def network_arguments(self) -> dict[str, Any]:
        """Nothing: a network of silhouettes takes 64 x 44 pixels."""
        return {}


class StreamedSilhouettes(SilhouetteStore):
    """Silhouettes that stay on the host, while ``first``, ``lengths`` and all that is computed are on the device."""

    @property
    def device(self) -> torch.device:
        """Where windows are made."""
        return self.lengths.device

    @property
    def frame(self) -> Tensor:
        """A frame, (64, 64) uint8."""
        return self.masks[0]

    def gathered(self, places: Tensor, out: Tensor) -> Tensor:
        """Put the frames at ``places`` (B, T), on the host, into ``out`` (B, T, 64, 64), on the host too."""
        torch.index_select(self.masks, 0, places.flatten(), out=out.flatten(0, 1))
        self._give_back()
        return out

    def _at(self, places: Tensor) -> Tensor:
        return super()._at(places.cpu()).to(self.device)


def scaled(windows: Tensor) -> Tensor:
    """(B, T, 64, 64) uint8, 0 to 255 -> (B, T, 64, 44) float32, 0 to 1: the middle columns."""
    return windows[..., COLUMNS].float() / _WHITE


def open_store(
    path: str | Path, keep: np.ndarray, settings: Input, device: torch.device, *, streamed: bool | None = None
) -> SilhouetteStore:
    """The frames of some sequences of a silhouette table.

    Args:
        path: silhouettes.parquet.
        keep: (S,) which of its sequences, in their order; no frame of any other is kept.
        settings: channels and unit are those of joints and are not used.
        device: where windows are made.
        streamed: whether the frames stay on the host and are sent to the device window by window; None: if the device
            is a GPU of whose free memory they would take more than half.

    Raises:
        DataError: the file is missing, damaged or no silhouette table, or its folder has no room for its frames.
    """
    path = Path(path)
    lengths = list_sequences(path)["frames"].to_numpy()[keep]
    blocks = read_blocks(path, keep)
    frames = int(lengths.sum())
    if streamed is None:
        streamed = device.type == "cuda" and not fits(frames, torch.cuda.mem_get_info(device)[0])
    file = None
    if frames and (streamed or device.type == "cpu"):
        file = _mapped(blocks, frames, path)
        masks = torch.frombuffer(file, dtype=torch.uint8).reshape(frames, SIZE, SIZE)
    else:
        masks = torch.empty(frames, SIZE, SIZE, dtype=torch.uint8, device=device)
        start = 0
        for block in blocks:
            masks[start : start + len(block.masks)] = torch.from_numpy(block.masks)
            start += len(block.masks)
    return (StreamedSilhouettes if streamed and frames else SilhouetteStore)(
        masks=masks,
        first=torch.from_numpy(np.cumsum(lengths) - lengths).to(device),
        lengths=torch.from_numpy(lengths).to(device),
        source_digest=read_info(path).source_digest,
        file=file,
    )


def fits(frames: int, free: int) -> bool:
    """Whether a GPU of whose memory so many bytes are free should hold these frames; the log says so."""
    size = frames * SIZE * SIZE
    fits = size <= _SHARE * free
    log.info(
        "%s frames of silhouettes (%.1f GB) %s, of whose memory %.1f GB are free",
        f"{frames:,}",
        size / 1e9,
        "lie on the GPU" if fits else "stay in a file and are streamed to the GPU",
        free / 1e9,
    )
    return fits


def made_up_store(lengths: np.ndarray, settings: Input, device: torch.device) -> SilhouetteStore:
    """Sequences (S,) of these lengths whose silhouettes are a box, to measure how long a step takes."""
    masks = torch.zeros(int(lengths.sum()), SIZE, SIZE, dtype=torch.uint8, device=device)
    masks[:, :, SIZE // 2 - 8 : SIZE // 2 + 8] = _WHITE
    frames = torch.from_numpy(lengths).to(device)
    return SilhouetteStore(masks, frames.cumsum(0) - frames, frames)


def _mapped(blocks: Iterator[Block], frames: int, path: Path) -> mmap:
    """N x 64 x 64 uint8 in a file beside the table that has no name and ends with the job."""
    with tempfile.TemporaryFile(dir=path.parent) as file:
        for block in blocks:
            try:
                file.write(block.masks.data)
            except OSError as error:
                raise DataError(
                    f"{path.parent}: no room for the {frames} frames of {path.name} without compression "
                    f"({frames * SIZE * SIZE / 1e9:.1f} GB; {error.strerror}); make room and run again."
                ) from error
        file.flush()
        return mmap(file.fileno(), 0, access=ACCESS_COPY)
