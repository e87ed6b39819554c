"""Softmax and centre loss."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.settings.values import NotNegative, Probability

TITLE = "softmax and centre loss"


class Loss(nn.Module):
    """Cross entropy of a linear classifier, and the squared distance of each embedding from its subject's centre.

    Source: PoseGait, section 3.4; Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition",
    ECCV 2016, equations 3 to 5: a step moves the centre of a subject with n embeddings in the batch by ``centre_rate``
    times their summed difference over n + 1.

    Args:
        centre_weight: weight of the squared distance from the centre; the cross entropy has weight 1.
        centre_rate: the share of the way that a step moves a centre towards the batch's embeddings.
    """

    centres: Tensor  # (subjects, embedding_dim)

    def __init__(self, *, subjects: int, embedding_dim: int, centre_weight: NotNegative, centre_rate: Probability):
        super().__init__()
        self.weight, self.rate = centre_weight, centre_rate
        self.classifier = nn.Linear(embedding_dim, subjects)
        self.register_buffer("centres", torch.zeros(subjects, embedding_dim))

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int]:
        difference = embeddings - self.centres[labels]
        loss = F.cross_entropy(self.classifier(embeddings), labels)
        loss = loss + self.weight * difference.square().sum(dim=1).mean() / 2
        self._move(difference.detach(), labels)
        return loss, 0

    def _move(self, difference: Tensor, labels: Tensor) -> None:
        subjects = torch.arange(len(self.centres), device=labels.device)
        membership = (labels[:, None] == subjects).to(difference.dtype)  # (B, subjects)
        self.centres += self.rate * (membership.T @ difference) / (1 + membership.sum(dim=0))[:, None]
