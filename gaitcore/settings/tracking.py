"""A record of each run for people to watch: the section ``tracking``."""

from typing import Literal

from pydantic import Field

from gaitcore.settings.values import PathText, Settings


class Tracking(Settings):
    """A record of each run for people to watch; no number depends on it, and changing it runs nothing again."""

    tool: Literal["tensorboard"] | None = Field(
        None, description="tensorboard: training.csv, settings and accuracies as event files of TensorBoard; null: none"
    )
    folder: PathText | None = Field(
        None, description="where the records are written; null: results/EXPERIMENT/tracking"
    )
