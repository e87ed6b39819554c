"""What a sequence is called and how it is keyed: subject, condition, sequence number, view.

A sequence is one walk of one subject past one camera. It is named ``001-nm-01-090`` (CASIA-B's own
naming, Yu et al., ICPR 2006): subject 001, condition nm, sequence 1, view 90 degrees.
"""

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

KEY_COLUMNS: tuple[str, ...] = ("subject", "condition", "sequence", "view")

_NAME = re.compile(r"(?P<subject>[0-9A-Za-z]+)-(?P<condition>[A-Za-z]+)-(?P<sequence>\d{1,9})-(?P<view>\d{1,9})")


class SequenceKey(NamedTuple):
    """The key of one sequence; ``subject`` and ``condition`` are strings, ``view`` is in degrees."""

    subject: str
    condition: str
    sequence: int
    view: int

    @property
    def name(self) -> str:
        """The sequence's name, e.g. ``001-nm-01-090``."""
        return f"{self.subject}-{self.condition}-{self.sequence:02d}-{self.view:03d}"


def parse_sequence_name(name: str) -> SequenceKey | None:
    """The key of ``001-nm-01-090``, or None if the text is not a sequence's name."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return SequenceKey(match["subject"], match["condition"], int(match["sequence"]), int(match["view"]))


def sequence_names(keys: "pd.DataFrame") -> list[str]:
    """The names of the rows of a table that has the key columns."""
    return [SequenceKey(*key).name for key in keys[list(KEY_COLUMNS)].itertuples(index=False)]


def canonical_subject(subject: str | int) -> str:
    """Subject names compare as numbers where they are numbers: 001 and 1 are the same subject."""
    text = str(subject)
    return str(int(text)) if text.isdigit() else text
