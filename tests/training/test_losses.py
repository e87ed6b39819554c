"""The losses are the ones their papers define."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from golden_weights import filled
from places import GOLDEN

from gaitcore.errors import ConfigError
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


def golden_triplets(part=slice(None)):
    """The arrays of GaitSet's published loss; the embeddings of a part, or of all as (B, parts, D), with gradients."""
    arrays = np.load(GOLDEN / "triplet.npz")
    embeddings = torch.from_numpy(arrays["embeddings"][part])
    embeddings = embeddings.transpose(0, 1) if embeddings.ndim == 3 else embeddings
    return arrays, embeddings.contiguous().requires_grad_(), torch.from_numpy(arrays["labels"])


@pytest.mark.parametrize("mining", ["full", "hard"])
@pytest.mark.parametrize("part", range(5))
def test_the_batch_all_loss_of_a_part_is_gaitsets(mining, part):
    arrays, embeddings, labels = golden_triplets(part)
    found, triplets = loss("batch_all_triplet", mining=mining)(embeddings, labels)
    found.backward()
    assert found.item() == pytest.approx(arrays[mining][part], rel=1e-5)
    gradient = len(arrays["embeddings"]) * torch.from_numpy(arrays[f"grad_{mining}"][part])  # theirs is of the mean
    torch.testing.assert_close(embeddings.grad, gradient, rtol=1e-5, atol=1e-3 if part == 3 else 1e-7)  # 3 is crowded
    assert triplets == (arrays["full_num"][part] if mining == "full" else 12)


@pytest.mark.parametrize("mining", ["full", "hard"])
def test_the_batch_all_loss_is_the_mean_over_parts(mining):
    arrays, embeddings, labels = golden_triplets()
    found, triplets = loss("batch_all_triplet", mining=mining)(embeddings, labels)
    found.backward()
    assert found.item() == pytest.approx(arrays[mining].mean(), rel=1e-5)
    gradient = torch.from_numpy(arrays[f"grad_{mining}"]).transpose(0, 1)
    torch.testing.assert_close(embeddings.grad, gradient, rtol=1e-5, atol=2e-4)
    assert triplets == (arrays["full_num"].sum() if mining == "full" else 5 * 12)


@pytest.mark.parametrize(("mining", "expected", "triplets"), [("full", 8.5 / 7, 7), ("hard", 6 / 4, 4)])
def test_the_batch_all_loss_takes_subjects_of_different_size(mining, expected, triplets):
    """One subject's sequences lie at 0, 2 and 3, the other's at 3.5; the margin is 1.

    Violated: 0.5 from 0; 1.5 and 0.5 from 2; 0.5 (its own positive), 3.5 and 1.5 from 3; 0.5 from 3.5.
    """
    positions, labels = torch.tensor([[0.0], [3.5], [2.0], [3.0]]), torch.tensor([1, 0, 1, 1])
    found, number = loss("batch_all_triplet", margin=1.0, mining=mining)(positions, labels)
    assert (found.item(), number) == (pytest.approx(expected), triplets)


def test_a_loss_of_one_embedding_refuses_parts_and_takes_a_single_one():
    embeddings, labels = batch()
    triplet = loss("triplet", miner_epsilon=0.1, margin=10.0)
    assert torch.equal(triplet(embeddings[:, None], labels)[0], triplet(embeddings, labels)[0])
    with pytest.raises(ConfigError) as raised:
        triplet(embeddings[:, None].expand(12, 3, 5), labels)
    assert str(raised.value) == (
        "training.loss.kind is triplet, which takes one embedding of a sequence, but the network gives 3 parts; choose "
        "a loss per part, e.g. batch_all_triplet."
    )


@pytest.mark.parametrize("mining", ["full", "hard"])
def test_the_batch_all_loss_of_one_subject_is_zero(mining):
    embeddings, _ = batch()
    found, triplets = loss("batch_all_triplet", mining=mining)(embeddings, torch.zeros(12, dtype=torch.int64))
    found.backward()
    assert (found.item(), triplets) == (0.0, 0)
    assert not embeddings.grad.any()


def hard_triplets(embeddings, labels, margin):
    """The violations of FastPoseGait's batch-hard loss, one number for each part and anchor."""
    violations = []
    for part in range(embeddings.shape[1]):
        for anchor in range(len(labels)):
            distances = (embeddings[anchor, part] - embeddings[:, part]).norm(dim=-1)
            furthest = max(distances[other] for other in range(len(labels)) if labels[other] == labels[anchor])
            nearest = min(distances[other] for other in range(len(labels)) if labels[other] != labels[anchor])
            violations.append(F.relu(margin + furthest - nearest))
    return torch.stack(violations).unflatten(0, (embeddings.shape[1], -1))


def test_the_hard_loss_of_violating_triplets_is_fastposegaits():
    torch.manual_seed(0)
    labels = torch.arange(3).repeat(4)  # subjects alternate
    embeddings = 0.7 * torch.randn(12, 3, 5, dtype=torch.float64) + labels[:, None, None]
    embeddings.requires_grad_()
    violations = hard_triplets(embeddings, labels, 0.3)
    each = [part[part > 0] for part in violations]
    found, triplets = loss("batch_all_triplet", mining="hard_violating", margin=0.3)(embeddings, labels)
    assert found.item() == pytest.approx(sum(part.mean() for part in each).item() / 3)
    assert triplets == sum(len(part) for part in each)
    assert 0 < triplets < 36  # some are violated, some are not, and the mean is over those that are
    (expected,) = torch.autograd.grad(sum(part.mean() for part in each) / 3, embeddings)
    (gradient,) = torch.autograd.grad(found, embeddings)
    torch.testing.assert_close(gradient, expected)


def test_the_hard_loss_of_violating_triplets_is_zero_where_none_violates():
    embeddings = torch.tensor([[0.0], [0.1], [9.0], [9.1]], requires_grad=True)
    found, triplets = loss("batch_all_triplet", mining="hard_violating")(embeddings, torch.tensor([0, 0, 1, 1]))
    assert (found.item(), triplets) == (0.0, 0)


def with_neck(kind, parts, **options):
    settings = section_of(LOSSES, kind).model_validate({"kind": kind, **options})
    return build_loss(settings, subjects=3, embedding_dim=5, parts=parts, neck=True)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_triplet_cosine_is_the_triplet_loss_before_the_neck_and_the_cross_entropy_of_cosines_behind_it(smoothing):
    torch.manual_seed(0)
    before = torch.randn(12, 4, 5)
    behind = F.normalize(torch.randn(12, 4, 5), dim=-1).requires_grad_()
    labels = torch.arange(3).repeat(4)
    both = with_neck("triplet_cosine", parts=4, weight=0.5, smoothing=smoothing, margin=0.2)
    assert both.directions.shape == (4, 5, 3)
    found, triplets = both(torch.cat([before, behind], dim=1), labels)
    of_triplets, expected_triplets = loss("batch_all_triplet", margin=0.2)(before, labels)
    total = torch.zeros(())
    for part in range(4):
        for sequence in range(12):
            cosines = behind[sequence, part] @ (both.directions[part] / both.directions[part].norm(dim=0))
            logs = (16 * cosines).log_softmax(dim=0)
            total = total - (1 - smoothing) * logs[labels[sequence]] - smoothing * logs.mean()
    assert triplets == expected_triplets
    assert found.item() == pytest.approx((of_triplets + 0.5 * total / 48).item(), rel=1e-5)
    (expected,) = torch.autograd.grad(0.5 * total / 48, behind)
    (gradient,) = torch.autograd.grad(found, behind)
    torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("file", ["gpgait_filled_weights", "skeletongait_small_random_weights"])
def test_the_cosines_of_triplet_cosine_are_the_published_ones(file):
    arrays = np.load(GOLDEN / f"{file}.npz")
    drawn = filled(arrays["keys"], arrays["shapes"], arrays["seed"]) if "keys" in arrays.files else {}
    directions = drawn.get("BNNecks.fc_bin")
    if directions is None:
        directions = torch.from_numpy(arrays["w::BNNecks.fc_bin"])
    parts, length, subjects = directions.shape
    settings = section_of(LOSSES, "triplet_cosine").model_validate({"kind": "triplet_cosine"})
    both = build_loss(settings, subjects=subjects, embedding_dim=length, parts=parts, neck=True)
    both.directions.data = directions
    found = both.cosines(torch.from_numpy(arrays["neck" if "neck" in arrays.files else "output"]).transpose(1, 2))
    expected = torch.from_numpy(arrays["logits"]).transpose(1, 2)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_a_loss_without_a_neck_receives_the_parts_before_it():
    torch.manual_seed(0)
    before, labels = torch.randn(12, 4, 5), torch.arange(3).repeat(4)
    both = torch.cat([before, torch.randn(12, 4, 5)], dim=1)
    found, _ = with_neck("batch_all_triplet", parts=4)(both, labels)
    assert torch.equal(found, loss("batch_all_triplet")(before, labels)[0])
    with pytest.raises(ConfigError, match="but the network gives 4 parts; choose a loss per part"):
        with_neck("triplet", parts=4, miner_epsilon=0.1, margin=0.1)(both, labels)


def test_a_loss_with_a_neck_refuses_a_network_without_one():
    with pytest.raises(ConfigError) as raised:
        loss("triplet_cosine")
    assert str(raised.value) == (
        "training.loss.kind is triplet_cosine, which takes the parts before and behind a batch-norm neck, but the "
        "network has no neck; choose a loss without one, e.g. batch_all_triplet."
    )


def test_softmax_contrastive_is_the_cross_entropy_and_hadsells_equation_4():
    embeddings, labels = batch()
    of_batch = loss("softmax_contrastive", contrastive_weight=0.3, margin=4.0).double()
    near, far = [], []
    for i in range(len(labels)):
        for j in range(i):
            distance = (embeddings[i] - embeddings[j]).norm()
            if labels[i] == labels[j]:
                near.append(distance**2 / 2)
            else:
                far.append(F.relu(4 - distance) ** 2 / 2)
    assert any(value == 0 for value in far)
    expected = F.cross_entropy(of_batch.classifier(embeddings), labels) + 0.3 * (
        sum(near) / len(near) + sum(far) / len(far)
    )
    found, triplets = of_batch(embeddings, labels)
    assert (found.item(), triplets) == (pytest.approx(expected.item()), 0)
    (gradient,) = torch.autograd.grad(found, embeddings, retain_graph=True)
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, embeddings)[0])


def test_softmax_contrastive_has_finite_gradients_where_embeddings_coincide():
    embeddings = torch.zeros(4, 5, requires_grad=True)
    found, _ = loss("softmax_contrastive")(embeddings, torch.tensor([0, 0, 1, 1]))
    found.backward()
    assert torch.isfinite(embeddings.grad).all()


def test_the_batch_all_loss_counts_the_triplets_of_every_part_that_can_violate_the_margin():
    embeddings, labels = torch.zeros(6, 5, 4), torch.tensor([0, 0, 0, 1, 1, 1])
    for mining, possible in {"full": 5 * 6 * 3 * 3, "hard_violating": 5 * 6, "hard": 0}.items():
        settings = section_of(LOSSES, "batch_all_triplet")(kind="batch_all_triplet", mining=mining)
        loss = build_loss(settings, subjects=2, embedding_dim=4, parts=5)
        _, triplets = loss(embeddings, labels)  # all embeddings are one point, so every triplet violates it
        assert loss.possible(subjects=2, sequences=3) == possible
        assert possible in (0, int(triplets))
