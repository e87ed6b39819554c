"""The content of tables and figures: the sections ``tables`` and ``figures``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gaitcore.errors import shown
from gaitcore.keys import parse_sequence_name
from gaitcore.settings.values import Condition, Line, Settings, Truth


def _sequence(value: str) -> str:
    if parse_sequence_name(value) is None:
        raise ValueError(f"{shown(value)} is not the name of a sequence, expected one like 075-nm-05-090")
    return value


class Tables(Settings):
    """The content of the tables."""

    published: Truth = Field(
        description="show the paper's rows, or those of published_set; only where the split has as many subjects"
    )
    published_set: Literal["casia_b", "oumvlp", "gait3d", "ccpg", "sustech1k"] = Field(
        "casia_b", description="the data set of the published rows: casia_b has the paper's"
    )
    conditions: dict[Condition, Line] = Field(description="label of each condition, e.g. nm: NM")


class Figures(Settings):
    """The content of the figures."""

    against: dict[Line, tuple[Line, ...]] = Field(
        description="accuracy against an option of the network: the option, and the systems that differ in it"
    )
    probe: Annotated[Line, AfterValidator(_sequence)] | None = Field(
        description="name of the probe whose map is shown separately; null: one of the first condition, from the side"
    )
    attribution: Literal["grad_cam", "hires_cam"] = Field(
        description="grad_cam (the paper's) or hires_cam, also exact where joints are not averaged (GaitFormer)"
    )
