"""What a network is built with: the section ``network``."""

from pydantic import ConfigDict, Field

from gaitcore.settings.values import Count, Settings


class Network(Settings):
    """What every network is built with."""

    frames: Count = Field(description="window length, frames")
    embedding_dim: Count = Field(description="length of the embedding")


class SystemNetwork(Network):
    """The same, with the network's name and its own options beside it: what build_model takes."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str
