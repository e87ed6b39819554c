"""Progress of a training run: a bar for a person at a terminal, plain log lines for a file."""

import logging
import sys
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm

log = logging.getLogger(__name__)

LINES = 20  # plain lines in a whole run


class Progress:
    """Steps with loss, sequences per second and time left; ``done`` is the number of steps before a run was resumed."""

    def __init__(self, epochs: int, steps: int, batch_size: int, done: int = 0):
        self.epochs, self.batch_size = epochs, batch_size
        self.bar = tqdm(
            total=epochs * steps * batch_size,
            initial=done * batch_size,
            unit="seq",
            unit_scale=True,
            disable=not sys.stderr.isatty(),
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

    def epoch(self, row: Mapping[str, Any]) -> None:
        """One epoch done; ``row`` is its row of the history."""
        self.bar.set_description(f"epoch {row['epoch']}/{self.epochs}", refresh=False)
        every = max(1, self.epochs // LINES)
        if row["epoch"] % every and row["epoch"] != self.epochs:
            return
        left = (self.epochs - row["epoch"]) * row["seconds"]
        log.info(
            "epoch %d/%d  loss %.4f  spread %.3f  %.0f sequences/s  %s left",
            row["epoch"],
            self.epochs,
            row["loss"],
            row["spread"],
            row["sequences_per_second"],
            tqdm.format_interval(left),
        )
