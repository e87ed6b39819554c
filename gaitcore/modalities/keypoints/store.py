"""The frames of the sequences in use, concatenated on the device.

A window is a row of frame numbers, so that a whole batch is gathered in one operation.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gaitcore.modalities.keypoints.input import InputTransform, transform_of
from gaitcore.modalities.keypoints.skeleton import NUM_JOINTS, OTHER_SIDE
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.settings.input import Input


@dataclass(frozen=True, eq=False)
class KeypointStore:
    """The poses of S sequences, concatenated: a :class:`gaitcore.modalities.FrameStore`.

    Attributes:
        keypoints: (N, 17, 3) float32, x and y in pixels and the confidence, as the input transform prepares them, on
            the device; (N, 17, 4) where the poses have a z too, which comes last.
        first: (S,) index of each sequence's first frame in ``keypoints``.
        lengths: (S,) frames in each sequence.
        frame_width: pixels, or in the unit of the prepared poses.
        input: how the poses become the input of the network.
        source_digest: SHA-256 of the poses' source, where it is known.
        repeated: whether sequences are repeated end to end where a window goes beyond them; else reflected.
    """

    keypoints: Tensor
    first: Tensor
    lengths: Tensor
    frame_width: int
    input: InputTransform
    source_digest: str = ""
    repeated: bool = False

    @classmethod
    def of(cls, table: PoseTable, settings: Input, device: torch.device) -> "KeypointStore":
        """All of a pose table's frames, on ``device``."""
        lengths = np.array(table.sequences["frames"], dtype=np.int64)
        return cls.made(_keypoints(table), lengths, table.info.frame_width, settings, device, table.info.source_digest)

    @classmethod
    def made(
        cls,
        poses: np.ndarray,
        lengths: np.ndarray,
        frame_width: int,
        settings: Input,
        device: torch.device,
        source_digest: str = "",
    ) -> "KeypointStore":
        """Poses (N, 17, 3 or 4), sequences of ``lengths`` frames one after the other, on ``device``."""
        keypoints, frames = torch.from_numpy(poses).to(device), torch.from_numpy(lengths).to(device)
        transform = transform_of(settings, keypoints.shape[-1], frame_width)
        return cls(
            keypoints=transform.prepared(keypoints, frames),
            first=frames.cumsum(0) - frames,
            lengths=frames,
            frame_width=transform.frame_width or frame_width,
            input=transform,
            source_digest=source_digest,
            repeated=settings.short_sequences == "repeated",
        )

    @property
    def device(self) -> torch.device:
        """The device of the frames."""
        return self.keypoints.device

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the input channels."""
        return self.input.names

    @property
    def per_frame(self) -> bool:
        """Whether the input of a frame depends on that frame alone."""
        return self.input.per_frame

    def windows(self, sequences: Tensor, frames: Tensor, copy: str = "original") -> Tensor:
        """Windows as poses.

        Args:
            sequences: (B,) which sequence each window is cut from.
            frames: (B, T) frame numbers within that sequence, from 0. Numbers before its first and after
                its last frame are reflected at that frame, or the sequence is repeated.
            copy: "swapped" exchanges the left and the right joints; any other copy leaves them unchanged.

        Returns:
            (B, T, 17, C) float32, pixels and confidence.
        """
        if self.repeated:
            within = frames.remainder(self.lengths[sequences, None])
        else:
            within = self._reflected(self.lengths[sequences, None], frames)
        poses = self.keypoints[self.first[sequences, None] + within]
        return poses[:, :, list(OTHER_SIDE)] if copy == "swapped" else poses

    @staticmethod
    def _reflected(lengths: Tensor, frames: Tensor) -> Tensor:
        last = lengths - 1
        position = frames.remainder((2 * last).clamp(min=1))  # in a cycle: forwards, then backwards
        return torch.minimum(position, 2 * last - position).clamp(min=0)

    def network_input(self, windows: Tensor) -> Tensor:
        """(B, T, 17, 3 or 4) pixels and confidence -> (B, T, ...), by the input transform."""
        return self.input(windows)

    def network_arguments(self) -> dict[str, Any]:
        """What follows from the input transform: ``joints`` and ``in_channels``, or ``maps``."""
        return self.input.network_arguments()


def open_store(path: str | Path, keep: np.ndarray, settings: Input, device: torch.device) -> KeypointStore:
    """The frames of some sequences of a pose table.

    Args:
        path: poses.parquet.
        keep: (S,) bool, the sequences to keep; the frames of all others are dropped.
        settings: the input transform, the channels and their unit.
        device: the device to put the frames on.

    Raises:
        DataError: the file is missing, damaged or no pose table.
    """
    return KeypointStore.of(PoseTable.read(path).select(keep), settings, device)


def made_up_store(lengths: np.ndarray, settings: Input, device: torch.device) -> KeypointStore:
    """Sequences (S,) of these lengths whose joints lie anywhere in a frame, to measure how long a step takes."""
    generator = np.random.default_rng(0)
    poses = generator.uniform(1, 240, (int(lengths.sum()), NUM_JOINTS, 4)).astype(np.float32)
    poses[..., 2] /= 240  # the confidence
    return KeypointStore.made(poses, lengths, 320, settings, device)


def _keypoints(table: PoseTable) -> np.ndarray:
    return table.keypoints if table.z is None else np.concatenate([table.keypoints, table.z[..., None]], axis=-1)
