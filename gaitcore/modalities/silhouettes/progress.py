"""Progress over the sequences of a source: a bar for a person at a terminal, plain log lines for a file."""

import logging
import sys
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

SECONDS = 30  # between plain lines

log = logging.getLogger(__name__)


class SequenceProgress:
    """Sequences done of ``total``, and the time left."""

    def __init__(self, total: int) -> None:
        self.bar = tqdm(total=total, unit="seq", disable=not sys.stderr.isatty(), dynamic_ncols=True)
        self.total, self.done = total, 0
        self.started = self.told = monotonic()

    def __enter__(self) -> "SequenceProgress":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def sequence(self) -> None:
        """One more sequence is done."""
        self.done += 1
        self.bar.update()
        now = monotonic()
        if now - self.told >= SECONDS:
            self.told = now
            left = tqdm.format_interval((self.total - self.done) * (now - self.started) / self.done)
            log.info("%d of %d sequences are read, %s left", self.done, self.total, left)


def with_progress(sequences: Sequence[T]) -> Iterator[T]:
    """The same sequences one by one; how many are done is told at the terminal and, now and then, in the log."""
    with SequenceProgress(len(sequences)) as progress:
        for sequence in sequences:
            yield sequence
            progress.sequence()
