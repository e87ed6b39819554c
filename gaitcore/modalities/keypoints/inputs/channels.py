"""Some channels of each joint, in their unit."""

import logging
from dataclasses import dataclass

from torch import Tensor

from gaitcore.modalities.keypoints.input import InputTransform, divisor, in_unit, prepared_width
from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX
from gaitcore.settings.input import Input

TITLE = "channels of each joint"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Transform(InputTransform):
    """The channels of ``input.channels``, in the unit of ``input.unit``.

    Source: GaitMixer, section 4.2: "dividing 320 which is the width of the original videos ... while keeping the aspect
    ratio", without the confidence; GaitGraph takes pixels and the confidence as they are.

    Attributes:
        names: the channels' names, in order.
        divisor: the number that all channels but the confidence are divided by.
        unit: of the settings.
        frame_width: of prepared poses; None where they are in pixels.
    """

    names: tuple[str, ...]
    divisor: float
    unit: str = "pixels"
    frame_width: int | None = None

    @classmethod
    def of(cls, settings: Input, values: int, frame_width: int) -> "Transform":
        """The channels of the settings; a z that the poses lack is left out, with a message in the log."""
        known = list(CHANNEL_INDEX)[:values]
        names = tuple(channel for channel in settings.channels if channel in known)
        if names != settings.channels:
            log.info("the poses have no z: the network receives %s", ", ".join(names))
        return cls(names, divisor(settings.unit, frame_width), settings.unit, prepared_width(settings.unit))

    def prepared(self, keypoints: Tensor, lengths: Tensor) -> Tensor:
        """(N, 17, 3 or 4) pixels and confidence -> the same, in a unit of the body where the settings say so."""
        return in_unit(keypoints, self.unit)

    def __call__(self, poses: Tensor) -> Tensor:
        """(..., 17, 3 or 4) pixels and confidence -> (..., 17, channels)."""
        chosen = poses[..., [CHANNEL_INDEX[channel] for channel in self.names]]
        if self.divisor == 1:
            return chosen
        divided = chosen / self.divisor
        if "confidence" in self.names:
            divided[..., self.names.index("confidence")] = poses[..., CHANNEL_INDEX["confidence"]]
        return divided
