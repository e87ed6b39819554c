"""The arguments of all networks: the section ``network``."""

from pydantic import ConfigDict, Field

from gaitcore.settings.values import Count, Settings


class Network(Settings):
    """The arguments of all networks."""

    frames: Count = Field(description="window length, frames")
    embedding_dim: Count = Field(description="length of the embedding")


class SystemNetwork(Network):
    """The same, with the network's name and its own options: the arguments of build_model."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str
