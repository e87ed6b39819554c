"""How long a training run will take, from a few real steps on made-up frames; nothing is trained.

A step is that of :func:`gaitcore.training.loop.train`: batch, frames, input transform, augmentation, forward and
backward pass, loss, optimiser. It is measured on a small batch first, and on larger ones only while they are fast, so
that the answer takes seconds where a step takes minutes; the time of the whole batch is then in proportion.
"""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch

from gaitcore import modalities
from gaitcore.execution.compute import wait_for
from gaitcore.networks import build_model, modality
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.training import BalancedBatch, DrawnBatch, ShuffledBatch, Training
from gaitcore.training.batches import build_batches, training_items
from gaitcore.training.checkpoints import Checkpoints, Parts
from gaitcore.training.loop import train
from gaitcore.training.optimisation import all_epochs
from gaitcore.training.progress import in_words

LONG_ENOUGH = 0.5  # seconds of a step that are measured well
SHORT = 10.0  # seconds of a run that needs no better estimate than that of a small batch
STEPS = 3  # on a batch; the first one also prepares the pass, and the faster one of the others counts
LENGTHS = (61, 110)  # frames of a made-up sequence, about CASIA-B's

Batch = BalancedBatch | DrawnBatch | ShuffledBatch

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StepTime:
    """The time of a training step.

    Attributes:
        seconds: of a step with the whole batch.
        measured: sequences of the batch that was measured; of fewer than ``batch``, the time is in proportion.
        batch: sequences of the whole batch.
    """

    seconds: float
    measured: int
    batch: int

    def of_run(self, steps: int) -> str:
        """On a run of so many steps: "a step takes about 1.9 s, and 80,000 steps about 1 day 18 h"."""
        part = "" if self.measured == self.batch else f" (measured on {self.measured} of {self.batch} sequences)"
        return f"a step takes about {in_words(self.seconds)}{part}, and {steps:,} steps about " + in_words(
            steps * self.seconds
        )


def seconds_per_step(
    network: SystemNetwork, input: Input, training: Training, device: torch.device, steps: float = math.inf
) -> StepTime:
    """Measure a training step of a system, on frames that are made up.

    It takes a few seconds where a step takes less than a second, and on a CPU about a tenth of a step where it takes
    minutes. On a GPU the step is that of a long run, whose network is compiled, which takes about 40 s when it is done
    for the first time. The generators of torch are left as they were. Threads and determinism are those of the process,
    see :func:`gaitcore.execution.compute.prepare`.

    Args:
        network: the arguments the network is built with.
        input: the input channels or transform.
        training: the recipe, whose batch need not be the same as that of a run with fewer subjects.
        device: where the run will be.
        steps: of the run; a short run is measured on the smallest batch alone.

    Raises:
        GaitError: what building or training the network raises.
    """
    sizes = [training.batch] if device.type == "cuda" else [*_sizes(training.batch)]
    whole = _sequences(sizes[-1])
    with torch.random.fork_rng(), _quiet():
        for batch in sizes:
            seconds = _measured(network, input, training.model_copy(update={"batch": batch, **_PLAIN}), device)
            time = StepTime(seconds * whole / _sequences(batch), _sequences(batch), whole)
            if seconds >= LONG_ENOUGH or steps * time.seconds <= SHORT:
                break
    return time


# The measured run has no end, no schedule that would count its steps, and no rate at which its loss becomes infinite.
_PLAIN: dict[str, Any] = {
    "epochs": 100_000,
    "second_phase": None,
    "schedule": "constant",
    "learning_rate": 1e-6,
    "weight_decay": 0.0,
    "milestones": (),
    "repeat": {},
}


def tell(
    network: SystemNetwork, input: Input, training: Training, sequences: pd.DataFrame, device: torch.device
) -> None:
    """Log how long the run will take: on a CPU, where a step may take minutes; a GPU's first steps tell it as well.

    Args:
        network, input, training, device: as in :func:`seconds_per_step`.
        sequences: the training sequences, with subject and condition.
    """
    if device.type == "cpu" and (steps := steps_of_run(training, sequences)):
        log.info(
            "%s, on this machine as it is now; a run that is killed is resumed by the same command",
            seconds_per_step(network, input, training, device, steps).of_run(steps),
        )


def steps_of_run(training: Training, sequences: pd.DataFrame) -> int:
    """The steps of a whole run on these training sequences, which have the columns subject and condition."""
    if not all_epochs(training):
        return 0
    items = training_items(sequences, training.repeat)
    with _quiet():
        batches = build_batches(pd.factorize(sequences["subject"])[0], items, training.batch, np.random.default_rng(0))
    return all_epochs(training) * len(batches)


def _sizes(batch: Batch) -> Iterator[Batch]:
    """Batches of the same kind, each at most four times as large as the one before, up to the whole one."""
    side, part = 2, None
    while part != batch:
        part = _part(batch, side)
        yield part
        side *= 2


def _part(batch: Batch, side: int) -> Batch:
    if isinstance(batch, ShuffledBatch):
        return batch.model_copy(update={"size": min(batch.size, side**2)})
    sides = {"subjects": min(batch.subjects, side), "sequences": min(batch.sequences, side)}
    return batch.model_copy(update=sides)


def _sequences(batch: Batch) -> int:
    if isinstance(batch, ShuffledBatch):
        return batch.size * batch.copies
    return batch.subjects * batch.sequences


def _measured(network: SystemNetwork, input: Input, training: Training, device: torch.device) -> float:
    """Seconds of a step with the recipe's batch."""
    batch = training.batch
    subjects, each = (batch.size, 1) if isinstance(batch, ShuffledBatch) else (batch.subjects, batch.sequences)
    lengths = np.random.default_rng(0).integers(*LENGTHS, subjects * each, endpoint=True)
    frames = modality(network.name)
    store = modalities.part(frames, "store").made_up_store(lengths, input, device)
    sequences = pd.DataFrame({"subject": np.repeat(np.arange(subjects), each), "condition": "nm"})
    model = build_model(**store.network_arguments(), **network.model_dump()).to(device)
    stopwatch = _Stopwatch(device)
    augmented = modalities.part(frames, "augmentation").augmented
    with suppress(_EnoughError):
        train(model, store, sequences, training, augmented=augmented, network=network, seed=0, checkpoints=stopwatch)
    return float(np.diff(stopwatch.times)[1:].min())


class _EnoughError(Exception):
    """Ends the measured run."""


class _Stopwatch(Checkpoints):
    """Stands in the place of the checkpoints: the time after each step, and the end after a few."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(Path(), {}, minutes=0)
        self.device = device
        self.times: list[float] = []

    def resume(self, parts: Parts) -> None:
        self._note()

    def after_step(self, step: int, parts: Parts) -> None:
        self._note()
        if step == STEPS:
            raise _EnoughError

    def after_last_step(self, step: int, parts: Parts) -> None:
        """The measured run has no last step."""

    def _note(self) -> None:
        wait_for(self.device)
        self.times.append(perf_counter())


@contextmanager
def _quiet() -> Iterator[None]:
    """Within the block, nothing is logged: the log of a measured run would be taken for that of the run itself."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
