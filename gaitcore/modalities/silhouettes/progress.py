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


def with_progress(sequences: Sequence[T]) -> Iterator[T]:
    """The same sequences one by one; how many are done is told at the terminal and, now and then, in the log."""
    started = told = monotonic()
    with tqdm(total=len(sequences), unit="seq", disable=not sys.stderr.isatty(), dynamic_ncols=True) as bar:
        for done, sequence in enumerate(sequences, 1):
            yield sequence
            bar.update()
            now = monotonic()
            if now - told >= SECONDS:
                told = now
                left = tqdm.format_interval((len(sequences) - done) * (now - started) / done)
                log.info("%d of %d sequences are read, %s left", done, len(sequences), left)
