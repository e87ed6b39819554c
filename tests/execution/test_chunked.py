"""A pass in chunks is a pass over the whole batch: same outputs, gradients and running statistics, for any threads."""

import copy

import pytest
import torch

from gaitcore.execution import chunked
from gaitcore.execution.chunked import split
from gaitcore.networks import build_model
from gaitcore.networks.layers import sparse_dropout

SMALL = {
    "gaitmixer": {"spatial_width": 8, "spatial_depth": 1, "heads": 2, "widths": (8, 16, 16), "kernel": 5},
    "gaitformer": {"width": 8, "spatial_depth": 1, "temporal_depth": 2, "heads": 2},
    "gaitgraph": {"in_channels": 3},
    "gaitgraph2": {"in_channels": 3},
    "posegait": {"in_channels": 3},
}
NO_DROPOUT = {"gaitmixer": {"dropout": 0.0}, "posegait": {"dropout": 0.0}}
FRAMES = 12


def network(name, **options):
    torch.manual_seed(0)
    return build_model(name, frames=FRAMES, embedding_dim=8, **SMALL[name] | options).double()


def poses(name, sequences):
    channels = SMALL[name].get("in_channels", 2)
    return 100 * torch.rand(sequences, FRAMES, 17, channels, dtype=torch.float64)


def awake(model):
    """A ResGCN's blocks begin as their skips; with every weight at work there is something to compare."""
    for name, parameter in model.named_parameters():
        if name.endswith("up_norm.weight"):
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    return model


def whole(model, x, monkeypatch):
    """The network as it is written, without chunks: what runs on a GPU."""
    moved = copy.deepcopy(model)
    with monkeypatch.context() as on_a_gpu:
        on_a_gpu.setattr(chunked, "in_chunks", chunked.whole_batch)
        return moved, moved.over_time(moved.spatial(x)) if hasattr(moved, "over_time") else moved(x)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("sequences", [1, 3, 8, 21])
def test_outputs_gradients_and_running_statistics_are_those_of_the_whole_batch(name, sequences, monkeypatch):
    model = awake(network(name, **NO_DROPOUT.get(name, {}))).train()
    x = poses(name, sequences)
    direction = torch.randn(sequences, 8, dtype=torch.float64)
    reference, expected = whole(model, x, monkeypatch)
    (expected * direction).sum().backward()
    found = model(x)
    (found * direction).sum().backward()
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    for (key, ours), theirs in zip(model.named_parameters(), reference.parameters(), strict=True):
        assert (ours.grad is None) == (theirs.grad is None), key
        if ours.grad is not None:
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-6, atol=1e-8, msg=key)
    for (key, ours), theirs in zip(model.named_buffers(), reference.buffers(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-9, msg=key)


@pytest.mark.parametrize("name", ["gaitmixer", "gaitformer"])
def test_in_bfloat16_outputs_and_gradients_are_those_of_float32_to_its_precision(name):
    model = network(name, **NO_DROPOUT.get(name, {})).float().train()
    x, direction = torch.rand(21, 12, 17, 2), torch.randn(21, 8)
    expected = model(x)
    of_float32 = torch.autograd.grad((expected * direction).sum(), model.head.weight)[0]
    with torch.autocast("cpu", torch.bfloat16):
        found = model(x).float()
    gradients = torch.autograd.grad((found * direction).sum(), [*model.parameters()], allow_unused=True)
    assert (found * expected).sum(dim=1).min() > 0.97  # cosine; the map before normalisation varies little
    assert not torch.equal(found, expected)
    (of_bfloat16,) = (g for g, p in zip(gradients, model.parameters(), strict=True) if p is model.head.weight)
    assert torch.nn.functional.cosine_similarity(of_bfloat16.flatten(), of_float32.flatten(), dim=0) > 0.99
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_a_batch_is_split_evenly_and_in_order():
    x = torch.arange(72)
    assert [len(chunk) for chunk in split(x)] == [6] * 12
    assert torch.equal(torch.cat(split(x)), x)
    assert [len(chunk) for chunk in split(x[:3])] == [1, 1, 1]
    assert max(len(chunk) for chunk in split(torch.arange(296))) == 8


@pytest.mark.parametrize("name", ["gaitmixer", "posegait"])
def test_dropout_draws_anew_each_pass_from_the_global_seed(name):
    model = network(name, dropout=0.5).train()
    x = poses(name, 8)
    torch.manual_seed(7)
    first, second = model(x), model(x)
    torch.manual_seed(7)
    assert torch.equal(model(x), first)
    assert not torch.equal(second, first)


@pytest.mark.parametrize("probability", [0.01, 0.3])
def test_dropout_zeroes_its_share_independently_and_scales_the_rest(probability):
    x = torch.ones(1000, 1000)
    out = sparse_dropout(x, probability, torch.Generator().manual_seed(0))
    dropped = out == 0
    assert dropped.float().mean().item() == pytest.approx(probability, rel=0.03)
    assert dropped[-1].any()
    neighbours = (dropped[:, 1:] & dropped[:, :-1]).float().mean().item()
    assert neighbours == pytest.approx(probability**2, rel=0.2)
    assert out.max().item() == pytest.approx(1 / (1 - probability))


def test_dropout_passes_gradients_where_it_passes_values():
    x = torch.rand(50, 40, requires_grad=True)
    out = sparse_dropout(x, 0.2, torch.Generator().manual_seed(0))
    (gradient,) = torch.autograd.grad(out.sum(), x)
    torch.testing.assert_close(gradient, (out != 0) / 0.8)


def test_no_dropout_is_the_map_itself():
    x = torch.rand(3, 4)
    assert sparse_dropout(x, 0.0, torch.Generator()) is x
