"""Optimiser and learning rate, over the phases of a recipe."""

from collections.abc import Callable, Iterable
from inspect import unwrap
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from gaitcore.errors import ConfigError
from gaitcore.settings.training import Phase, Training
from gaitcore.training.tensor_optimiser import TensorOptimiser


def phases(training: Training) -> tuple[Phase, ...]:
    """The training phases of a recipe, one or two."""
    first = Phase(epochs=training.epochs, learning_rate=training.learning_rate)
    return (first, training.second_phase) if training.second_phase else (first,)


def all_epochs(training: Training) -> int:
    """Epochs of all phases of a recipe together; 0 where it is without training."""
    if not training.epochs:
        return 0
    return sum(phase.epochs for phase in phases(training))


def phase_of(epoch: int, training: Training) -> int:
    """The phase of an epoch, which is counted from 1: 0 or 1."""
    return int(epoch > training.epochs)


def _without_compiler(kind: type[Optimizer]) -> Callable[..., Optimizer]:
    """The optimiser without its guards against torch's compiler, which import it: a second of each run.

    A guard is a decorator of a method. Where no step is compiled it does nothing, but that of ``step`` switches
    gradients off.
    """
    guarded = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
    methods = {name: unwrap(getattr(kind, name)) for name in guarded}
    return type(kind.__name__, (kind,), methods | {"step": torch.no_grad()(unwrap(kind.step))})


_ADAMS = {"adam": _without_compiler(torch.optim.Adam), "adamw": _without_compiler(torch.optim.AdamW)}
_SGD = _without_compiler(torch.optim.SGD)


class Optimisation:
    """Optimiser and schedule of the current phase; :meth:`begin` starts the next phase with new ones.

    Source: GaitMixer, section 4.2: Adam with a one-cycle schedule (Smith and Topin, 2018), PyTorch's. Its form in
    three phases is GaitTR's and GPGait's, steps are OpenGait's.

    A step is an :meth:`update` of the parameters, which may be part of a graph on a GPU, and then :meth:`advance`,
    which sets the rates of the next step.

    Args:
        parameters: the parameters to train.
        settings: the recipe.
        steps: number of steps in an epoch.
        as_tensors: whether the rates are tensors (:mod:`gaitcore.training.tensor_optimiser`).

    Raises:
        ConfigError: the schedule has three phases, and there are too few steps for them.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], settings: Training, steps: int, *, as_tensors: bool = False):
        self.parameters, self.settings, self.steps = list(parameters), settings, steps
        self.on_tensors: TensorOptimiser | None = None
        if as_tensors:
            first = {"rate": settings.learning_rate, "momentum": settings.momentum[1]}
            self.on_tensors = TensorOptimiser(self.parameters, settings.optimiser, decay=settings.weight_decay, **first)
        self.begin(phase=0)

    def begin(self, phase: int) -> None:
        """Start a phase, from 0, with an optimiser at its beginning and a new schedule."""
        self.phase, self.done = phase, 0  # completed steps of this phase
        settings, current = self.settings, self._phase_settings()
        at_peak, at_ends = settings.momentum
        rate, decay = current.learning_rate, settings.weight_decay
        self.optimiser: torch.optim.Optimizer
        if self.on_tensors is not None:
            self.on_tensors.restart(rate, at_ends)
            self.optimiser = self.on_tensors
        elif settings.optimiser == "sgd":
            self.optimiser = _SGD(self.parameters, lr=rate, momentum=at_ends, weight_decay=decay)
        else:
            adam = _ADAMS[settings.optimiser]
            self.optimiser = adam(self.parameters, lr=rate, betas=(at_ends, 0.999), weight_decay=decay)
        self.schedule: torch.optim.lr_scheduler.LRScheduler
        if settings.schedule == "constant":
            self.schedule = torch.optim.lr_scheduler.ConstantLR(self.optimiser, factor=1.0)
        elif settings.schedule == "steps":
            self.schedule = torch.optim.lr_scheduler.MultiStepLR(
                self.optimiser, milestones=list(settings.milestones), gamma=settings.decay
            )
        else:
            if settings.schedule == "three_phases":
                _check_three_phases(settings.warmup, current.epochs * self.steps)
            self.schedule = torch.optim.lr_scheduler.OneCycleLR(
                self.optimiser,
                max_lr=current.learning_rate,
                total_steps=current.epochs * self.steps,
                pct_start=settings.warmup,
                div_factor=settings.start_divisor,
                final_div_factor=settings.end_divisor,
                base_momentum=at_peak,
                max_momentum=at_ends,
                three_phase=settings.schedule == "three_phases",
            )
        self._prepare()

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        return self.optimiser.param_groups[0]["lr"]

    def zero_grad(self) -> None:
        """Reset the gradients."""
        self.optimiser.zero_grad()

    def step(self) -> None:
        """Update the parameters, then the learning rate."""
        self.update()
        self.advance()

    def update(self) -> None:
        """Update the parameters by their gradients."""
        self.optimiser.step()

    def advance(self) -> None:
        """Set the learning rate and the momentum of the next step."""
        self.done += 1
        if self.on_tensors is not None:
            self.on_tensors.count()
        if self.done < self.steps * self._phase_settings().epochs:
            self.schedule.step()
        self._prepare()

    def tensors(self) -> list[torch.Tensor]:
        """What an update changes beside the parameters, if the rates are tensors."""
        return self.on_tensors.tensors() if self.on_tensors is not None else []

    def _prepare(self) -> None:
        if self.on_tensors is not None:
            self.on_tensors.prepare()

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
        self._prepare()

    def _phase_settings(self) -> Phase:
        return phases(self.settings)[self.phase]


def _check_three_phases(warmup: float, steps: int) -> None:
    """Refuse a cycle in which a phase has no step."""
    rise, fall, end = warmup * steps - 1, 2 * warmup * steps - 2, steps - 1
    if not 0 < rise < fall < end:
        raise ConfigError(
            f"training.schedule is three_phases with a warmup of {warmup:g}, but a run has {steps} steps in all, so "
            "that one of its phases has none; train longer, or set a warmup of at most 0.5."
        )
