"""Records of a training run: one row per epoch, the sums of the current epoch, and the best epoch so far."""

import copy
import math
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gaitcore.errors import DivergenceError

_NOT_KEPT = {"since", "_unread"}  # attributes of a history that no checkpoint holds


def measured(loss: Tensor, triplets: int | Tensor, embeddings: Tensor) -> Tensor:
    """(3,) float64, where the embeddings are: a step's loss, its number of triplets, the spread of its embeddings."""
    number = triplets if isinstance(triplets, Tensor) else torch.full_like(loss, triplets, dtype=torch.float64)
    return torch.stack([loss.detach().double(), number.detach().double(), _spread(embeddings)])


class History:
    """The completed epochs, and sums over the steps of the current one.

    What a step on a GPU measured stays there until it is needed: at the end of the epoch, or for a checkpoint.

    Attributes:
        rows: the rows of training.csv, one per completed epoch.
        steps: the number of completed steps, over all epochs.
        seconds: computing time so far, all sessions of an interrupted run together.
        resumed: the steps after which the run was resumed.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.steps = 0
        self.seconds = 0.0
        self.resumed: list[int] = []
        self._unread: list[tuple[Tensor, float]] = []
        self._begin()

    def _begin(self) -> None:
        self.losses: list[float] = []
        self.triplets = 0
        self.spread = self.learning_rate = self.epoch_seconds = 0.0  # spread and rate: of the last step
        self.since = perf_counter()

    @property
    def epoch(self) -> int:
        """The number of the current epoch, from 1."""
        return len(self.rows) + 1

    @property
    def loss(self) -> float:
        """The last step's loss, or what is known: on a GPU the mean of the last epoch, and NaN in the first one."""
        if self.losses:
            return self.losses[-1]
        return self.rows[-1]["loss"] if self.rows else math.nan

    def add(self, step: Tensor, learning_rate: float) -> None:
        """Add a step to the current epoch; ``step`` is what :func:`measured` gives.

        Raises:
            DivergenceError: the loss is not a finite number. On a GPU this is noticed when the losses are read.
        """
        self.steps += 1
        self._unread.append((step, learning_rate))
        if step.device.type == "cpu":
            self._read()

    def _read(self) -> None:
        if not self._unread:
            return
        steps, rates = zip(*self._unread, strict=True)
        self._unread.clear()
        for (loss, triplets, of_embeddings), rate in zip(torch.stack(steps).tolist(), rates, strict=True):
            if not math.isfinite(loss):
                raise DivergenceError(
                    f"The loss became {loss} in epoch {self.epoch}, step {len(self.losses) + 1}, at a learning rate of "
                    f"{rate:.2g}; lower training.learning_rate, or look for impossible coordinates in the poses."
                )
            self.losses.append(loss)
            self.triplets += int(triplets)
            self.spread, self.learning_rate = of_embeddings, rate

    def close(self, sequences: int, validation_rank1: float | None) -> dict[str, Any]:
        """End the current epoch and return its row.

        Args:
            sequences: the number of sequences trained on in it; one that was drawn twice counts twice.
            validation_rank1: fraction; None if it was not measured after this epoch.

        Raises:
            DivergenceError: the loss of a step was not a finite number.
        """
        self._read()
        self._tick()
        row = {
            "epoch": self.epoch,
            "loss": float(np.mean(self.losses)),
            "learning_rate": self.learning_rate,
            "mined_triplets": self.triplets,
            "spread": self.spread,
            "seconds": round(self.epoch_seconds, 3),
            "sequences_per_second": round(sequences / self.epoch_seconds, 1),
            "validation_rank1": validation_rank1,
        }
        self.rows.append(row)
        self._begin()
        return row

    def _tick(self) -> None:
        now = perf_counter()
        self.epoch_seconds += now - self.since
        self.seconds += now - self.since
        self.since = now

    def state_dict(self) -> dict[str, Any]:
        """All of it, for a checkpoint.

        Raises:
            DivergenceError: the loss of a step was not a finite number.
        """
        self._read()
        self._tick()
        return {name: value for name, value in vars(self).items() if name not in _NOT_KEPT}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from such a state; raises ValueError for any other."""
        _update(self, state, vars(self).keys() - _NOT_KEPT)
        self.resumed = [*self.resumed, self.steps]
        self.since = perf_counter()


class BestEpoch:
    """The weights of the epoch with the best validation accuracy, where the epoch is chosen by validation."""

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.accuracy = -1.0
        self.weights: dict[str, Any] | None = None

    def consider(self, accuracy: float, epoch: int, model: nn.Module) -> None:
        """Keep a copy of the network's weights after an epoch if its accuracy is the best so far."""
        if accuracy > self.accuracy:
            self.epoch, self.accuracy = epoch, accuracy
            self.weights = copy.deepcopy(model.state_dict())

    def restore(self, model: nn.Module) -> None:
        """Load the best epoch's weights into the network, if an epoch was chosen."""
        if self.weights is not None:
            model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """The best so far, for a checkpoint."""
        return {"epoch": self.epoch, "accuracy": self.accuracy, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from such a state; raises ValueError for any other."""
        _update(self, state, set(vars(self)))


class Draws:
    """torch's random generators in a run: that of the augmentation, and the global ones (dropout)."""

    def __init__(self, augmentation: torch.Generator):
        self.augmentation = augmentation

    def state_dict(self) -> dict[str, Any]:
        """Their states, for a checkpoint."""
        on_gpu = torch.cuda.get_rng_state() if self.augmentation.device.type == "cuda" else None
        return {"augmentation": self.augmentation.get_state(), "cpu": torch.get_rng_state(), "cuda": on_gpu}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from such a state."""
        self.augmentation.set_state(state["augmentation"])
        torch.set_rng_state(state["cpu"])
        if state["cuda"] is not None:
            torch.cuda.set_rng_state(state["cuda"])


def _update(part: object, state: dict[str, Any], names: set[str]) -> None:
    """Set these attributes of a part, whose types do not change."""
    current = vars(part)
    if set(state) != names:
        raise ValueError(f"{', '.join(sorted(set(state) ^ names))}")
    for name, value in state.items():
        if current[name] is not None and not isinstance(value, type(current[name])):
            raise ValueError(f"{name} is a {type(value).__name__}")
    current.update(state)


def spread(embeddings: Tensor) -> float:
    """How far apart embeddings, (B, D) or (B, parts, D), are.

    0 if all are one point (0, too), 1 if they have no direction in common. It is their total variance, the mean of
    |z - mean z|^2, over the mean of |z|^2: for unit vectors 1 - |mean z|^2.
    """
    return _spread(embeddings).item()


def _spread(embeddings: Tensor) -> Tensor:
    z = embeddings.detach().double().flatten(1)
    size = z.square().sum(dim=1).mean()
    apart = 1.0 - z.mean(dim=0).square().sum() / size
    return torch.where(size > 0, apart, torch.zeros_like(apart))
