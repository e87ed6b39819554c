"""The training loop: batch, augment, forward, mine, loss, step.

Source: GaitMixer, sections 3.3 and 4.2. Miner and loss are pytorch-metric-learning's: multi-similarity miner (cosine),
triplet margin loss (Euclidean on unit vectors), the mean over the non-zero triplets.
"""

import copy
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch import Tensor, nn

from gaitcore.config import Training
from gaitcore.errors import GaitError
from gaitcore.progress import Progress
from gaitcore.training.augmentation import augmented_windows
from gaitcore.training.batches import BalancedBatches, training_items
from gaitcore.windows import FrameStore, normalise

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingResult:
    """What a training run leaves behind.

    Attributes:
        history: one row per epoch: epoch, loss, learning_rate, mined_triplets, spread, seconds, sequences_per_second,
            and validation_rank1 (empty where there was no validation).
        epoch: the epoch whose weights the model now has, from 1.
        spread: how far the embeddings were apart in the last epoch, see :func:`spread`.
        collapsed: whether they ended as one point.
    """

    history: pd.DataFrame
    epoch: int
    spread: float
    collapsed: bool


def train(
    model: nn.Module,
    store: FrameStore,
    sequences: pd.DataFrame,
    settings: Training,
    *,
    frames: int,
    seed: int,
    validate: Callable[[nn.Module], float] | None = None,
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

    Raises:
        GaitError: the loss is not a finite number; the message gives epoch, step and learning rate.
    """
    device = store.keypoints.device
    labels = torch.from_numpy(pd.factorize(sequences["subject"])[0]).to(device)
    items = training_items(sequences, settings.repeat)
    batches = BalancedBatches(labels.cpu().numpy(), items, settings.batch, np.random.default_rng(seed))
    generator = torch.Generator(device).manual_seed(seed)
    miner = MultiSimilarityMiner(epsilon=settings.miner_epsilon)
    loss_of = TripletMarginLoss(margin=settings.margin)
    optimiser, schedule = _optimiser(model, settings, steps=settings.epochs * len(batches))
    best = _Best(validate, settings)
    _announce(batches, settings)

    history = []
    with Progress(settings.epochs, len(batches), batches.batch_size) as progress:
        for epoch in range(1, settings.epochs + 1):
            record = _EpochRecord(epoch, optimiser)
            model.train()
            for step, batch in enumerate(batches, 1):
                chosen = torch.from_numpy(batch).to(device)
                poses = augmented_windows(store, chosen, frames, settings.augmentation, generator)
                embeddings = model(normalise(poses, store.frame_width))
                mined = miner(embeddings, labels[chosen])
                loss = loss_of(embeddings, labels[chosen], mined)
                record.add(loss, mined, embeddings, step)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                progress.step(loss)
            history.append(record.row(len(batches) * batches.batch_size) | best.consider(model, epoch))
            progress.epoch(history[-1])
    best.restore(model)
    return _result(history, best.epoch or settings.epochs, settings)


def spread(embeddings: Tensor) -> float:
    """How far apart (B, D) unit embeddings are: 0 if all are one point, 1 if they have no direction in common.

    It is their total variance, the mean of |z - mean z|^2, which for unit vectors equals 1 - |mean z|^2.
    """
    return 1.0 - embeddings.detach().double().mean(dim=0).square().sum().item()


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


class _EpochRecord:
    """Sums over the steps of an epoch, and its row of the history."""

    def __init__(self, epoch: int, optimiser: torch.optim.Optimizer):
        self.epoch, self.optimiser = epoch, optimiser
        self.losses: list[float] = []
        self.triplets = 0
        self.spread = self.learning_rate = 0.0  # of the last step
        self.started = perf_counter()

    def add(self, loss: Tensor, mined: tuple[Tensor, ...], embeddings: Tensor, step: int) -> None:
        value, self.learning_rate = loss.item(), self.optimiser.param_groups[0]["lr"]
        if not math.isfinite(value):
            raise GaitError(
                f"The loss became {value} in epoch {self.epoch}, step {step}, at a learning rate of "
                f"{self.learning_rate:.2g}; lower training.learning_rate, or look for impossible coordinates in the "
                "poses."
            )
        self.losses.append(value)
        self.triplets += _triplets(mined)
        self.spread = spread(embeddings)

    def row(self, sequences: int) -> dict:
        seconds = perf_counter() - self.started
        return {
            "epoch": self.epoch,
            "loss": float(np.mean(self.losses)),
            "learning_rate": self.learning_rate,
            "mined_triplets": self.triplets,
            "spread": self.spread,
            "seconds": round(seconds, 3),
            "sequences_per_second": round(sequences / seconds, 1),
        }


def _triplets(mined: tuple[Tensor, ...]) -> int:
    """Triplets that mined pairs (anchor, positive, anchor, negative) stand for: positives x negatives per anchor."""
    anchors_positive, _, anchors_negative, _ = mined
    size = int(torch.cat([anchors_positive, anchors_negative, anchors_positive.new_zeros(1)]).max()) + 1
    positives, negatives = (torch.bincount(a, minlength=size) for a in (anchors_positive, anchors_negative))
    return int((positives * negatives).sum())


class _Best:
    """The weights of the epoch with the best validation accuracy, where a validation chooses it."""

    def __init__(self, validate: Callable[[nn.Module], float] | None, settings: Training):
        self.validate, self.settings = validate, settings
        self.epoch: int | None = None
        self.accuracy = -1.0
        self.weights: dict | None = None

    def consider(self, model: nn.Module, epoch: int) -> dict:
        due = epoch % self.settings.validate_every == 0 or epoch == self.settings.epochs
        if self.validate is None or not due:
            return {"validation_rank1": None}
        accuracy = self.validate(model)
        if accuracy > self.accuracy:
            self.epoch, self.accuracy = epoch, accuracy
            self.weights = copy.deepcopy(model.state_dict())
        return {"validation_rank1": accuracy}

    def restore(self, model: nn.Module) -> None:
        if self.weights is not None:
            model.load_state_dict(self.weights)


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


def _result(history: list[dict], epoch: int, settings: Training) -> TrainingResult:
    last = history[-1]["spread"]
    collapsed = last < settings.collapse_spread
    if collapsed:
        log.warning(
            "the run has collapsed: the embeddings spread only %.2g (below training.collapse_spread %.2g), they are "
            "practically one point and its accuracy means nothing; lower training.learning_rate",
            last,
            settings.collapse_spread,
        )
    return TrainingResult(pd.DataFrame(history), epoch, last, collapsed)
