"""The losses are the ones their papers define."""

import pytest
import torch
import torch.nn.functional as F

from gaitcore.settings.chosen import section_of
from gaitcore.settings.training import LOSSES
from gaitcore.training.losses import build_loss


def batch(subjects=3, each=4, length=5):
    torch.manual_seed(0)
    embeddings = torch.randn(subjects * each, length, dtype=torch.float64, requires_grad=True)
    return embeddings, torch.arange(subjects).repeat_interleave(each)


def loss(kind, **options):
    settings = section_of(LOSSES, kind).model_validate({"kind": kind, **options})
    return build_loss(settings, subjects=3, embedding_dim=5)


@pytest.mark.parametrize("similarity", ["cosine", "euclidean"])
def test_the_contrastive_loss_is_khoslas_equation_2(similarity):
    embeddings, labels = batch()
    unit = F.normalize(embeddings)
    of_pairs = unit @ unit.T if similarity == "cosine" else -torch.cdist(unit, unit)
    expected = []
    for i in range(len(unit)):
        others = [j for j in range(len(unit)) if j != i]
        total = torch.log(sum(torch.exp(of_pairs[i, j] / 0.1) for j in others))
        positives = [j for j in others if labels[j] == labels[i]]
        expected.append(-sum(of_pairs[i, j] / 0.1 - total for j in positives) / len(positives))
    contrastive = loss("supervised_contrastive", temperature=0.1, base_temperature=0.7, similarity=similarity)
    found, triplets = contrastive(embeddings, labels)
    assert found.item() == pytest.approx(sum(expected).item() / len(expected) / 7, rel=1e-6)
    assert triplets == 0


def test_the_centre_loss_is_half_the_squared_distance_and_moves_the_centres():
    embeddings, labels = batch()
    embeddings = embeddings.float()
    of_batch = loss("softmax_centre", centre_weight=0.3, centre_rate=0.5)
    of_batch.centres[:] = 1.0
    cross_entropy = F.cross_entropy(of_batch.classifier(embeddings), labels)
    distances = (embeddings - 1.0).square().sum(dim=1)
    found, _ = of_batch(embeddings, labels)
    assert found.item() == pytest.approx((cross_entropy + 0.3 * distances.mean() / 2).item(), rel=1e-6)
    moved = 1.0 + 0.5 * (embeddings[:4] - 1.0).sum(dim=0) / 5  # four embeddings of subject 0, and one
    torch.testing.assert_close(of_batch.centres[0], moved.detach())
    assert {name for name, _ in of_batch.named_parameters()} == {"classifier.weight", "classifier.bias"}


def test_the_triplet_loss_counts_what_it_mined():
    embeddings, labels = batch()
    found, triplets = loss("triplet", miner_epsilon=0.1, margin=10.0)(embeddings, labels)
    assert 0 < triplets <= 12 * 3 * 8
    assert 8 < found.item() < 12  # a margin of 10, and unit vectors
