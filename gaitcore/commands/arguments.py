"""Kinds of arguments that several commands take."""

import argparse
import re

_SIZE = re.compile("([0-9]{1,5})x([0-9]{1,5})")
_FASTEST = 1000  # frames per second, as data.fps


def frame_size(text: str) -> tuple[int, int]:
    """Width and height of a frame in pixels, from a text like 1920x1080.

    Raises:
        argparse.ArgumentTypeError: it is another text.
    """
    match = _SIZE.fullmatch(text)
    if match is None or not int(match[1]) or not int(match[2]):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a size like 1920x1080")
    return int(match[1]), int(match[2])


def frame_rate(text: str) -> float:
    """Frames per second, above 0 and at most 1000.

    Raises:
        argparse.ArgumentTypeError: it is another number, or no number.
    """
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= _FASTEST:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number above 0 and at most {_FASTEST}, like 29.97")
    return rate


def count(text: str) -> int:
    """A whole number from 1 on.

    Raises:
        argparse.ArgumentTypeError: it is another text.
    """
    if not re.fullmatch("[0-9]{1,9}", text) or not int(text):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from 1 on")
    return int(text)
