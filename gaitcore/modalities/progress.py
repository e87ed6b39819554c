"""Progress over the sequences of a source whose number is not known before: lines in the log, now and then."""

import logging
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

SECONDS = 30  # between two lines

log = logging.getLogger(__name__)


def counted(sequences: Iterable[T]) -> Iterator[T]:
    """The same sequences one by one; how many are read so far is told every half minute."""
    started = told = monotonic()
    for number, sequence in enumerate(sequences, 1):
        yield sequence
        now = monotonic()
        if now - told >= SECONDS:
            told = now
            log.info("%d sequences are read, %.0f each second", number, number / (now - started))
