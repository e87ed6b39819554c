"""Which channels of a pose a network receives, and in what unit: the section ``input``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gaitcore.settings.values import Settings, unique

Channels = Annotated[tuple[Literal["x", "y", "z", "confidence"], ...], Field(min_length=1), AfterValidator(unique)]


class Input(Settings):
    """Which channels of a pose a network receives, and in what unit."""

    channels: Channels = Field(
        description="channels of each joint; z is left out, with a message, where the poses have none"
    )
    unit: Literal["frame_width", "pixels"] = Field(
        description="unit of x, y and z: fractions of the frame's width (both axes), or pixels"
    )
    short_sequences: Literal["excluded", "reflected"] = Field(
        description="sequences shorter than the window: excluded (by protocol.min_frames), or reflected at their ends"
    )
