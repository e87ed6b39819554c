"""JSON of other programs: whatever is in it, a reader gets plain values, checked numbers, or one reason why not."""

import json
import reprlib
from typing import Any

import numpy as np

_MOST_NUMBERS = 1000  # of one person; 136 points have 408
MOST_BYTES = 1 << 27  # of one file; 17 points of one person a frame are 1 kB, so 35 hours of video


class MalformedError(ValueError):
    """What is wrong with a value, as a reason for the report: "keypoints hold True, expected numbers"."""


def parse(content: bytes) -> Any:
    """The value of a JSON file, UTF-8 or with a byte order mark.

    Raises:
        MalformedError: it is not JSON, not text, nested too deeply, or has a number of thousands of digits.
    """
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise MalformedError(f"not JSON ({error})") from None
    except UnicodeDecodeError as error:
        raise MalformedError(f"not JSON (byte {error.start} is not UTF-8 text)") from None
    except RecursionError:
        raise MalformedError("not JSON of poses (nested too deeply)") from None
    except ValueError:  # Python's limit, since the time to parse it is quadratic
        raise MalformedError("not JSON of poses (a whole number of thousands of digits)") from None


def numbers(values: object, what: str) -> np.ndarray:
    """A list of numbers as float32; one that is too large for float32 becomes infinite.

    Args:
        values: what the file has in their place.
        what: their name, for the reason: "keypoints".

    Raises:
        MalformedError: it is anything but a list of numbers; ``true`` is no number.
    """
    if not isinstance(values, list):
        raise MalformedError(f"{what} {shown(values)}, expected a list of numbers")
    if len(values) > _MOST_NUMBERS:
        raise MalformedError(f"{len(values)} {what}, expected at most {_MOST_NUMBERS} numbers")
    for value in values:
        if type(value) is not float and type(value) is not int:
            raise MalformedError(f"{what} hold {shown(value)}, expected numbers")
    with np.errstate(over="ignore"):
        try:
            return np.array(values, np.float64).astype(np.float32)
        except OverflowError:
            raise MalformedError(f"{what} hold a whole number that is too large, expected numbers") from None


def shown(value: object) -> str:
    """A value of a file in a message: short, on one line; of a list or an object only what it is."""
    if isinstance(value, dict):
        keys = ", ".join(reprlib.repr(key) for key in list(value)[:4])
        return f"an object with the keys {keys}{', ...' if len(value) > 4 else ''}" if value else "an empty object"
    if isinstance(value, list):
        return reprlib.repr(value[:3])[:-1] + (", ...]" if len(value) > 3 else "]")
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else reprlib.repr(value)
