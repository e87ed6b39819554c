"""Supervised contrastive loss; the loss of a batch is pytorch-metric-learning's."""

from typing import Literal

import torch
import torch.nn.functional as F
from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.losses import SupConLoss
from torch import Tensor, nn

from gaitcore.settings.values import Positive
from gaitcore.training.losses.fixed_shapes import contrastive

TITLE = "supervised contrastive loss"

EXACT = "donot_use_mm_for_euclid_dist"  # a matrix product would leave rounding noise between equal embeddings


class Loss(nn.Module):
    """Contrast of each embedding's positives, those of its subject, with all others of the batch.

    Source: Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, equation 2; GaitGraph, section 3.3, by
    cosine similarity; GaitGraph2 by Euclidean distance of unit vectors. On a GPU the same loss, up to rounding, is
    computed with fixed shapes.

    Args:
        temperature: divisor of the similarities.
        base_temperature: the loss is multiplied by temperature / base_temperature; null does not scale it.
        similarity: cosine, or the negative Euclidean distance of two embeddings of unit length.
    """

    fixed_shapes = False

    def __init__(
        self,
        *,
        temperature: Positive,
        base_temperature: Positive | None = None,
        similarity: Literal["cosine", "euclidean"],
    ):
        super().__init__()
        distance = CosineSimilarity() if similarity == "cosine" else LpDistance()
        self.loss = SupConLoss(temperature, distance=distance)
        self.temperature, self.similarity = temperature, similarity
        self.scale = temperature / (base_temperature or temperature)

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int]:
        if self.fixed_shapes:
            return self.scale * contrastive(self._similarities(embeddings), labels, self.temperature), 0
        return self.scale * self.loss(embeddings, labels), 0

    def _similarities(self, embeddings: Tensor) -> Tensor:
        unit = F.normalize(embeddings)
        return unit @ unit.T if self.similarity == "cosine" else -torch.cdist(unit, unit, compute_mode=EXACT)
