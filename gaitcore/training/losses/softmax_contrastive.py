"""Softmax and contrastive loss."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.settings.values import NotNegative, Positive
from gaitcore.training.losses.fixed_shapes import pairs

TITLE = "softmax and contrastive loss"

EXACT = "donot_use_mm_for_euclid_dist"  # a matrix product would leave rounding noise between equal embeddings


class Loss(nn.Module):
    """Cross entropy of a linear classifier, and the contrastive loss of all pairs of a batch.

    Source: Hadsell, Chopra, LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", CVPR 2006, equation 4:
    half the squared Euclidean distance of a pair of one subject; half the square of what a pair of two subjects lacks
    of the margin. Here the mean over pairs of one subject plus the mean over pairs of two.

    Args:
        contrastive_weight: weight of the contrastive loss; the cross entropy has weight 1.
        margin: distance from which a pair of two subjects costs nothing.
    """

    fixed_shapes = False

    def __init__(
        self, *, subjects: int, embedding_dim: int, contrastive_weight: NotNegative = 1.0, margin: Positive = 1.0
    ):
        super().__init__()
        self.weight, self.margin = contrastive_weight, margin
        self.classifier = nn.Linear(embedding_dim, subjects)

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int]:
        contrastive = (self._masked if self.fixed_shapes else self._of_pairs)(embeddings, labels)
        return F.cross_entropy(self.classifier(embeddings), labels) + self.weight * contrastive, 0

    def _of_pairs(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The contrastive loss: the mean over pairs of one subject plus the mean over pairs of two."""
        first, second = torch.triu_indices(len(labels), len(labels), 1, device=labels.device)
        distances = torch.cdist(embeddings, embeddings, compute_mode=EXACT)[first, second]
        same = labels[first] == labels[second]
        near, far = distances[same].square() / 2, F.relu(self.margin - distances[~same]).square() / 2
        return near.sum() / max(len(near), 1) + far.sum() / max(len(far), 1)

    def _masked(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The contrastive loss, up to rounding, with fixed shapes: each pair is twice in the sums."""
        distances = torch.cdist(embeddings, embeddings, compute_mode=EXACT)
        same, other = pairs(labels)
        near, far = distances.square() / 2 * same, F.relu(self.margin - distances).square() / 2 * other
        return near.sum() / same.sum().clamp(min=1) + far.sum() / other.sum().clamp(min=1)
