"""Names and keys of sequences: subject, condition, sequence and view, all of them text.

A sequence is one walk of one subject past one camera. It is named ``001-nm-01-090`` (CASIA-B's own naming, Yu et al.,
ICPR 2006): subject 001, condition nm, sequence 01, view 090. ``P01-NA-seq0-front`` is a name too. Keys are ordered as
numbers where they are numbers; only some views are angles in degrees.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from gaitcore.errors import DataError, shown
from gaitcore.names import KEY, is_name

if TYPE_CHECKING:
    import pandas as pd

KEY_COLUMNS: tuple[str, ...] = ("subject", "condition", "sequence", "view")
KEY_PATTERN = KEY.pattern
NAME_PATTERN = "-".join([KEY_PATTERN] * len(KEY_COLUMNS))
EXPECTED_KEY = KEY.words

_NAME = re.compile("-".join(f"({KEY_PATTERN})" for _ in KEY_COLUMNS))
_DIGITS = re.compile("([0-9]+)")
_DIGITS_OF_A_NAME = {"sequence": 2, "view": 3}  # 001-nm-01-090
_RESERVED = ("mean", "probe")  # the results use these for an average, and for the map of one probe
_FULL_CIRCLE = 360
_NOT_IN_A_KEY = re.compile(r"[-. ]")  # a hyphen separates the keys of a name


Order = tuple[tuple[str | int, ...], str]  # sort key of a text with numbers in it


class _Columns(NamedTuple):
    subject: str
    condition: str
    sequence: str
    view: str


class SequenceKey(_Columns):
    """The key of one sequence, four texts. Whole numbers become text as in a name: 1 and 90 are 01 and 090."""

    __slots__ = ()

    def __new__(cls, subject: str | int, condition: str, sequence: str | int, view: str | int) -> "SequenceKey":
        columns = zip(KEY_COLUMNS, (subject, condition, sequence, view), strict=True)
        return super().__new__(cls, *(key_text(column, value) for column, value in columns))

    @property
    def name(self) -> str:
        """The sequence's name, e.g. ``001-nm-01-090``."""
        return "-".join(self)

    def order(self) -> tuple[Order, ...]:
        """The sort key: ``sorted(keys, key=SequenceKey.order)``."""
        return tuple(map(natural, self))


def key_text(column: str, value: str | int) -> str:
    """A value of a key column as text: text unchanged, a whole number as in a name (sequence 1 is ``01``)."""
    return value if isinstance(value, str) else f"{value:0{_DIGITS_OF_A_NAME.get(column, 1)}d}"


def natural(value: str | int) -> Order:
    """The sort key by which numbers in texts are ordered as numbers: ``9``, ``10``, ``seq2``, ``seq10``."""
    text = str(value)
    parts = _DIGITS.split(text)  # text, digits, text, digits, ..., text
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts)), text


def canonical(value: str | int) -> str:
    """The one spelling in which numbers compare: ``1`` for 001, 1 and the number 1. Other text is unchanged."""
    text = str(value)
    return text.lstrip("0") or "0" if text.isascii() and text.isdecimal() else text


def some_of(names: Iterable[str], most: int = 8) -> str:
    """Names in a sentence, the first of many: ``1, 2, 3``, or ``1, 2, 3, 4, 5, 6, 7, 8 and 41 others``."""
    names = list(names)
    others = len(names) - most
    if others > 1:
        return f"{', '.join(names[:most])} and {others} others"
    return ", ".join(names)


def key_of_name(name: str) -> str:
    """The key for a name from elsewhere, such as a folder's: hyphens, dots and blanks become ``_``."""
    return _NOT_IN_A_KEY.sub("_", name)


def is_key(text: str) -> bool:
    """Whether a text can stand in a key column (``EXPECTED_KEY``)."""
    return is_name(text, KEY)


def degrees(view: str | int) -> int | None:
    """The angle of a view that is a number of degrees, 0 to 360: 90 for ``090``. None for others, e.g. ``front``."""
    text = canonical(view)
    return int(text) if text.isdecimal() and int(text) <= _FULL_CIRCLE else None


def view_title(view: str | int) -> str:
    """A view as tables and figures print it: ``90°`` for 090, and ``front`` unchanged."""
    angle = degrees(view)
    return str(view) if angle is None else f"{angle}°"


def walk_name(condition: str, sequence: str | int) -> str:
    """The name of a condition's sequence in messages: ``nm-01`` for the sequences 1 and 01."""
    text = canonical(sequence)
    return f"{condition}-{text.zfill(_DIGITS_OF_A_NAME['sequence']) if text.isdecimal() else text}"


def parse_sequence_name(name: str) -> SequenceKey | None:
    """The key of ``001-nm-01-090``, or None if the text is not a sequence's name."""
    match = _NAME.fullmatch(name)
    return SequenceKey(*match.groups()) if match else None


def sequence_names(keys: "pd.DataFrame") -> list[str]:
    """The names of the rows of a table that has the key columns."""
    return [SequenceKey(*key).name for key in keys[list(KEY_COLUMNS)].itertuples(index=False)]


def text_keys(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The same rows with all key columns as text; numbers are written as in a name (:func:`key_text`)."""
    columns = {name: [key_text(name, value) for value in frame[name]] for name in KEY_COLUMNS}
    return frame.assign(**columns).astype(dict.fromkeys(KEY_COLUMNS, "str"))


def in_order(frame: "pd.DataFrame", columns: Iterable[str] = KEY_COLUMNS) -> "pd.DataFrame":
    """The rows sorted by text columns, numbers as numbers; rows that are equal keep their order."""

    def ranks(column: "pd.Series") -> "pd.Series":
        return column.map({value: rank for rank, value in enumerate(sorted(column.unique(), key=natural))})

    return frame.sort_values(list(columns), key=ranks, kind="stable")


def check_keys(keys: "pd.DataFrame", where: object) -> None:
    """Refuse texts that cannot be keys, and one number in two spellings.

    Args:
        keys: rows with the key columns, as text.
        where: file or data set, for the message.

    Raises:
        DataError: a key is empty or holds other characters, a condition or view has a reserved name, or a column has
            two spellings of one number (001 and 1).
    """
    for column in KEY_COLUMNS:
        for value in keys[column].unique():
            if not is_key(value):
                raise DataError(f"{where}: {column} {shown(value)}, expected {EXPECTED_KEY}; rename it.")
            if value in _RESERVED and column in ("condition", "view"):
                raise DataError(f"{where}: the {column} {value!r} has a reserved name; rename it.")
        check_spelling(column, keys[column].unique(), where)


def check_spelling(column: str, values: Iterable[str | int], where: object) -> None:
    """Raise a DataError that names both where a number is spelled in two ways among ``values``, e.g. 001 and 1."""
    spellings: dict[str, str | int] = {}
    for value in values:
        first = spellings.setdefault(canonical(value), value)
        if str(first) != str(value):
            one, other = sorted((str(first), str(value)), key=len, reverse=True)
            raise DataError(
                f"{where}: {column} {one} and {column} {other} are two spellings of one number, expected one; "
                "rename one of them."
            )
