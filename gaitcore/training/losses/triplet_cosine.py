"""Triplet loss before a batch-norm neck, cosine cross entropy behind it, for each part."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.settings.values import NotNegative, Positive, Probability
from gaitcore.training.losses import batch_all_triplet

TITLE = "triplet loss and cosine cross entropy"
PARTS = True
NECK = True


class Loss(nn.Module):
    """The mean triplet loss of the parts before the neck, and the mean cross entropy of the parts behind it.

    Source: OpenGait's DeepGaitV2 and SkeletonGait, FastPoseGait's GPGait: the logits are the cosines of a part and of a
    direction for each subject, times a scale. The directions are this loss's parameters.

    Args:
        margin: triplet margin, Euclidean distance of embeddings before the neck.
        mining: as of batch_all_triplet.
        scale: factor of the cosines.
        smoothing: share of each label that is spread over all subjects.
        weight: weight of the cross entropy; the triplet loss has weight 1.
    """

    def __init__(
        self,
        *,
        subjects: int,
        embedding_dim: int,
        parts: int,
        margin: Positive = 0.2,
        mining: Literal["full", "hard", "hard_violating"] = "full",
        scale: Positive = 16.0,
        smoothing: Probability = 0.1,
        weight: NotNegative = 1.0,
    ):
        super().__init__()
        self.scale, self.smoothing, self.weight = scale, smoothing, weight
        self.triplet = batch_all_triplet.Loss(margin=margin, mining=mining)
        self.directions = nn.Parameter(nn.init.xavier_uniform_(torch.empty(parts, embedding_dim, subjects)))

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        before, behind = embeddings.chunk(2, dim=1)  # (B, parts, D) each
        loss, triplets = self.triplet(before, labels)
        logits = self.scale * self.cosines(behind).flatten(0, 1)  # (B * parts, subjects)
        of_parts = labels.repeat_interleave(behind.shape[1])
        cross_entropy = F.cross_entropy(logits, of_parts, label_smoothing=self.smoothing)
        return loss + self.weight * cross_entropy, triplets

    def cosines(self, behind: Tensor) -> Tensor:
        """(B, parts, D) of unit length -> (B, parts, subjects), from -1 to 1."""
        return (behind.transpose(0, 1) @ F.normalize(self.directions, dim=1)).transpose(0, 1)
