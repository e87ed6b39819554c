"""The errors that users can cause; each message is a full sentence that says what to do.

A message names the file, the line or key, what was found, what was expected and what to do. Code that catches a
:class:`GaitError` shows only its message, without a traceback. :func:`shown` prints what was found.
"""

import math
import reprlib

REMEDY = "delete it and run again"  # for a damaged file of the workflow


class GaitError(Exception):
    """Something outside the program is wrong: a file, a setting or a protocol. The message is for users.

    It is one line of bounded length, whatever a file or a name in it holds: other characters are escaped as in Python,
    and of a very long message the middle is left out.
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(_one_line(str(message)))


class ConfigError(GaitError):
    """A setting is unknown, missing or out of range. The message names the key and the file."""


class DataError(GaitError):
    """A data file is missing, damaged or of another format. The message names the file and the line."""


class ProtocolError(GaitError):
    """The sequences and the protocol do not fit together: no gallery, no probe, no training subject."""


class DivergenceError(GaitError):
    """The loss of a training became infinite or no number. The message has epoch, step and learning rate."""


_LONGEST_MESSAGE, _END = 390, 120  # characters, of the whole and of what is kept of its end


def _one_line(text: str) -> str:
    if len(text) > _LONGEST_MESSAGE:
        text = f"{text[: _LONGEST_MESSAGE - _END - 5]} ... {text[-_END:]}"
    if text.isprintable():
        return text
    escaped = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    return escaped if len(escaped) <= _LONGEST_MESSAGE else _one_line(escaped)


class _Shortened(reprlib.Repr):
    """``repr`` of a value from a file, in bounded time: what is long is cut."""

    def repr_int(self, value: int, level: int) -> str:
        digits = int(value.bit_length() * math.log10(2)) + 1
        return repr(value) if digits <= _LONGEST else f"a whole number of about {digits} digits"

    def repr_bool(self, value: bool, level: int) -> str:
        return "true" if value else "false"

    def repr_NoneType(self, value: None, level: int) -> str:  # noqa: N802, a name that reprlib looks for
        return "null"


_LONGEST = 60  # characters
_SHORTENED = _Shortened()
_SHORTENED.maxstring = _SHORTENED.maxother = _LONGEST
_SHORTENED.maxlevel = 3


def shown(value: object) -> str:
    """A value as a message shows it: its ``repr``, with YAML's true, false and null, shortened, in bounded time."""
    return _SHORTENED.repr(value)


def short(text: object) -> str:
    """A name or key as a message shows it without quotes: as it is, or shortened to one line."""
    text = str(text)
    return text if len(text) <= _LONGEST and text.isprintable() else shown(text)[1:-1]
