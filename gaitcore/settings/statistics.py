"""The intervals and tests over seeds and subjects: the section ``statistics``."""

from typing import Annotated

from pydantic import Field

from gaitcore.settings.values import Count, Settings


class Statistics(Settings):
    """The intervals and tests over seeds and subjects."""

    confidence: Annotated[float, Field(gt=0, lt=1)] = Field(description="level of the bootstrap interval")
    resamples: Count = Field(description="bootstrap resamples")
    seed: Annotated[int, Field(ge=0)] = Field(description="seed of the resampling")
