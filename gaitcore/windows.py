"""Windows of frames: what training and evaluation share.

All frames of the sequences in use lie on the device as one tensor; a window is a row of frame numbers, so that a
batch is gathered at once and no Python runs per sample.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gaitcore.poses.table import PoseTable

IN_CHANNELS = 2  # x and y; the estimator's confidence is dropped


@dataclass(frozen=True)
class FrameStore:
    """The frames of S sequences, end to end.

    Attributes:
        keypoints: (N, 17, 3) float32, x and y in pixels and the confidence, on the device.
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
            keypoints=torch.from_numpy(table.keypoints).to(device),
            first=torch.from_numpy(np.array(table.offsets[:-1], dtype=np.int64)).to(device),
            lengths=torch.from_numpy(np.array(table.sequences["frames"], dtype=np.int64)).to(device),
            frame_width=table.info.frame_width,
        )

    def gather(self, sequences: Tensor, frames: Tensor) -> Tensor:
        """Windows as poses.

        Args:
            sequences: (B,) which sequence each window is cut from.
            frames: (B, T) frame numbers within that sequence, from 0.

        Returns:
            (B, T, 17, 3) float32, pixels and confidence.
        """
        return self.keypoints[self.first[sequences, None] + frames]


def normalise(poses: Tensor, frame_width: int) -> Tensor:
    """(..., 17, 3) pixels and confidence -> (..., 17, 2), x and y both divided by the frame's width.

    Source: GaitMixer, section 4.2: "dividing 320 which is the width of the original videos ... while keeping the
    aspect ratio"; the published code drops the confidence.
    """
    return poses[..., :IN_CHANNELS] / frame_width
