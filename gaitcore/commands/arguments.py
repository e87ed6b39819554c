"""Kinds of arguments that several commands take."""

import argparse
import re

_SIZE = re.compile("([0-9]{1,5})x([0-9]{1,5})")


def frame_size(text: str) -> tuple[int, int]:
    """Width and height of a frame in pixels, from a text like 1920x1080.

    Raises:
        argparse.ArgumentTypeError: it is another text.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a size like 1920x1080")
    return int(match[1]), int(match[2])
