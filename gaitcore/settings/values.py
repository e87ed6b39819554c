"""The kinds of value that settings hold: counts, probabilities, lists of subjects.

A section of the configuration is a :class:`Settings`: immutable, and an unknown key is an error.
"""

import itertools
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gaitcore.keys import canonical_subject

_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


class Settings(BaseModel):
    """A section: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _subject_list(value: Any) -> Any:
    """``1-74`` or ``1-59, 80`` or a list of subjects -> a tuple of subject numbers or names."""
    if isinstance(value, int):
        value = str(value)
    if not isinstance(value, str):
        return value
    subjects: list[str] = []
    for part in filter(None, (text.strip() for text in value.split(","))):
        match = _RANGE.fullmatch(part)
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise ValueError(f'"{part}" is not a range of subjects like 1-74')
        subjects += [str(n) for n in range(int(match[1]), int(match[2] or match[1]) + 1)]
    return subjects


def unique(values: tuple) -> tuple:
    for earlier, later in itertools.combinations(values, 2):
        if earlier == later:
            raise ValueError(f"{earlier} is given twice")
    return values


def listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int | Path) else value


Subjects = Annotated[
    tuple[Annotated[str, BeforeValidator(canonical_subject)], ...],
    BeforeValidator(_subject_list),
    AfterValidator(unique),
]


Numbers = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), BeforeValidator(listed), AfterValidator(unique)
]


Probability = Annotated[float, Field(ge=0, le=1)]


Positive = Annotated[float, Field(gt=0)]


NotNegative = Annotated[float, Field(ge=0)]


Count = Annotated[int, Field(ge=1)]
