"""Losses of all pairs and triplets of a batch in operations whose shapes depend on the batch's size alone.

A training step that is captured as one graph on a GPU reads nothing back to the host, so that no shape may depend on
how many pairs a miner finds. Memory is that of (B, B) matrices, although there are up to B cubed triplets: of a sum
over triplets only their number at each pair is needed.
"""

import torch
from torch import Tensor


def pairs(labels: Tensor) -> tuple[Tensor, Tensor]:
    """(B, B) bool each: pairs of two sequences of one subject, and pairs of two subjects; ``labels`` is (B,)."""
    same = labels[:, None] == labels
    itself = torch.arange(len(labels), device=labels.device)
    return same & (itself[:, None] != itself), ~same


def mined_pairs(similarity: Tensor, labels: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """(B, B) bool each: the positive and the negative pairs that the multi-similarity miner takes.

    Source: Wang et al., "Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning", CVPR 2019,
    equations 10 and 11; pytorch-metric-learning's ``MultiSimilarityMiner``.

    Args:
        similarity: (B, B) cosines.
        labels: (B,).
        epsilon: a positive pair is taken if it is less similar than the anchor's most similar negative pair plus
            this; a negative pair likewise, if it is more similar than the least similar positive pair minus this.
    """
    positive, negative = pairs(labels)
    nearest_negative = similarity.masked_fill(~negative, -torch.inf).amax(dim=1, keepdim=True)
    furthest_positive = similarity.masked_fill(~positive, torch.inf).amin(dim=1, keepdim=True)
    return (
        positive & (similarity - epsilon < nearest_negative),
        negative & (similarity + epsilon > furthest_positive),
    )


def violations(distances: Tensor, positive: Tensor, negative: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """The sum of the violations of a margin over all triplets, and the number of triplets that violate it.

    A triplet (anchor, positive, negative) violates the margin by ``d(anchor, positive) - d(anchor, negative) +
    margin`` where that is above 0. The sum over triplets is linear in each distance, with the number of violating
    triplets of that pair as its factor; these are counted by binary search among the anchor's sorted distances.

    Args:
        distances: (..., B, B).
        positive, negative: (B, B) or (..., B, B) bool, the pairs of which triplets are made.
        margin: in the unit of the distances.

    Returns:
        (...) float64 and (...) int64.
    """
    exact = distances.double()
    with torch.no_grad():
        negatives = exact.masked_fill(~negative, torch.inf).sort(dim=-1).values
        positives = exact.masked_fill(~positive, -torch.inf).sort(dim=-1).values
        nearer = torch.searchsorted(negatives, (exact + margin).contiguous())  # negatives below d(a, p) + margin
        further = exact.shape[-1] - torch.searchsorted(positives, (exact - margin).contiguous(), right=True)
        nearer, further = nearer * positive, further * negative
    total = ((exact + margin) * nearer - exact * further).sum(dim=(-2, -1))
    return total, nearer.sum(dim=(-2, -1))


def contrastive(similarity: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """The supervised contrastive loss, as pytorch-metric-learning's ``SupConLoss``.

    That is the mean over the anchors whose loss is above 0, or 0 where no pair is of one subject or none of two.

    Args:
        similarity: (B, B) cosines, or negative distances.
        labels: (B,).
        temperature: divisor of the similarities.
    """
    positive, negative = pairs(labels)
    scaled = similarity / temperature
    others = scaled.masked_fill(~(positive | negative), torch.finfo(scaled.dtype).min)
    logs = scaled - others.logsumexp(dim=1, keepdim=True)
    losses = -(logs * positive).sum(dim=1) / positive.sum(dim=1).clamp(min=1)
    counted = (losses > 0) & positive.any() & negative.any()
    return (losses * counted).sum() / counted.sum().clamp(min=1)
