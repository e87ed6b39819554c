"""The arguments of all networks: the section ``network``."""

from typing import Annotated

from pydantic import ConfigDict, Field

from gaitcore.settings.values import Settings, Whole


class Network(Settings):
    """The arguments of all networks."""

    frames: Annotated[Whole, Field(ge=2, le=10_000)] = Field(description="window length, frames")
    embedding_dim: Annotated[Whole, Field(ge=1, le=65_536)] = Field(description="length of the embedding")


class SystemNetwork(Network):
    """The same, with the network's name and its own options: the arguments of build_model."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str
