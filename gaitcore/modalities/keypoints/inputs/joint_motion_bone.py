"""GaitTR's ten features of each joint: position, motion and bone."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gaitcore.modalities.keypoints.input import InputTransform, divisor, in_unit, prepared_width
from gaitcore.modalities.keypoints.skeleton import INDEX, TOWARDS_HEAD
from gaitcore.settings.input import Input

TITLE = "position, motion and bone of each joint"

LAST_TWO = (0, 0, 0, 0, 0, 2)  # frames, for F.pad


@dataclass(frozen=True)
class Transform(InputTransform):
    """x and y of five vectors: position, from the nose, motion to the next frame and over two frames, bone.

    Source: GaitTR, as FastPoseGait computes them: pixels as they are (``input.unit: pixels``), without the
    confidence. The motion of the last two frames of a window is 0.

    Attributes:
        divisor: the number that x and y are divided by.
        unit: of the settings.
        frame_width: of prepared poses; None where they are in pixels.
    """

    divisor: float
    unit: str = "pixels"
    frame_width: int | None = None

    names = tuple(
        f"{vector}_{axis}" for vector in ("position", "from_nose", "next", "over_two", "bone") for axis in "xy"
    )
    per_frame = False

    @classmethod
    def of(cls, settings: Input, values: int, frame_width: int) -> "Transform":
        """The features in the unit of the settings."""
        return cls(divisor(settings.unit, frame_width), settings.unit, prepared_width(settings.unit))

    def prepared(self, keypoints: Tensor, lengths: Tensor) -> Tensor:
        """(N, 17, 3 or 4) pixels and confidence -> the same, in a unit of the body where the settings say so."""
        return in_unit(keypoints, self.unit)

    def __call__(self, poses: Tensor) -> Tensor:
        """(B, T, 17, 3 or 4) pixels and confidence -> (B, T, 17, 10)."""
        xy = poses[..., :2] / self.divisor
        from_nose = xy - xy[:, :, INDEX["nose"], None]
        to_next = F.pad(xy[:, 1:-1] - xy[:, :-2], LAST_TWO)
        over_two = F.pad(xy[:, 2:] - xy[:, :-2], LAST_TWO)
        bone = xy - xy[:, :, TOWARDS_HEAD]
        return torch.cat([xy, from_nose, to_next, over_two, bone], dim=-1)
