"""What a network receives of poses: an input transform, chosen by name.

A file of gaitcore/modalities/keypoints/inputs/, or of an extension, that declares ``TITLE`` (for captions and the
checklist) is a transform. Its class ``Transform`` is an :class:`InputTransform`.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor

from gaitcore import extensions
from gaitcore.modalities.keypoints.skeleton import INDEX, NUM_JOINTS
from gaitcore.settings.input import Input


class InputTransform:
    """Poses, in pixels and with the confidence -> the input of a network; on the device of the poses.

    Attributes:
        names: the names of the input channels, in order.
        per_frame: whether the input of a frame depends on that frame alone. If not, a window is transformed as a whole.
        prepares_each_frame: whether ``prepared`` treats each frame on its own, so that it can be in an exported graph.
        rounds: whether values are rounded, so that a difference in the last digit of a pose may become a visible one.
        frame_width: of prepared poses, in their unit, where it is not that of the poses; augmentation scales its noise
            to it.
    """

    names: tuple[str, ...]
    per_frame: ClassVar[bool] = True
    prepares_each_frame: ClassVar[bool] = True
    rounds: ClassVar[bool] = False
    frame_width: int | None = None

    @classmethod
    def of(cls, settings: Input, values: int, frame_width: int) -> "InputTransform":
        """The transform of the settings.

        Args:
            settings: the section ``input``.
            values: the number of values of each joint in the poses: 3, or 4 with a z.
            frame_width: pixels.
        """
        raise NotImplementedError

    def prepared(self, keypoints: Tensor, lengths: Tensor) -> Tensor:
        """Whole sequences, before windows are cut and augmented: computed once, when the frames are opened.

        Args:
            keypoints: (N, 17, 3 or 4), the sequences one after the other.
            lengths: (S,) frames in each sequence.
        """
        return keypoints

    def __call__(self, poses: Tensor) -> Tensor:
        """(B, T, 17, 3 or 4) prepared poses -> (B, T, ...) input."""
        raise NotImplementedError

    def network_arguments(self) -> dict[str, Any]:
        """The arguments of the network's class that follow from the input."""
        return {"joints": NUM_JOINTS, "in_channels": len(self.names)}


FRAME_WIDTH = 320  # of prepared poses in a unit of the body, as if people were as high in a frame as in CASIA-B
PREPARED = {"body_height": 128, "torso": 37}  # pixels of that frame; the torso is 0.29 of the stature
_SMALLEST = 1e-3  # pixels; a frame whose joints all have one y would otherwise be divided by 0
_HIPS = [INDEX["left_hip"], INDEX["right_hip"]]
_SHOULDERS = [INDEX["left_shoulder"], INDEX["right_shoulder"]]


def in_unit(keypoints: Tensor, unit: str) -> Tensor:
    """Poses whose place and size are those of the body and not of the picture, for coordinates in a crop of the person.

    Args:
        keypoints: (N, 17, 3 or 4) pixels and confidence.
        unit: "body_height": from the middle of each frame's box, whose height becomes 128; "torso": from the middle of
            the hips, the distance from there to the middle of the shoulders becomes 37; others leave the poses as they
            are.

    Returns:
        (N, 17, 3 or 4) with the same confidence; a z is scaled too.
    """
    if unit not in PREPARED:
        return keypoints
    xy = keypoints[..., :2]
    if unit == "torso":
        origin = xy[:, _HIPS].mean(dim=1)
        size = (xy[:, _SHOULDERS].mean(dim=1) - origin).norm(dim=-1)
    else:
        low, high = xy.amin(dim=1), xy.amax(dim=1)
        origin, size = (low + high) / 2, (high - low)[:, 1]
    scale = (PREPARED[unit] / size.clamp(min=_SMALLEST))[:, None, None]
    return torch.cat([(xy - origin[:, None]) * scale, keypoints[..., 2:3], keypoints[..., 3:] * scale], dim=-1)


def prepared_width(unit: str) -> int | None:
    """The frame's width of prepared poses; None where it is that of the poses."""
    return FRAME_WIDTH if unit in PREPARED else None


def divisor(unit: str, frame_width: int) -> int:
    """The number by which prepared poses are divided: 1 for pixels."""
    return frame_width if unit == "frame_width" else PREPARED.get(unit, 1)


def transform_of(settings: Input, values: int, frame_width: int) -> InputTransform:
    """The transform that ``input.transform`` names; see :meth:`InputTransform.of`."""
    transform: InputTransform = extensions.definition("inputs", settings.transform).of(settings, values, frame_width)
    return transform
