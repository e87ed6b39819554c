"""The kinds of value that settings hold: counts, probabilities, lists of subjects.

A section of the configuration is a :class:`Settings`: immutable, and an unknown key is an error.
"""

import itertools
import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gaitcore.keys import EXPECTED_KEY, canonical, is_key

T = TypeVar("T")

_RANGE = re.compile("([0-9]+)(?:-([0-9]+))?")


class Settings(BaseModel):
    """A section: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _key(value: Any) -> Any:
    """A key in the spelling in which keys compare: the numbers 1 and 001 are ``1``, other text is unchanged."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    if not is_key(str(value)):
        raise ValueError(f'"{value}" is not a valid key, expected {EXPECTED_KEY}')
    return canonical(value)


def _subject_list(value: Any) -> Any:
    """``1-74`` or ``1-59, 80`` or ``P01, P02`` or a list of subjects -> a list of subject numbers or names."""
    if isinstance(value, int):
        value = str(value)
    if not isinstance(value, str):
        return value
    subjects: list[str] = []
    for part in filter(None, (text.strip() for text in value.split(","))):
        match = _RANGE.fullmatch(part)
        if match is None and is_key(part):
            subjects.append(part)
            continue
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise ValueError(f'"{part}" is not a range of subjects like 1-74')
        subjects += [str(n) for n in range(int(match[1]), int(match[2] or match[1]) + 1)]
    return subjects


def unique(values: tuple[T, ...]) -> tuple[T, ...]:
    for earlier, later in itertools.combinations(values, 2):
        if earlier == later:
            raise ValueError(f"{earlier} is listed twice")
    return values


def listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int | Path) else value


Key = Annotated[str, BeforeValidator(_key)]


Subjects = Annotated[tuple[Key, ...], BeforeValidator(_subject_list), AfterValidator(unique)]


Keys = Annotated[tuple[Key, ...], Field(min_length=1), BeforeValidator(listed), AfterValidator(unique)]


Numbers = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), BeforeValidator(listed), AfterValidator(unique)
]


Probability = Annotated[float, Field(ge=0, le=1)]


Positive = Annotated[float, Field(gt=0)]


NotNegative = Annotated[float, Field(ge=0)]


Count = Annotated[int, Field(ge=1)]
