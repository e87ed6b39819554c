"""The frames of the sequences in use, end to end on the device.

A window is a row of frame numbers, so that a batch is gathered at once and no Python runs per sample.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gaitcore.modalities.keypoints.augmentation import augmented
from gaitcore.modalities.keypoints.skeleton import OTHER_SIDE
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.settings.training import Augmentation


@dataclass(frozen=True)
class FrameStore:
    """The frames of S sequences, end to end.

    Attributes:
        keypoints: (N, 17, 3) float32, x and y in pixels and the confidence, on the device; (N, 17, 4) where the poses
            have a z too, which comes last.
        first: (S,) index of each sequence's first frame in ``keypoints``.
        lengths: (S,) frames in each sequence.
        frame_width: pixels.
    """

    keypoints: Tensor
    first: Tensor
    lengths: Tensor
    frame_width: int

    @classmethod
    def from_table(cls, table: PoseTable, device: torch.device) -> "FrameStore":
        """All of a pose table's frames, on ``device``."""
        return cls(
            keypoints=torch.from_numpy(_keypoints(table)).to(device),
            first=torch.from_numpy(np.array(table.offsets[:-1], dtype=np.int64)).to(device),
            lengths=torch.from_numpy(np.array(table.sequences["frames"], dtype=np.int64)).to(device),
            frame_width=table.info.frame_width,
        )

    @property
    def device(self) -> torch.device:
        """Where the frames lie."""
        return self.keypoints.device

    def gather(self, sequences: Tensor, frames: Tensor, swapped: bool = False) -> Tensor:
        """Windows as poses.

        Args:
            sequences: (B,) which sequence each window is cut from.
            frames: (B, T) frame numbers within that sequence, from 0. Before its first and after its last frame a
                sequence runs backwards.
            swapped: whether the left and the right joints are exchanged.

        Returns:
            (B, T, 17, C) float32, pixels and confidence.
        """
        last = self.lengths[sequences, None] - 1
        there_and_back = frames.remainder((2 * last).clamp(min=1))
        frames = torch.minimum(there_and_back, 2 * last - there_and_back).clamp(min=0)
        poses = self.keypoints[self.first[sequences, None] + frames]
        return poses[:, :, list(OTHER_SIDE)] if swapped else poses

    def augmented(
        self, sequences: Tensor, frames: Tensor, settings: Augmentation, generator: torch.Generator
    ) -> Tensor:
        """Windows for training, (B, T, 17, C): those of :meth:`gather`, augmented with draws from ``generator``."""
        return augmented(self.gather(sequences, frames), settings, self.frame_width, generator)


def _keypoints(table: PoseTable) -> np.ndarray:
    return table.keypoints if table.z is None else np.concatenate([table.keypoints, table.z[..., None]], axis=-1)
