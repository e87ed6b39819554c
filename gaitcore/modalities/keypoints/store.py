"""Windows of frames: what training and evaluation share.

All frames of the sequences in use lie on the device as one tensor; a window is a row of frame numbers, so that a
batch is gathered at once and no Python runs per sample.
"""

import logging
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.settings.input import Input

log = logging.getLogger(__name__)

_COLUMNS = {"x": 0, "y": 1, "confidence": 2, "z": 3}  # of the keypoints


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

    def gather(self, sequences: Tensor, frames: Tensor) -> Tensor:
        """Windows as poses.

        Args:
            sequences: (B,) which sequence each window is cut from.
            frames: (B, T) frame numbers within that sequence, from 0. Before its first and after its last frame a
                sequence runs backwards.

        Returns:
            (B, T, 17, C) float32, pixels and confidence.
        """
        last = self.lengths[sequences, None] - 1
        there_and_back = frames.remainder((2 * last).clamp(min=1))
        frames = torch.minimum(there_and_back, 2 * last - there_and_back).clamp(min=0)
        return self.keypoints[self.first[sequences, None] + frames]


def centred_start(lengths: Tensor, frames: int) -> Tensor:
    """(S,) the first frame of the centre window of sequences with so many frames; negative in shorter ones."""
    return torch.where(lengths < frames, -((frames - lengths) // 2), (lengths - frames) // 2)


@dataclass(frozen=True)
class NetworkInput:
    """What of a pose a network is given.

    Source: GaitMixer, section 4.2: "dividing 320 which is the width of the original videos ... while keeping the aspect
    ratio", without the confidence; GaitGraph takes pixels and the confidence as they are.

    Attributes:
        channels: their names, in order.
        divisor: of all but the confidence.
    """

    channels: tuple[str, ...]
    divisor: float

    @classmethod
    def of(cls, settings: Input, store: FrameStore) -> "NetworkInput":
        """As the settings ask, of the poses there are: a z that they lack is left out, with a message."""
        known = list(_COLUMNS)[: store.keypoints.shape[-1]]
        channels = tuple(channel for channel in settings.channels if channel in known)
        if channels != settings.channels:
            log.info("the poses have no z: the network is given %s", ", ".join(channels))
        return cls(channels, store.frame_width if settings.unit == "frame_width" else 1)

    def __call__(self, poses: Tensor) -> Tensor:
        """(..., 17, 3 or 4) pixels and confidence -> (..., 17, channels)."""
        given = poses[..., [_COLUMNS[channel] for channel in self.channels]]
        if self.divisor == 1:
            return given
        divided = given / self.divisor
        if "confidence" in self.channels:
            divided[..., self.channels.index("confidence")] = poses[..., _COLUMNS["confidence"]]
        return divided


def _keypoints(table: PoseTable) -> np.ndarray:
    return table.keypoints if table.z is None else np.concatenate([table.keypoints, table.z[..., None]], axis=-1)
