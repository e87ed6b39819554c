"""The kinds of value that settings hold: numbers with a range, text, names, lists of subjects.

A section of the configuration is a :class:`Settings`: immutable, and an unknown key is an error. No truth value is a
number and no text is one; every number has a finite range.
"""

import re
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AllowInfNan, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from gaitcore.errors import shown
from gaitcore.keys import canonical
from gaitcore.names import KEY, NAME, Alphabet, checked_name

T = TypeVar("T")

_RANGE = re.compile("([0-9]{1,18})(?:-([0-9]{1,18}))?")
_MOST_SUBJECTS = 100_000
_RESERVED = ("mean", "probe")  # the results use these for an average, and for the map of one probe
_LONGEST_PART = 255  # bytes of a name in a path
_QUOTE = "put it in quotes if the text is meant"


class Settings(BaseModel):
    """A section: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _text(value: Any) -> Any:
    """A text; a whole number is the text of its digits, other values look like text to their author only."""
    if isinstance(value, bool):
        raise ValueError(f"{value} is a truth value in YAML, and so are no, off, yes and on; {_QUOTE}")
    if isinstance(value, float):
        raise ValueError(f"{value} is a number in YAML, expected text; {_QUOTE}")
    return str(value) if isinstance(value, int) and abs(value) < 10**18 else value


def _printable(value: str) -> str:
    unprintable = next((sign for sign in value if not sign.isprintable()), None)
    if unprintable is not None:
        raise ValueError(f"{shown(value)} has the sign {unprintable!r} in it, expected one line of printable signs")
    return value


def _lines(value: str) -> str:
    for line in value.splitlines():
        _printable(line)
    return value


def path_text(value: str) -> str:
    if any(len(part.encode()) > _LONGEST_PART for part in value.split("/")):
        raise ValueError(f"{shown(value)} has a name of more than {_LONGEST_PART} bytes in it, expected a shorter one")
    if "{" in value or "}" in value:
        raise ValueError(f"{shown(value)} has a brace in it, which Snakemake reads as a wildcard; rename it")
    return value


def _sha256(value: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise ValueError(f"{shown(value)} is no SHA-256, expected 64 hexadecimal digits")
    return value


def _name(alphabet: Alphabet, value: Any) -> str:
    return checked_name(_text(value), alphabet)


def subject_key(value: Any) -> str:
    """A key in the spelling in which keys compare: the numbers 1 and 001 are ``1``, other text is unchanged."""
    return canonical(_name(KEY, value))


def listed_sequence(value: Any) -> str:
    """``0002-camid33_videoid2-seq0``: subject and two or three more keys, each in the spelling in which keys compare.

    Raises:
        ValueError: the value is no such name.
    """
    parts = _text(value).split("-") if isinstance(value, str) else []
    if len(parts) not in (3, 4):
        raise ValueError(f"{shown(value)} names no sequence, expected one like 0002-camid33_videoid2-seq0")
    return "-".join(map(subject_key, parts))


def _not_reserved(value: str) -> str:
    if value in _RESERVED:
        raise ValueError(f'the name "{value}" is reserved; rename the condition')
    return value


def _subject_list(value: Any) -> Any:
    """``1-74`` or ``1-59, 80`` or ``P01, P02`` or a list of subjects -> a list of subject numbers or names."""
    value = _text(value)
    if not isinstance(value, str):
        return value
    subjects: list[str] = []
    for part in filter(None, (text.strip() for text in value.split(","))):
        match = _RANGE.fullmatch(part)
        if match is None and "-" not in part:
            subjects.append(subject_key(part))
            continue
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise ValueError(f"{shown(part)} is not a range of subjects like 1-74")
        first, last = int(match[1]), int(match[2] or match[1])
        if len(subjects) + last - first >= _MOST_SUBJECTS:
            raise ValueError(f'"{part}" is {last - first + 1} subjects, expected {_MOST_SUBJECTS} in all at most')
        subjects += map(str, range(first, last + 1))
    return subjects


def unique(values: tuple[T, ...]) -> tuple[T, ...]:
    seen: set[T] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"{value} is listed twice")
        seen.add(value)
    return values


def listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int | float | Path) else value


Text = Annotated[str, BeforeValidator(_text), Field(max_length=10_000), AfterValidator(_lines)]
Line = Annotated[str, BeforeValidator(_text), Field(max_length=500), AfterValidator(_printable)]
PathText = Annotated[Line, Field(min_length=1), AfterValidator(path_text)]
Paths = Annotated[tuple[PathText, ...], BeforeValidator(listed), Field(min_length=1)]
Folders = Annotated[tuple[PathText, ...], BeforeValidator(listed), AfterValidator(unique)]
Sha256 = Annotated[Line, AfterValidator(_sha256)]

Name = Annotated[str, BeforeValidator(partial(_name, NAME))]
Key = Annotated[str, BeforeValidator(subject_key)]
Condition = Annotated[str, BeforeValidator(partial(_name, KEY)), AfterValidator(_not_reserved)]
Subjects = Annotated[tuple[Key, ...], BeforeValidator(_subject_list), AfterValidator(unique)]
SequenceNames = Annotated[
    tuple[Annotated[str, BeforeValidator(listed_sequence)], ...], BeforeValidator(listed), AfterValidator(unique)
]
Keys = Annotated[tuple[Key, ...], Field(min_length=1), BeforeValidator(listed), AfterValidator(unique)]

Truth = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]  # with a range below
Number = Annotated[float, Strict(), AllowInfNan(False)]

AnyWhole = Annotated[Whole, Field(ge=-(10**9), le=10**9)]
AnyNumber = Annotated[Number, Field(ge=-1e9, le=1e9)]
Count = Annotated[Whole, Field(ge=1, le=1_000_000)]
Frames = Annotated[Whole, Field(ge=1, le=10_000)]
Pixels = Annotated[Whole, Field(ge=1, le=100_000)]
Channels = Annotated[Whole, Field(ge=1, le=8192)]  # of a layer of a network
Blocks = Annotated[Whole, Field(ge=1, le=100)]  # of a network
Seed = Annotated[Whole, Field(ge=0, le=2**32 - 1)]
Seeds = Annotated[tuple[Seed, ...], Field(min_length=1), BeforeValidator(listed), AfterValidator(unique)]
Ranks = Annotated[tuple[Count, ...], Field(min_length=1), BeforeValidator(listed), AfterValidator(unique)]

Probability = Annotated[Number, Field(ge=0, le=1)]
Fraction = Annotated[Number, Field(ge=0, lt=1)]
Positive = Annotated[Number, Field(gt=0, le=1e9)]
NotNegative = Annotated[Number, Field(ge=0, le=1e9)]
