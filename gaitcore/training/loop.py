"""The training loop: batch, augment, forward, mine, loss, step.

Source: GaitMixer, sections 3.3 and 4.2. Miner and loss are pytorch-metric-learning's: multi-similarity miner (cosine),
triplet margin loss (Euclidean on unit vectors), the mean over the non-zero triplets.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch import nn

from gaitcore.config import Training
from gaitcore.progress import Progress
from gaitcore.training.augmentation import augmented_windows
from gaitcore.training.batches import BalancedBatches, training_items
from gaitcore.training.checkpoints import Checkpoints
from gaitcore.training.history import BestEpoch, Draws, History
from gaitcore.windows import FrameStore, normalise

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingResult:
    """What a training run leaves behind.

    Attributes:
        history: one row per epoch: epoch, loss, learning_rate, mined_triplets, spread, seconds, sequences_per_second,
            and validation_rank1 (empty where there was no validation).
        epoch: the epoch whose weights the model now has, from 1.
        spread: how far the embeddings were apart in the last epoch, see :func:`gaitcore.training.history.spread`.
        collapsed: whether they ended as one point.
        seconds: of training, all sessions of a resumed run together.
        resumed: the steps after which the run was taken up again.
    """

    history: pd.DataFrame
    epoch: int
    spread: float
    collapsed: bool
    seconds: float
    resumed: list[int]


def train(
    model: nn.Module,
    store: FrameStore,
    sequences: pd.DataFrame,
    settings: Training,
    *,
    frames: int,
    seed: int,
    validate: Callable[[nn.Module], float] | None = None,
    checkpoints: Checkpoints | None = None,
) -> TrainingResult:
    """Train a network in place.

    Args:
        model: (B, T, 17, 2) normalised poses -> (B, D) unit embeddings; on the store's device.
        store: frames of the training sequences, and of nothing else.
        sequences: the training sequences, in the store's order, with subject and condition.
        settings: the recipe.
        frames: window length T.
        seed: of sampling and augmentation. Fresh weights and dropout come from torch's global generator, which the
            caller seeds.
        validate: gives the validation accuracy that chooses the epoch; None keeps the last epoch.
        checkpoints: where the run is resumed from and saved to; None does neither.

    Raises:
        GaitError: the loss is not a finite number; the message gives epoch, step and learning rate. Or the run was
            asked to end, or a checkpoint could not be written.
    """
    device = store.keypoints.device
    labels = torch.from_numpy(pd.factorize(sequences["subject"])[0]).to(device)
    items = training_items(sequences, settings.repeat)
    batches = BalancedBatches(labels.cpu().numpy(), items, settings.batch, np.random.default_rng(seed))
    generator = torch.Generator(device).manual_seed(seed)
    miner = MultiSimilarityMiner(epsilon=settings.miner_epsilon)
    loss_of = TripletMarginLoss(margin=settings.margin)
    optimiser, schedule = _optimiser(model, settings, steps=settings.epochs * len(batches))
    history, best = History(), BestEpoch(validate, settings)
    _announce(batches, settings)

    run = {"model": model, "optimiser": optimiser, "schedule": schedule, "batches": batches}
    run |= {"draws": Draws(generator), "history": history, "best": best}
    if checkpoints:
        checkpoints.resume(run)
    with Progress(settings.epochs, len(batches), batches.batch_size, done=history.steps) as progress:
        for epoch in range(history.epoch, settings.epochs + 1):
            model.train()
            for batch in batches:
                chosen = torch.from_numpy(batch).to(device)
                poses = augmented_windows(store, chosen, frames, settings.augmentation, generator)
                with torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16"):
                    embeddings = model(normalise(poses, store.frame_width)).float()
                mined = miner(embeddings, labels[chosen])
                loss = loss_of(embeddings, labels[chosen], mined)
                history.add(loss, mined, embeddings, learning_rate=schedule.get_last_lr()[0])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                progress.step(loss)
                if checkpoints:
                    checkpoints.after_step(history.steps, run)
            progress.epoch(history.close(len(batches) * batches.batch_size, best.consider(model, epoch)))
    best.restore(model)
    return _result(history, best.epoch or settings.epochs, settings)


def _optimiser(model: nn.Module, settings: Training, steps: int):
    at_peak, at_ends = settings.momentum
    optimiser = torch.optim.Adam(
        model.parameters(), lr=settings.learning_rate, betas=(at_ends, 0.999), weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        max_lr=settings.learning_rate,
        total_steps=steps,
        pct_start=settings.warmup,
        div_factor=settings.start_divisor,
        final_div_factor=settings.end_divisor,
        base_momentum=at_peak,
        max_momentum=at_ends,
    )
    return optimiser, schedule


def _announce(batches: BalancedBatches, settings: Training) -> None:
    log.info(
        "training on %d subjects: %d epochs of %d steps, batches of %d sequences (%d subjects x %d)",
        len(batches.rows),
        settings.epochs,
        len(batches),
        batches.batch_size,
        batches.subjects,
        batches.sequences,
    )
    if batches.subjects < settings.batch.subjects:
        log.warning(
            "the batch asks for %d subjects and there are %d: every batch holds all of them",
            settings.batch.subjects,
            batches.subjects,
        )


def _result(history: History, epoch: int, settings: Training) -> TrainingResult:
    last = history.rows[-1]["spread"]
    distance = math.sqrt(2 * max(last, 0.0))  # of two embeddings, the root of the mean square
    collapsed = distance < settings.collapse_margins * settings.margin
    if collapsed:
        log.warning(
            "the run has collapsed: two embeddings are typically %.2g apart, less than training.collapse_margins (%g) "
            "times the margin of %g; they are practically one point and its accuracy means nothing; lower "
            "training.learning_rate",
            distance,
            settings.collapse_margins,
            settings.margin,
        )
    return TrainingResult(pd.DataFrame(history.rows), epoch, last, collapsed, history.seconds, history.resumed)
