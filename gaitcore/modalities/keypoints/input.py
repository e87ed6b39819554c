"""What a network receives of poses: an input transform, chosen by name.

A file of gaitcore/modalities/keypoints/inputs/, or of an extension, that declares ``TITLE`` (for captions and the
checklist) is a transform. Its class ``Transform`` is an :class:`InputTransform`.
"""

from typing import Any, ClassVar

from torch import Tensor

from gaitcore import extensions
from gaitcore.modalities.keypoints.skeleton import NUM_JOINTS
from gaitcore.settings.input import Input


class InputTransform:
    """Poses, in pixels and with the confidence -> the input of a network; on the device of the poses.

    Attributes:
        names: the names of the input channels, in order.
        per_frame: whether the input of a frame depends on that frame alone. If not, a window is transformed as a whole.
        frame_width: of prepared poses, in their unit, where it is not that of the poses; augmentation scales its noise
            to it.
    """

    names: tuple[str, ...]
    per_frame: ClassVar[bool] = True
    frame_width: ClassVar[int | None] = None

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


def transform_of(settings: Input, values: int, frame_width: int) -> InputTransform:
    """The transform that ``input.transform`` names; see :meth:`InputTransform.of`."""
    transform: InputTransform = extensions.definition("inputs", settings.transform).of(settings, values, frame_width)
    return transform
