"""Which channels of a pose a network receives, and in what unit: the section ``input``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gaitcore.settings.values import Settings, unique

Channels = Annotated[tuple[Literal["x", "y", "z", "confidence"], ...], Field(min_length=1), AfterValidator(unique)]


class Input(Settings):
    """Which channels of a pose a network receives, and in what unit."""

    channels: Channels = Field(description="of each joint; z is left out, saying so, where the poses have none")
    unit: Literal["frame_width", "pixels"] = Field(
        description="of x, y and z: fractions of the frame's width (both axes), or pixels as they are"
    )
    short_sequences: Literal["excluded", "reflected"] = Field(
        description="one that is shorter than the window: excluded (by protocol.min_frames), or run back and forth"
    )
