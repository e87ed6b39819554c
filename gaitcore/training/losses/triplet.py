"""Triplet margin loss of mined triplets; miner and loss are pytorch-metric-learning's."""

import torch
import torch.nn.functional as F
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch import Tensor, nn

from gaitcore.settings.values import NotNegative, Positive
from gaitcore.training.losses.fixed_shapes import mined_pairs, violations

TITLE = "triplet loss"

EXACT = "donot_use_mm_for_euclid_dist"  # a matrix product would leave rounding noise between equal embeddings


class Loss(nn.Module):
    """The mean loss of the mined triplets that violate the margin.

    Source: GaitMixer, sections 3.3 and 4.2: multi-similarity miner (cosine), triplet margin loss (Euclidean on unit
    vectors). On a GPU the same loss and the same triplets, up to rounding, are computed with fixed shapes.

    Args:
        miner_epsilon: multi-similarity miner's epsilon (cosine similarity).
        margin: triplet margin, Euclidean distance of unit embeddings.
    """

    fixed_shapes = False

    def __init__(self, *, miner_epsilon: NotNegative, margin: Positive):
        super().__init__()
        self.epsilon, self.margin = miner_epsilon, margin
        self.miner = MultiSimilarityMiner(epsilon=miner_epsilon)
        self.loss = TripletMarginLoss(margin=margin)

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int | Tensor]:
        if self.fixed_shapes:
            return mined_triplet_loss(embeddings, labels, self.epsilon, self.margin)
        mined = self.miner(embeddings, labels)
        return self.loss(embeddings, labels, mined), triplets(mined)


def mined_triplet_loss(embeddings: Tensor, labels: Tensor, epsilon: float, margin: float) -> tuple[Tensor, Tensor]:
    """The loss of mined triplets, and their number, with fixed shapes.

    Args:
        embeddings: (B, D), of any length.
        labels: (B,).
        epsilon: the miner's, cosine similarity.
        margin: Euclidean distance of unit embeddings.
    """
    unit = F.normalize(embeddings)
    with torch.no_grad():
        positive, negative = mined_pairs(unit @ unit.T, labels, epsilon)
    total, violating = violations(torch.cdist(unit, unit, compute_mode=EXACT), positive, negative, margin)
    loss = (total / violating.clamp(min=1)).to(embeddings.dtype)
    return loss, (positive.sum(dim=1) * negative.sum(dim=1)).sum()


def triplets(mined: tuple[Tensor, ...]) -> int:
    """The number of triplets in mined pairs (anchor, positive, anchor, negative): positives x negatives per anchor."""
    anchors_positive, _, anchors_negative, _ = mined
    size = int(torch.cat([anchors_positive, anchors_negative, anchors_positive.new_zeros(1)]).max()) + 1
    positives, negatives = (torch.bincount(a, minlength=size) for a in (anchors_positive, anchors_negative))
    return int((positives * negatives).sum())
