"""Triplet loss over all triplets of a batch, for each part on its own."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gaitcore.settings.values import Positive

TITLE = "batch-all triplet loss"
PARTS = True

EXACT = "donot_use_mm_for_euclid_dist"  # a matrix product would leave rounding noise between equal embeddings


class Loss(nn.Module):
    """The loss of each part over the triplets of a batch, and the mean over parts; embeddings (B, parts, D) or (B, D).

    Source: Hermans, Beyer, Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017, section 2, as
    GaitSet's published code has it: Euclidean distance of embeddings as they are, and the anchor itself is one of its
    positives, at distance 0.

    Args:
        margin: triplet margin, Euclidean distance of embeddings as they are.
        mining: "full", the mean over triplets that violate the margin; "hard", one triplet of each anchor, the hardest
            (GaitSet); "hard_violating", the mean over those of them that violate the margin (FastPoseGait).
    """

    def __init__(self, *, margin: Positive = 0.2, mining: Literal["full", "hard", "hard_violating"] = "full"):
        super().__init__()
        self.margin, self.mining = margin, mining
        self.parts = 0  # of the last batch

    def forward(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, int]:
        labels, order = labels.sort(stable=True)  # the sequences of a subject lie side by side
        parts = embeddings[order].reshape(len(labels), -1, embeddings.shape[-1]).transpose(0, 1)  # (parts, B, D)
        self.parts = len(parts)
        distances = torch.cdist(parts, parts, compute_mode=EXACT)  # (parts, B, B)
        total, triplets = (self._full if self.mining == "full" else self._hard)(distances, labels)  # (parts,) each
        return (total / triplets.clamp(min=1)).mean(), int(triplets.sum())

    def possible(self, subjects: int, sequences: int) -> int:
        """The number of triplets of a batch of this many subjects, and sequences of each, that can violate the margin.

        They are those of all parts of the last batch. 0 for "hard", whose number says nothing of violations.
        """
        batch = subjects * sequences
        per_anchor = {"full": sequences * (batch - sequences), "hard": 0, "hard_violating": 1}
        return self.parts * batch * per_anchor[self.mining]

    def _full(self, distances: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Of each part the sum over the triplets that violate the margin, and their number."""
        totals, numbers = distances.new_zeros(len(distances)), labels.new_zeros(len(distances))
        end = 0
        for sequences in labels.unique_consecutive(return_counts=True)[1].tolist():
            start, end = end, end + sequences
            of_subject = distances[:, start:end]  # (parts, anchors, B)
            positive = of_subject[:, :, start:end, None]
            negative = torch.cat([of_subject[:, :, :start], of_subject[:, :, end:]], dim=-1)[:, :, None]
            violation = F.relu(self.margin + positive - negative)  # (parts, anchors, positives, negatives)
            totals = totals + violation.sum(dim=(1, 2, 3))
            numbers = numbers + (violation > 0).sum(dim=(1, 2, 3))
        return totals, numbers

    def _hard(self, distances: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Of each part the sum over anchors, and the number of anchors that have a negative, or that violate."""
        same = labels[:, None] == labels
        furthest = distances.masked_fill(~same, 0).amax(dim=-1)  # (parts, anchors)
        nearest = distances.masked_fill(same, torch.inf).amin(dim=-1)
        violation = F.relu(self.margin + furthest - nearest)
        if self.mining == "hard_violating":
            return violation.sum(dim=-1), (violation > 0).sum(dim=-1)
        return violation.sum(dim=-1), (~same).any(dim=-1).sum().expand(len(distances))
