"""Progress of a training run: a bar for a person at a terminal, plain log lines for a file."""

import logging
import sys
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from tqdm import tqdm

log = logging.getLogger(__name__)

LINES = 20  # plain lines in a whole run
WARM_UP, TIMED = 3, 5  # steps after which, and over which, the time of a step is measured
LONG = 50  # steps; of a shorter run nothing is told after its first steps


def in_words(seconds: float) -> str:
    """A time to its two largest units: "40 ms", "1.9 s", "12 min", "3 h 20 min", "1 day 18 h", "530 days"."""
    if seconds < 60:
        return f"{1000 * seconds:.0f} ms" if seconds < 0.0995 else f"{seconds:.{int(seconds < 9.95)}f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours < 1:
        return f"{minutes} min"
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(seconds / 3600), 24)
    if days < 10 and hours:
        return f"{days} day{'s' * (days > 1)} {hours} h"
    days = round(seconds / 86_400)
    return f"{days:,} day{'s' * (days > 1)}"


class Progress:
    """Steps with loss, sequences per second and time left.

    Args:
        epochs, steps: of the run, and of an epoch.
        batch_size: sequences.
        done: steps before the run was resumed.
        wait: returns when the steps so far are done; those on a GPU are only begun when they have been asked for.
    """

    def __init__(
        self, epochs: int, steps: int, batch_size: int, done: int = 0, wait: Callable[[], None] = lambda: None
    ):
        self.epochs, self.batch_size, self.wait = epochs, batch_size, wait
        self.left, self.steps, self.since = epochs * steps - done, 0, 0.0  # steps: of this session
        self.bar = tqdm(
            total=epochs * steps * batch_size,
            initial=done * batch_size,
            unit="seq",
            unit_scale=True,
            disable=not (sys.stderr.isatty() and log.isEnabledFor(logging.INFO)),
            dynamic_ncols=True,
            mininterval=0.5,
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def step(self, loss: float) -> None:
        """One step done; ``loss`` is the last one that is known, NaN where none is."""
        self.bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
        self.bar.update(self.batch_size)
        self.steps += 1
        if self.steps == WARM_UP:
            self.wait()
            self.since = perf_counter()
        if self.steps == WARM_UP + TIMED and self.left > LONG:
            self.wait()
            seconds, left = (perf_counter() - self.since) / TIMED, self.left - self.steps
            log.info(
                "a step takes %s; %s steps are left, about %s", in_words(seconds), f"{left:,}", in_words(seconds * left)
            )

    def epoch(self, row: Mapping[str, Any], triplets: int = 0) -> None:
        """One epoch done; ``row`` is its row of the history.

        ``triplets`` are those of the epoch that can violate the margin, 0 where their number is not known. The loss is
        a mean over those that do, and may rise while their share falls.
        """
        self.bar.set_description(f"epoch {row['epoch']}/{self.epochs}", refresh=False)
        every = max(1, self.epochs // LINES)
        if row["epoch"] % every and row["epoch"] != self.epochs:
            return
        left = (self.epochs - row["epoch"]) * row["seconds"]
        log.info(
            "epoch %d/%d  loss %.4f%s  spread %.3f  %.0f sequences/s  %s left",
            row["epoch"],
            self.epochs,
            row["loss"],
            f"  {row['mined_triplets'] / triplets:.1%} of triplets active" if triplets else "",
            row["spread"],
            row["sequences_per_second"],
            tqdm.format_interval(left),
        )
