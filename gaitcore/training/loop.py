"""The training loop: batch, augment, forward, loss, backward, update."""

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from gaitcore.artefacts.training_history import COLUMNS
from gaitcore.execution.compute import products_in, wait_for
from gaitcore.execution.gpu_pass import GpuPass
from gaitcore.execution.streaming import windows_source
from gaitcore.execution.training_pass import training_pass
from gaitcore.execution.whole_step import MakeRecorder, Stepping, recorder_of
from gaitcore.modalities import FrameStore
from gaitcore.sampling.training_frames import training_frames
from gaitcore.settings.chosen import ChosenSection
from gaitcore.settings.network import Network
from gaitcore.settings.training import Training
from gaitcore.training.batches import SubjectBatches, build_batches, check_for_neck, training_items
from gaitcore.training.checkpoints import Checkpoints, Stateful
from gaitcore.training.history import BestEpoch, Draws, History, measured
from gaitcore.training.losses import build_loss
from gaitcore.training.optimisation import Optimisation, all_epochs, phase_of
from gaitcore.training.progress import Progress

_STUCK = 1e-4  # how near to the margin a loss is that does not move from it, relative

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingResult:
    """The result of a training run.

    Attributes:
        history: one row per epoch, none where the recipe has no epoch: epoch, loss, learning_rate, mined_triplets,
            spread, seconds, sequences_per_second, and validation_rank1 (empty where there was no validation).
        epoch: the epoch whose weights the model now has, from 1.
        spread: spread of the embeddings at the end of the last epoch, see :func:`gaitcore.training.history.spread`;
            None where there was none.
        collapsed: whether the embeddings are almost one point at the end.
        untrained: whether there was nothing to learn: one subject alone, or a loss of 0 throughout.
        seconds: training time, all sessions of a resumed run together.
        resumed: the steps after which the run was resumed.
        steps: how the steps were run, see :class:`gaitcore.execution.whole_step.Stepping`.
    """

    history: pd.DataFrame
    epoch: int
    spread: float | None
    collapsed: bool
    untrained: bool
    seconds: float
    resumed: list[int]
    steps: str = ""


def train(
    model: nn.Module,
    store: FrameStore,
    sequences: pd.DataFrame,
    settings: Training,
    *,
    augmented: Callable[..., Tensor],
    network: Network,
    seed: int,
    validate: Callable[[nn.Module], float] | None = None,
    checkpoints: Checkpoints | None = None,
    recorder: MakeRecorder | None = None,
    observe: Callable[[Sequence[Mapping[str, Any]]], None] | None = None,
) -> TrainingResult:
    """Train a network in place.

    Args:
        model: (B, T, ...) frames as the store's ``network_input`` -> (B, D) embeddings; on the store's device.
        store: frames of the training sequences only.
        sequences: the training sequences, in the store's order, with subject and condition.
        settings: the recipe.
        augmented: the augmentation of the store's modality, see :mod:`gaitcore.modalities`.
        network: its window length T and the length D of its embeddings.
        seed: seed of sampling and augmentation. Initial weights and dropout come from torch's global generator, which
            the caller seeds.
        validate: network -> validation accuracy, which chooses the epoch; None keeps the last epoch.
        checkpoints: the checkpoints from which the run is resumed and to which it is saved; None for no checkpoints.
        recorder: what records a step as one graph; None for that of the device, which a CPU does not have.
        observe: called after each epoch with all rows of the history so far; it changes nothing.

    Raises:
        ConfigError: a batch has one sequence alone, and the network a batch-norm neck.
        DivergenceError: the loss is not a finite number; the message has epoch, step and learning rate.
        GaitError: a signal ended the run, a checkpoint could not be written, or the GPU has too little memory for a
            batch.
    """
    if not all_epochs(settings):
        log.info("training.epochs is 0: the network stays as it was drawn")
        return TrainingResult(pd.DataFrame(columns=list(COLUMNS)), 0, None, False, False, 0.0, [])
    device = store.device
    recorder = recorder or recorder_of(device)
    as_graph = recorder is not None  # so that nothing in a step is read back to the host
    labels = torch.from_numpy(pd.factorize(sequences["subject"])[0]).to(device)
    items = training_items(sequences, settings.repeat)
    batches = build_batches(labels.cpu().numpy(), items, settings.batch, np.random.default_rng(seed))
    if hasattr(model, "neck"):
        check_for_neck(batches, type(model).__name__)
    generator = torch.Generator(device).manual_seed(seed)
    subjects = int(labels.max()) + 1
    criterion = build_loss(
        settings.loss,
        subjects=subjects,
        embedding_dim=network.embedding_dim,
        parts=getattr(model, "parts", 1),
        neck=hasattr(model, "neck"),
        fixed_shapes=as_graph,
    ).to(device)
    parameters = [*model.parameters(), *criterion.parameters()]
    optimiser = Optimisation(parameters, settings, len(batches), as_tensors=as_graph)
    forward = GpuPass(model) if as_graph else training_pass(model)
    history, best = History(), BestEpoch()
    epochs = all_epochs(settings)
    log.info("training on %d subjects: %d epochs of %d steps, %s", subjects, epochs, len(batches), batches)

    longest = int(store.lengths.max()) if as_graph else None

    def drawn(chosen: Tensor) -> Tensor:
        """Frames of these sequences (B,), (B, T)."""
        reverse = settings.augmentation.reverse
        return training_frames(store.lengths[chosen], network.frames, settings.sampling, reverse, generator, longest)

    windows_of = windows_source(store, drawn, batches.batch_size, network.frames)

    def step(chosen: Tensor) -> Tensor:
        """A step with these sequences (B,); what it measured."""
        windows = augmented(windows_of(chosen), settings.augmentation, store, generator)
        with (
            products_in(settings.precision, device),
            torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"),
        ):
            embeddings = forward(store.network_input(windows)).float()
        loss, triplets = criterion(embeddings, labels[chosen])
        optimiser.zero_grad()
        with products_in(settings.precision, device):
            loss.backward()
        optimiser.update()
        return measured(loss, triplets, embeddings)

    def changed() -> list[Tensor]:
        """Every tensor that a step changes."""
        modules = (model, criterion)
        weights = [tensor for module in modules for tensor in (*module.parameters(), *module.buffers())]
        return [*weights, *optimiser.tensors()]

    steps = epochs * len(batches)
    take_step = Stepping(step, device, recorder, changed, generator, forward, before=windows_of.bring, steps=steps)
    run: dict[str, Stateful] = {
        "model": model,
        "criterion": criterion,
        "optimiser": optimiser,
        "batches": batches,
        "draws": Draws(generator),
        "history": history,
        "best": best,
    }
    if checkpoints:
        checkpoints.resume(run)
    progress = Progress(epochs, len(batches), batches.batch_size, history.steps, partial(wait_for, device))
    with progress:
        for epoch in range(history.epoch, epochs + 1):
            if phase_of(epoch, settings) > optimiser.phase:
                optimiser.begin(phase_of(epoch, settings))
            model.train()
            for batch in batches:
                history.add(take_step(batch), optimiser.learning_rate)
                optimiser.advance()
                progress.step(history.loss)
                if checkpoints:
                    checkpoints.after_step(history.steps, run)
                if checkpoints and history.steps == steps:
                    checkpoints.after_last_step(history.steps, run)
            accuracy = None
            if validate and (epoch % settings.validate_every == 0 or epoch == epochs):
                accuracy = validate(model)
                best.consider(accuracy, epoch, model)
            row = history.close(batches.sequences_of_an_epoch, accuracy)
            progress.epoch(row, triplets=len(batches) * _triplets_of_a_step(criterion, batches))
            if observe:
                observe(history.rows)
    best.restore(model)
    return replace(_result(history, best.epoch or epochs, settings, subjects), steps=take_step.how)


def _triplets_of_a_step(criterion: nn.Module, batches: Iterable[np.ndarray]) -> int:
    """The triplets that can violate the margin; 0 where the loss or the batches do not say how many there are."""
    possible: Callable[[int, int], int] | None = getattr(criterion, "possible", None)
    if possible is None or not isinstance(batches, SubjectBatches):
        return 0
    return possible(batches.subjects, batches.sequences)


def _is_stuck(history: History, loss: ChosenSection) -> bool:
    """Whether the loss of the last epoch is the margin of the triplets: then all embeddings are one point.

    A network without unit length can shrink its embeddings to a point, which their spread, relative to their length,
    does not show.
    """
    if loss.kind != "batch_all_triplet":
        return False
    return math.isclose(history.rows[-1]["loss"], loss.model_dump()["margin"], rel_tol=_STUCK)


def _result(history: History, epoch: int, settings: Training, subjects: int) -> TrainingResult:
    last = history.rows[-1]["spread"]
    distance = math.sqrt(2 * max(last, 0.0))  # root mean square distance of two embeddings over their length
    collapsed = distance < settings.collapse_distance
    if collapsed:
        log.warning(
            "the run has collapsed: two embeddings are typically %.2g of their length apart, less than "
            "training.collapse_distance (%g); they are practically one point and the accuracy is meaningless; lower "
            "training.learning_rate",
            distance,
            settings.collapse_distance,
        )
    elif _is_stuck(history, settings.loss):
        collapsed = True
        log.warning(
            "the run has collapsed: the loss of the last epoch is training.loss.margin (%g), so all embeddings are one "
            "point and the accuracy is meaningless; set training.loss.mining to full, or lower training.learning_rate",
            settings.loss.model_dump()["margin"],
        )
    without_loss = all(row["loss"] == 0 for row in history.rows)
    untrained = subjects < 2 or without_loss
    if untrained:
        log.warning(
            "there was nothing to learn: %s; the weights cannot tell people apart better than random ones and the "
            "accuracy is meaningless; train on more subjects",
            "the loss was 0 in every step" if without_loss else "all training sequences are of one subject",
        )
    return TrainingResult(
        pd.DataFrame(history.rows), epoch, last, collapsed, untrained, history.seconds, history.resumed
    )
