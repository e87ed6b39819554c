"""Settings tried on the validation subjects: the section ``sweep``."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from gaitcore.errors import shown
from gaitcore.settings.values import AnyNumber, AnyWhole, Count, Line, Name, Seed, Seeds, Settings, listed

_MOST_VALUES = 1000  # of one setting
_RANGE = "expected values, e.g. [0.01, 0.2], or a range {low: 1.0e-4, high: 1.0e-2, scale: log}"


class Range(Settings):
    """The values between two bounds, for a random search; whole numbers where both bounds are."""

    low: AnyWhole | AnyNumber = Field(description="the least value")
    high: AnyWhole | AnyNumber = Field(description="the greatest value; whole numbers are drawn where both are whole")
    scale: Literal["linear", "log"] = Field("linear", description="uniform in the value, or in its logarithm")


def _values(value: Any) -> Any:
    """The values of a setting as a tuple, or a range."""
    if isinstance(value, Range):
        return value
    if isinstance(value, dict) and {"low", "high"} & value.keys():
        try:
            found = Range.model_validate(value)
        except ValidationError:
            raise ValueError(f"{shown(value)} is no range, {_RANGE}") from None
        if not found.low < found.high or (found.scale == "log" and found.low <= 0):
            raise ValueError(f"{shown(value)} is empty or has no logarithm, expected low < high, and 0 < low for log")
        return found
    values = tuple(listed(value)) if isinstance(value, list | tuple | str | int | float) else (value,)
    if not 0 < len(values) <= _MOST_VALUES:
        raise ValueError(f"there are {len(values)} values, expected 1 to {_MOST_VALUES}")
    for place, one in enumerate(values):
        if any(one == other and type(one) is type(other) for other in values[:place]):
            raise ValueError(f"{shown(one)} is listed twice")
    return values


class Sweep(Settings):
    """Settings tried on the validation subjects; no test subject takes part."""

    system: Name = Field(description="the system whose settings are varied")
    search: Literal["grid", "random"] = Field(
        "grid", description="grid: every combination of the values; random: combinations drawn at random"
    )
    settings: dict[Line, Annotated[Any, BeforeValidator(_values)]] = Field(
        min_length=1,
        max_length=20,
        description="setting of the system -> its values, e.g. training.learning_rate: [1.0e-3, 3.0e-3]; for a random "
        "search also {low: 1.0e-4, high: 1.0e-2, scale: log}",
    )
    tries: Annotated[Count, Field(le=1000)] | None = Field(
        None, description="number of combinations that a random search draws; null for a grid"
    )
    seed: Seed = Field(0, description="seed of the random search")
    seeds: Seeds | None = Field(None, description="one training run per try and seed; null: those of the experiment")

    @model_validator(mode="after")
    def _search_has_what_it_needs(self) -> "Sweep":
        if self.search == "random" and self.tries is None:
            raise ValueError("search is random, but tries is not set; say how many combinations are drawn")
        if self.search == "grid" and self.tries is not None:
            raise ValueError("search is grid, which tries every combination, but tries is set; remove it")
        ranges = [key for key, values in self.settings.items() if isinstance(values, Range)]
        if self.search == "grid" and ranges:
            raise ValueError(f"search is grid, but settings.{ranges[0]} is a range; list its values, or search: random")
        return self
