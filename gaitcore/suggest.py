"""The end of a sentence about an unknown name: the nearest known one, or all of them."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 100  # characters of a name that is compared or listed
_MOST = 50  # names that are listed


def nearest(name: str, known: Iterable[str]) -> str:
    """``; did you mean "epochs"?``, or else ``; expected one of: batch, epochs.``"""
    known = [other for other in known if len(other) <= _LONGEST]
    matches = get_close_matches(name, known, n=1) if len(name) <= _LONGEST else []  # its time is quadratic
    if matches:
        return f'; did you mean "{matches[0]}"?'
    more = f" and {len(known) - _MOST} more" if len(known) > _MOST else ""
    return f"; expected one of: {', '.join(sorted(known)[:_MOST])}{more}."
