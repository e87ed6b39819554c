"""The losses with fixed shapes are pytorch-metric-learning's and the repository's own: values, triplets, gradients."""

import pytest
import torch

from gaitcore.execution.host_reads import no_host_reads
from gaitcore.settings.chosen import section_of
from gaitcore.settings.training import LOSSES
from gaitcore.training.losses import build_loss

TRIPLET = {"kind": "triplet", "miner_epsilon": 0.1, "margin": 0.2}
OPTIONS = [
    TRIPLET,
    TRIPLET | {"margin": 0.01},
    TRIPLET | {"miner_epsilon": 0.0, "margin": 2.0},
    {"kind": "supervised_contrastive", "temperature": 0.1, "base_temperature": 0.7, "similarity": "cosine"},
    {"kind": "supervised_contrastive", "temperature": 0.05, "similarity": "euclidean"},
    {"kind": "batch_all_triplet", "margin": 0.2, "mining": "full"},
    {"kind": "batch_all_triplet", "margin": 0.2, "mining": "hard_violating"},
    {"kind": "softmax_contrastive", "margin": 1.0},
    {"kind": "softmax_centre", "centre_weight": 0.008, "centre_rate": 0.5},
]
BATCHES = {
    "balanced": [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2],
    "unequal": [0, 1, 0, 2, 0, 3, 3, 0, 0, 1, 4],
    "alone": [0, 0, 0, 0],
    "strangers": [0, 1, 2, 3, 4],
    "two copies": [0, 1, 2, 2, 0, 1, 2, 2],
}


def both(options, parts=1):
    """The same loss with shapes of its own choice and with fixed ones."""
    settings = section_of(LOSSES, options["kind"]).model_validate(options)
    for fixed_shapes in (False, True):
        torch.manual_seed(0)
        yield build_loss(settings, subjects=5, embedding_dim=6, parts=parts, fixed_shapes=fixed_shapes).double()


def drawn(labels, seed, shape=(6,), spread=0.4):
    """Embeddings of subjects that overlap; with a small spread they almost coincide."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(5, *shape, generator=generator, dtype=torch.float64)
    noise = torch.randn(len(labels), *shape, generator=generator, dtype=torch.float64)
    return (1 + spread * centres[labels] + spread * noise).requires_grad_()


def assert_same(options, labels, embeddings, parts=1):
    expected_by, found_by = both(options, parts)
    expected, expected_triplets = expected_by(embeddings, labels)
    found, triplets = found_by(embeddings, labels)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11, check_dtype=False)
    assert int(triplets) == int(expected_triplets)
    if expected.requires_grad:
        gradients = [torch.autograd.grad(loss, embeddings)[0] for loss in (found, expected)]
        torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-10)
    torch.testing.assert_close(found_by.state_dict(), expected_by.state_dict())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(map(str, options.values())))
def test_value_triplets_and_gradient_are_those_of_the_loss(options, batch, seed):
    labels = torch.tensor(BATCHES[batch])
    assert_same(options, labels, drawn(labels, seed))


@pytest.mark.parametrize("seed", range(3))
def test_random_batches_of_the_published_size_agree_with_the_library(seed):
    torch.manual_seed(seed)
    labels = torch.randint(5, (296,))
    assert_same(TRIPLET | {"margin": 0.01}, labels, drawn(labels, seed, spread=0.1))


@pytest.mark.parametrize("mining", ["full", "hard", "hard_violating"])
def test_parts_have_a_loss_each(mining):
    labels = torch.tensor(BATCHES["unequal"])
    options = {"kind": "batch_all_triplet", "margin": 0.2, "mining": mining}
    assert_same(options, labels, drawn(labels, 0, shape=(3, 6)), parts=3)


def test_equal_embeddings_have_no_gradient_of_their_distance_and_none_is_nan():
    labels = torch.tensor(BATCHES["balanced"])
    embeddings = torch.ones(12, 6, dtype=torch.float64).requires_grad_()
    _, fixed = both(TRIPLET)
    loss, triplets = fixed(embeddings, labels)
    assert loss.item() == pytest.approx(0.2)  # every triplet violates the margin by the margin
    assert int(triplets) == 12 * 3 * 8
    (gradient,) = torch.autograd.grad(loss, embeddings)
    assert not gradient.any()


def test_in_float32_loss_and_triplets_agree_with_the_library_to_rounding():
    labels = torch.arange(74).repeat_interleave(4)
    torch.manual_seed(0)
    embeddings = torch.nn.functional.normalize(torch.randn(296, 128) + 3 * torch.randn(128)).requires_grad_()
    settings = section_of(LOSSES, "triplet").model_validate(TRIPLET | {"margin": 0.01})
    library, fixed = (build_loss(settings, subjects=74, embedding_dim=128, fixed_shapes=f) for f in (False, True))
    (expected, number), (found, triplets) = library(embeddings, labels), fixed(embeddings, labels)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(expected.item(), rel=1e-4)
    assert int(triplets) == number
    gradients = [torch.autograd.grad(loss, embeddings)[0] for loss in (found, expected)]
    assert (gradients[0] - gradients[1]).norm() < 1e-3 * gradients[1].norm()


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(map(str, options.values())))
def test_with_fixed_shapes_nothing_is_read_back_to_the_host(options):
    labels = torch.tensor(BATCHES["unequal"])
    _, fixed = both(options)
    with no_host_reads():
        loss, _ = fixed(drawn(labels, 0), labels)
        loss.backward()
