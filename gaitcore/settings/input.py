"""What a network receives of a pose: the section ``input``."""

from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gaitcore.settings.chosen import Chosen, known_name
from gaitcore.settings.values import Settings, unique

Channels = Annotated[tuple[Literal["x", "y", "z", "confidence"], ...], Field(min_length=1), AfterValidator(unique)]

Unit = Literal["frame_width", "pixels", "body_height", "torso"]
UNITS: dict[str, str] = {  # in words
    "frame_width": "fractions of the frame's width",
    "pixels": "pixels",
    "body_height": "body heights from the middle of the box",
    "torso": "torso lengths from the middle of the hips",
}

TRANSFORMS = Chosen("inputs")


class Input(Settings):
    """What a network receives of a pose."""

    transform: Annotated[str, AfterValidator(partial(known_name, TRANSFORMS)), TRANSFORMS] = Field(
        "channels", description="the channels of each joint, or features or maps made of them, see systems.md"
    )
    channels: Channels = Field(
        description="channels of each joint; z is left out, with a message, where the poses have none"
    )
    unit: Unit = Field(
        description="unit of x, y and z: fractions of the frame's width (both axes), or pixels; for coordinates in a "
        "crop of the person: body_height, from the middle of each frame's box and in its heights, or torso, from the "
        "middle of the hips and in lengths from there to the middle of the shoulders"
    )
    short_sequences: Literal["excluded", "reflected", "repeated"] = Field(
        description="sequences shorter than the window: excluded (by protocol.min_frames), reflected at their ends, or "
        "repeated end to end"
    )
