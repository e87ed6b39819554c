"""Optimiser and learning rate, over the phases of a recipe."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from gaitcore.settings.training import Phase, Training


def phases(training: Training) -> tuple[Phase, ...]:
    """The training phases of a recipe, one or two."""
    first = Phase(epochs=training.epochs, learning_rate=training.learning_rate)
    return (first, training.second_phase) if training.second_phase else (first,)


def all_epochs(training: Training) -> int:
    """Epochs of all phases of a recipe together."""
    return sum(phase.epochs for phase in phases(training))


def phase_of(epoch: int, training: Training) -> int:
    """The phase that an epoch, counted from 1, belongs to: 0 or 1."""
    return int(epoch > training.epochs)


_OPTIMISERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


class Optimisation:
    """Optimiser and schedule of the phase under way; :meth:`begin` starts the next phase with new ones.

    Source: GaitMixer, section 4.2: Adam with a one-cycle schedule (Smith and Topin, 2018), PyTorch's.

    Args:
        parameters: what is trained.
        settings: the recipe.
        steps: in an epoch.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], settings: Training, steps: int):
        self.parameters, self.settings, self.steps = list(parameters), settings, steps
        self.begin(phase=0)

    def begin(self, phase: int) -> None:
        """Start a phase, from 0, with a new optimiser and a new schedule."""
        self.phase, self.done = phase, 0  # steps of this phase
        settings, now = self.settings, self._settings_of_phase()
        at_peak, at_ends = settings.momentum
        self.optimiser = _OPTIMISERS[settings.optimiser](
            self.parameters, lr=now.learning_rate, betas=(at_ends, 0.999), weight_decay=settings.weight_decay
        )
        if settings.schedule == "constant":
            self.schedule = torch.optim.lr_scheduler.ConstantLR(self.optimiser, factor=1.0)
        else:
            self.schedule = torch.optim.lr_scheduler.OneCycleLR(
                self.optimiser,
                max_lr=now.learning_rate,
                total_steps=now.epochs * self.steps,
                pct_start=settings.warmup,
                div_factor=settings.start_divisor,
                final_div_factor=settings.end_divisor,
                base_momentum=at_peak,
                max_momentum=at_ends,
            )

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        return self.optimiser.param_groups[0]["lr"]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self.optimiser.zero_grad()

    def step(self) -> None:
        """Move the parameters along their gradients, then the learning rate along its schedule."""
        self.optimiser.step()
        self.done += 1
        if self.done < self.steps * self._settings_of_phase().epochs:
            self.schedule.step()

    def state_dict(self) -> dict[str, Any]:
        """State for a checkpoint."""
        parts = {"optimiser": self.optimiser.state_dict(), "schedule": self.schedule.state_dict()}
        return {"phase": self.phase, "done": self.done, **parts}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from the state of a checkpoint."""
        self.begin(state["phase"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.done = state["done"]

    def _settings_of_phase(self) -> Phase:
        return phases(self.settings)[self.phase]
