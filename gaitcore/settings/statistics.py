"""The intervals and tests over seeds and subjects: the section ``statistics``."""

from typing import Annotated

from pydantic import Field

from gaitcore.settings.values import Line, Number, Seed, Settings, Whole


class Statistics(Settings):
    """The intervals and tests over seeds and subjects."""

    confidence: Annotated[Number, Field(gt=0, lt=1)] = Field(description="level of the bootstrap interval")
    resamples: Annotated[Whole, Field(ge=1, le=100_000)] = Field(description="bootstrap resamples")
    seed: Seed = Field(description="seed of the resampling")
    overall: Line | None = Field(
        None,
        description="the comparison with all probes, e.g. SUSTech1K's Overall, which stands for the mean over "
        "comparisons that share probes; null: the unweighted mean over conditions",
    )
