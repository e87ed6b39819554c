"""The losses of the systems: embeddings and labels of a batch in, one number out.

Miner, triplet and contrastive loss are pytorch-metric-learning's.
"""

import torch
import torch.nn.functional as F
from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.losses import SupConLoss, TripletMarginLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch import Tensor, nn

from gaitcore.settings import training as config


class TripletLoss(nn.Module):
    """Mined triplets, the mean over those that violate the margin.

    Source: GaitMixer, sections 3.3 and 4.2: multi-similarity miner (cosine), triplet margin loss (Euclidean on unit
    vectors).
    """

    def __init__(self, settings: config.TripletLoss):
        super().__init__()
        self.miner = MultiSimilarityMiner(epsilon=settings.miner_epsilon)
        self.loss = TripletMarginLoss(margin=settings.margin)

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int]:
        mined = self.miner(embeddings, labels)
        return self.loss(embeddings, labels, mined), triplets(mined)


class SupervisedContrastiveLoss(nn.Module):
    """Each embedding's positives against all others of the batch.

    Source: Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, equation 2; GaitGraph, section 3.3, by
    cosine similarity; GaitGraph2 by Euclidean distance of unit vectors.
    """

    def __init__(self, settings: config.SupervisedContrastiveLoss):
        super().__init__()
        distance = CosineSimilarity() if settings.similarity == "cosine" else LpDistance()
        self.loss = SupConLoss(settings.temperature, distance=distance)
        self.scale = settings.temperature / (settings.base_temperature or settings.temperature)

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int]:
        return self.scale * self.loss(embeddings, labels), 0


class SoftmaxCentreLoss(nn.Module):
    """Cross entropy of a linear classifier, and the squared distance of each embedding from its subject's centre.

    Source: PoseGait, section 3.4; Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition",
    ECCV 2016, equations 3 to 5: a step moves the centre of a subject with n embeddings in the batch by ``centre_rate``
    times their summed difference over n + 1.
    """

    def __init__(self, settings: config.SoftmaxCentreLoss, subjects: int, embedding_dim: int):
        super().__init__()
        self.weight, self.rate = settings.centre_weight, settings.centre_rate
        self.classifier = nn.Linear(embedding_dim, subjects)
        self.register_buffer("centres", torch.zeros(subjects, embedding_dim))

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int]:
        difference = embeddings - self.centres[labels]
        loss = F.cross_entropy(self.classifier(embeddings), labels)
        loss = loss + self.weight * difference.square().sum(dim=1).mean() / 2
        self._move(difference.detach(), labels)
        return loss, 0

    def _move(self, difference: Tensor, labels: Tensor) -> None:
        of_subject = F.one_hot(labels, len(self.centres)).to(difference.dtype)  # (B, subjects)
        self.centres += self.rate * (of_subject.T @ difference) / (1 + of_subject.sum(dim=0))[:, None]


def build_loss(
    settings: config.TripletLoss | config.SupervisedContrastiveLoss | config.SoftmaxCentreLoss,
    *,
    subjects: int,
    embedding_dim: int,
) -> nn.Module:
    """The loss a recipe asks for.

    It takes embeddings (B, embedding_dim) and labels (B,), from 0, and gives the loss and the number of triplets it
    was taken over (0 where there are none). Its parameters, if any, are trained with the network's; they are drawn
    from torch's global generator.
    """
    match settings:
        case config.TripletLoss():
            return TripletLoss(settings)
        case config.SupervisedContrastiveLoss():
            return SupervisedContrastiveLoss(settings)
        case config.SoftmaxCentreLoss():
            return SoftmaxCentreLoss(settings, subjects, embedding_dim)


def triplets(mined: tuple[Tensor, ...]) -> int:
    """Triplets that mined pairs (anchor, positive, anchor, negative) stand for: positives x negatives per anchor."""
    anchors_positive, _, anchors_negative, _ = mined
    size = int(torch.cat([anchors_positive, anchors_negative, anchors_positive.new_zeros(1)]).max()) + 1
    positives, negatives = (torch.bincount(a, minlength=size) for a in (anchors_positive, anchors_negative))
    return int((positives * negatives).sum())
