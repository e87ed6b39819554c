"""The end of a sentence about an unknown name: the nearest known one, or all of them."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean "epochs"?``, or else ``; expected one of: batch, epochs.``"""
    known = list(known)
    matches = get_close_matches(name, known, n=1)
    if matches:
        return f'; did you mean "{matches[0]}"?'
    return f"; expected one of: {', '.join(sorted(known))}."
