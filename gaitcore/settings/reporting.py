"""The content of tables and figures: the sections ``tables`` and ``figures``."""

from typing import Literal

from pydantic import Field

from gaitcore.settings.values import Settings


class Tables(Settings):
    """The content of the tables."""

    published: bool = Field(description="show the paper's rows; only for CASIA-B under the paper's protocol")
    conditions: dict[str, str] = Field(description="label of each condition, e.g. nm: NM")


class Figures(Settings):
    """The content of the figures."""

    against: dict[str, tuple[str, ...]] = Field(
        description="accuracy against an option of the network: the option, and the systems that differ in it"
    )
    probe: str | None = Field(
        description="name of the probe whose map is shown separately; null: one of the first condition, from the side"
    )
    attribution: Literal["grad_cam", "hires_cam"] = Field(
        description="grad_cam (the paper's) or hires_cam, also exact where joints are not averaged (GaitFormer)"
    )
