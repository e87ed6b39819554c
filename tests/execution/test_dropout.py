"""Dropout of a chunk draws from the chunk's generator, by gaps where it is rare."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gaitcore.execution.dropout import DropoutFrom, dense_dropout, sparse_dropout


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("draw", "probability"), [(sparse_dropout, 0.01), (sparse_dropout, 0.3), (dense_dropout, 0.3)])
def test_dropout_zeroes_its_share_independently_and_scales_the_rest(draw, probability):
    x = torch.ones(1000, 1000)
    out = draw(x, probability, generator())
    dropped = out == 0
    assert dropped.float().mean().item() == pytest.approx(probability, rel=0.03)
    assert dropped[-1].any()
    neighbours = (dropped[:, 1:] & dropped[:, :-1]).float().mean().item()
    assert neighbours == pytest.approx(probability**2, rel=0.2)
    assert out.max().item() == pytest.approx(1 / (1 - probability))


@pytest.mark.parametrize("draw", [sparse_dropout, dense_dropout])
def test_dropout_passes_gradients_where_it_passes_values(draw):
    x = torch.rand(50, 40, requires_grad=True)
    out = draw(x, 0.2, generator())
    (gradient,) = torch.autograd.grad(out.sum(), x)
    torch.testing.assert_close(gradient, (out != 0) / 0.8)


class Dropping(nn.Module):
    def __init__(self, probability):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(8, 8), nn.Dropout(probability))
        self.probability = probability

    def forward(self, x):
        return F.dropout(self.inner(x), self.probability, self.training)


@pytest.mark.parametrize("probability", [0.01, 0.5])
def test_dropout_anywhere_in_a_module_draws_from_the_generator_given_and_from_no_other(probability):
    layer = Dropping(probability)
    x, state = torch.rand(50, 7, 8), torch.get_rng_state()
    passes = []
    for seed in (1, 1, 2):
        with DropoutFrom(generator(seed)):
            passes.append(layer(x))
    assert torch.equal(passes[0], passes[1])
    assert not torch.equal(passes[0], passes[2])
    assert torch.equal(torch.get_rng_state(), state)


def test_no_dropout_is_the_map_itself():
    x = torch.rand(3, 4)
    with DropoutFrom(generator()):
        assert nn.Dropout(0.0)(x) is x
        assert nn.Dropout(0.5).eval()(x) is x
    with DropoutFrom(None):
        assert nn.Dropout(0.5)(x) is x
