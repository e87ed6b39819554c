"""The batches of an epoch: balanced (a number of subjects, and of sequences of each), drawn anew, or shuffled."""

import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from gaitcore.errors import ConfigError
from gaitcore.settings.training import BalancedBatch, DrawnBatch, ShuffledBatch

log = logging.getLogger(__name__)


def training_items(sequences: pd.DataFrame, repeat: Mapping[str, int]) -> np.ndarray:
    """(items,) the row of each item in ``sequences``; a condition in ``repeat`` is listed that many times."""
    times = sequences["condition"].map(repeat).fillna(1).astype(int)
    return np.repeat(np.arange(len(sequences)), times)


class SubjectBatches(ABC):
    """Iterating gives one epoch: (subjects x sequences,) rows of ``subjects`` per batch.

    A batch holds all subjects where there are fewer than it should have; a subject is in a batch at most once.

    Args:
        subjects: (S,) the subject of each sequence.
        items: rows of ``subjects`` to draw from, with repetitions (:func:`training_items`).
        batch: subjects and sequences of a batch.
        generator: source of every draw.
    """

    steps: int  # in an epoch

    def __init__(
        self,
        subjects: np.ndarray,
        items: np.ndarray,
        batch: BalancedBatch | DrawnBatch,
        generator: np.random.Generator,
    ):
        labels = subjects[items]
        self.generator, self.sequences = generator, batch.sequences
        self.rows = [items[labels == subject] for subject in np.unique(labels)]
        self.subjects = min(batch.subjects, len(self.rows))
        self.batch_size = self.subjects * self.sequences
        self.batches_done = 0  # in the current epoch
        if self.subjects < batch.subjects:
            log.warning(
                "training.batch.subjects is %d, but there are %d training subjects: every batch holds all of them",
                batch.subjects,
                self.subjects,
            )

    def __str__(self) -> str:
        return f"batches of {self.batch_size} sequences ({self.subjects} subjects x {self.sequences})"

    def __len__(self) -> int:
        return self.steps

    @property
    def sequences_of_an_epoch(self) -> int:
        """The number of sequences in an epoch; one that is drawn twice counts twice."""
        return self.steps * self.batch_size

    def __iter__(self) -> Iterator[np.ndarray]:
        """The batches of an epoch; after an interruption, the remaining ones."""
        while self.batches_done < self.steps:
            self.batches_done += 1
            chosen = self.generator.choice(len(self.rows), self.subjects, replace=False)
            yield np.concatenate([self._take(subject) for subject in chosen])
        self.batches_done = 0

    def state_dict(self) -> dict[str, Any]:
        """The position in the epoch, for a checkpoint."""
        return {"generator": self.generator.bit_generator.state, "drawn": self.batches_done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from such a position."""
        self.generator.bit_generator.state = state["generator"]
        self.batches_done = state["drawn"]

    @abstractmethod
    def _take(self, subject: int) -> np.ndarray:
        """(sequences,) rows of one subject for a batch."""


class BalancedBatches(SubjectBatches):
    """Each subject's list is shuffled and used up before it is shuffled again.

    Source: GaitMixer, section 4.2, "(74, 4), denoting 74 people and 4 walking samples per person"; the published code
    shuffles each subject's list, walks through it four at a time and shuffles again when fewer than four are left.
    pytorch-metric-learning's MPerClassSampler draws afresh for every batch instead, so that some sequences are seen
    twice in an epoch and others not at all.

    A subject with fewer sequences than the batch takes of each is used repeatedly, in the order of its list.
    """

    def __init__(self, subjects: np.ndarray, items: np.ndarray, batch: BalancedBatch, generator: np.random.Generator):
        super().__init__(subjects, items, batch, generator)
        self.used = [len(rows) for rows in self.rows]  # all are used up, so each list is shuffled before its first use
        self.steps = max(1, (len(items) - 1) // self.batch_size)  # the published code's count

    def state_dict(self) -> dict[str, Any]:
        """The position in the lists and in the epoch, for a checkpoint."""
        rows = [torch.from_numpy(rows.copy()) for rows in self.rows]
        return {**super().state_dict(), "rows": rows, "used": self.used}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from such a position."""
        super().load_state_dict(state)
        self.rows, self.used = [rows.numpy() for rows in state["rows"]], state["used"]

    def _take(self, subject: int) -> np.ndarray:
        rows, wanted = self.rows[subject], self.sequences
        if self.used[subject] + wanted > len(rows):
            self.generator.shuffle(rows)
            self.used[subject] = 0
        start = self.used[subject]
        self.used[subject] += wanted
        return np.resize(rows[start : start + wanted], wanted)  # a short list is repeated


class DrawnBatches(SubjectBatches):
    """Subjects and sequences are drawn anew for each batch, and the recipe says how many steps are an epoch.

    Source: GaitSet, published code (sequences with replacement); OpenGait and FastPoseGait (without, where a subject
    has enough). GaitSet's code never draws the very first sequence, by a slip that is not repeated here.
    """

    def __init__(self, subjects: np.ndarray, items: np.ndarray, batch: DrawnBatch, generator: np.random.Generator):
        super().__init__(subjects, items, batch, generator)
        self.steps, self.replacement = batch.steps, batch.replacement

    def __str__(self) -> str:
        return f"{super().__str__()}, drawn anew"

    def _take(self, subject: int) -> np.ndarray:
        rows = self.rows[subject]
        return self.generator.choice(rows, self.sequences, replace=self.replacement or len(rows) < self.sequences)


class ShuffledBatches:
    """Iterating gives one epoch: all items in random order, ``size`` at a time, each batch repeated ``copies`` times.

    Source: GaitGraph and GaitGraph2, published code (PyTorch's shuffling loader; the last batch may be smaller).

    Args:
        items: rows of the sequences to draw from.
        batch: size and copies.
        generator: source of every shuffle.
    """

    def __init__(self, items: np.ndarray, batch: ShuffledBatch, generator: np.random.Generator):
        self.items, self.size, self.copies, self.generator = items.copy(), batch.size, batch.copies, generator
        self.batch_size = min(batch.size, len(items)) * batch.copies
        self.batches_done = 0  # in the current epoch

    def __str__(self) -> str:
        copies = f", {self.copies} copies of each" if self.copies > 1 else ""
        return f"batches of {self.batch_size // self.copies} sequences{copies}"

    def __len__(self) -> int:
        return math.ceil(len(self.items) / self.size)

    @property
    def smallest(self) -> int:
        """The number of sequences in the last batch of an epoch, which may have fewer than the others."""
        return (len(self.items) % self.size or self.size) * self.copies

    @property
    def sequences_of_an_epoch(self) -> int:
        """The number of sequences in an epoch; each copy counts."""
        return len(self.items) * self.copies

    def __iter__(self) -> Iterator[np.ndarray]:
        """The batches of an epoch; after an interruption, the remaining ones."""
        if self.batches_done == 0:
            self.generator.shuffle(self.items)
        while self.batches_done < len(self):
            start = self.batches_done * self.size
            self.batches_done += 1
            yield np.tile(self.items[start : start + self.size], self.copies)
        self.batches_done = 0

    def state_dict(self) -> dict[str, Any]:
        """The position in the epoch, for a checkpoint."""
        items = torch.from_numpy(self.items.copy())
        return {"generator": self.generator.bit_generator.state, "items": items, "drawn": self.batches_done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from such a position."""
        self.generator.bit_generator.state = state["generator"]
        self.items, self.batches_done = state["items"].numpy(), state["drawn"]


def check_for_neck(batches: SubjectBatches | ShuffledBatches, network: str) -> None:
    """Refuse batches of one sequence, whose moments a batch-norm neck cannot take.

    Raises:
        ConfigError: a batch of an epoch has a single sequence.
    """
    if isinstance(batches, ShuffledBatches) and batches.smallest == 1:
        raise ConfigError(
            f"training.batch.size is {batches.size}, by which a batch of each epoch of {len(batches.items)} sequences "
            f"has one sequence alone, but the batch-norm neck of {network} needs two or more; set another size, or "
            "copies: 2."
        )


def build_batches(
    subjects: np.ndarray,
    items: np.ndarray,
    batch: BalancedBatch | ShuffledBatch | DrawnBatch,
    generator: np.random.Generator,
) -> SubjectBatches | ShuffledBatches:
    """The batches of a recipe; ``subjects`` (S,) and ``items`` as in :class:`SubjectBatches`."""
    if isinstance(batch, ShuffledBatch):
        return ShuffledBatches(items, batch, generator)
    if isinstance(batch, DrawnBatch):
        return DrawnBatches(subjects, items, batch, generator)
    return BalancedBatches(subjects, items, batch, generator)
