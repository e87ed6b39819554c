"""Triplet margin loss of mined triplets; miner and loss are pytorch-metric-learning's."""

import torch
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch import Tensor, nn

from gaitcore.settings.values import NotNegative, Positive

TITLE = "triplet loss"


class Loss(nn.Module):
    """The mean loss of the mined triplets that violate the margin.

    Source: GaitMixer, sections 3.3 and 4.2: multi-similarity miner (cosine), triplet margin loss (Euclidean on unit
    vectors).

    Args:
        miner_epsilon: multi-similarity miner's epsilon (cosine similarity).
        margin: triplet margin, Euclidean distance of unit embeddings.
    """

    def __init__(self, *, miner_epsilon: NotNegative, margin: Positive):
        super().__init__()
        self.miner = MultiSimilarityMiner(epsilon=miner_epsilon)
        self.loss = TripletMarginLoss(margin=margin)

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int]:
        mined = self.miner(embeddings, labels)
        return self.loss(embeddings, labels, mined), triplets(mined)


def triplets(mined: tuple[Tensor, ...]) -> int:
    """The number of triplets in mined pairs (anchor, positive, anchor, negative): positives x negatives per anchor."""
    anchors_positive, _, anchors_negative, _ = mined
    size = int(torch.cat([anchors_positive, anchors_negative, anchors_positive.new_zeros(1)]).max()) + 1
    positives, negatives = (torch.bincount(a, minlength=size) for a in (anchors_positive, anchors_negative))
    return int((positives * negatives).sum())
