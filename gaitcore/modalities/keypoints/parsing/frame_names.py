"""The number of a frame in the name of its picture: ``000001.jpg``, ``frame_0001.png``, ``000001``."""

import re

# The number is at the end of the name, before the ending; what is before it ends with a letter, or with a separator
# after a letter or digit, so that -5, 1.5 and 1e5 are no frames. No part of the expression can match in two ways, so
# that the time is linear in the length of the name. Python and Arrow (RE2) read it alike.
_BEFORE = r"(?:[^/\\\x00]*[A-Za-z0-9][_ -]|[A-Za-z]+)?"
_ENDING = r"(?:\.[A-Za-z][A-Za-z0-9]{0,9})?"
NUMBER_NAME = rf"(?P<frame>[0-9]{{1,9}}){_ENDING}"  # a number alone, which is faster to find
FRAME_NAME = rf"{_BEFORE}{NUMBER_NAME}"
EXPECTED_FRAME = "a name with a frame number such as 000001.jpg or frame_0001.png"

_MOST_DIGITS = 9
_FRAME_NAME = re.compile(FRAME_NAME)
_LONG = re.compile(rf"{_BEFORE}([0-9]+){_ENDING}")
_LONGEST_NAME = 255  # characters, as of a file's name


def frame_number(path: str) -> int | None:
    """The frame's number in the name of a picture, with or without folders before it; None if there is none.

    ``001-nm-01-090/000012.jpg``, ``12``, ``frame_0012.png`` and ``x\\img12.jp2`` are frame 12. A number has at most
    nine digits.
    """
    match = _FRAME_NAME.fullmatch(_last(path))
    return int(match["frame"]) if match else None


def why_no_frame(path: str) -> str:
    """Why :func:`frame_number` finds none: ``a frame number of 13 digits, expected at most 9``."""
    match = _LONG.fullmatch(_last(path))
    if match and len(match[1]) > _MOST_DIGITS:
        return f"a frame number of {len(match[1])} digits, expected at most {_MOST_DIGITS}; number the frames from 1"
    return f"no frame number, expected {EXPECTED_FRAME}"


def _last(path: str) -> str:
    """The part after the last slash or backslash; empty where it is longer than a file's name can be."""
    name = path[max(path.rfind("/"), path.rfind("\\")) + 1 :]
    return name if len(name) <= _LONGEST_NAME else ""
