"""Supervised contrastive loss; the loss of a batch is pytorch-metric-learning's."""

from typing import Literal

from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.losses import SupConLoss
from torch import Tensor, nn

from gaitcore.settings.values import Positive

TITLE = "supervised contrastive loss"


class Loss(nn.Module):
    """Each embedding's positives, those of its subject, against all others of the batch.

    Source: Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020, equation 2; GaitGraph, section 3.3, by
    cosine similarity; GaitGraph2 by Euclidean distance of unit vectors.

    Args:
        temperature: what similarities are divided by.
        base_temperature: the loss is multiplied by the temperature over this; null leaves it as it is.
        similarity: of two embeddings of unit length: cosine, or minus their Euclidean distance.
    """

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
        self.scale = temperature / (base_temperature or temperature)

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int]:
        return self.scale * self.loss(embeddings, labels), 0
