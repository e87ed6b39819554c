"""Names that become parts of paths: of experiments and systems, and the keys of sequences. One whitelist for all.

``results/<experiment>/<system>/seed-0/`` and ``poses/<subject>.csv`` are made of names that a user chose, so a name
has no separator, no leading dot and nothing that a shell, Snakemake or LaTeX reads as its own.
"""

import re
from typing import NamedTuple

from gaitcore.errors import shown


class Alphabet(NamedTuple):
    """The texts that are allowed as one kind of name: a regular expression, and the same in words."""

    pattern: str
    words: str


_LONGEST_NAME = 200  # bytes; file systems allow 255, and endings are added

# No hyphen, the separator in names of sequences, and no dot, which begins a file's ending.
KEY = Alphabet(
    r"[0-9A-Za-z][0-9A-Za-z_+]{0,63}", 'letters, digits, "_" and "+", 64 at most and a letter or digit first'
)
NAME = Alphabet(
    r"\w[\w.+-]{0,63}", 'letters, digits, "_", "-", "+" and ".", 64 at most and a letter, digit or "_" first'
)


def is_name(text: str, alphabet: Alphabet = NAME) -> bool:
    """Whether a text can be a name, and so a part of a path."""
    return re.fullmatch(alphabet.pattern, text) is not None and len(text.encode()) <= _LONGEST_NAME


def checked_name(value: object, alphabet: Alphabet = NAME) -> str:
    """The value as a name; a whole number is the text of its digits.

    Raises:
        ValueError: it is not a text that can be a name; a sentence without a full stop.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18:
        value = str(value)
    if not isinstance(value, str) or not is_name(value, alphabet):
        raise ValueError(f"{shown(value)} cannot be a name; expected {alphabet.words}")
    return value
