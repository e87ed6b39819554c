"""A training pass gives what the network gives: same outputs, gradients and running statistics, in chunks or not."""

import copy
import logging

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gaitcore.execution.training_pass import training_pass
from gaitcore.networks import build_model, modality, model_names

SMALL = {
    "gaitmixer": {"spatial_width": 8, "spatial_depth": 1, "heads": 2, "widths": (8, 16, 16), "kernel": 5},
    "gaitformer": {"width": 8, "spatial_depth": 1, "temporal_depth": 2, "heads": 2},
    "gaitgraph": {"in_channels": 3},
    "gaitgraph2": {"in_channels": 3},
    "gaitnet": {},
    "gaitpart": {"widths": (2, 4, 8), "parts": 4},
    "gaitset": {"widths": (2, 3, 4)},
    "gaittr": {"in_channels": 3, "widths": (32, 32, 64)},
    "gpgait": {"in_channels": 6, "shared": (4, 8), "width": 12},
    "posegait": {"in_channels": 3},
    "ptsn": {"hidden": 6, "widths": (4, 8)},
    "skeletongait": {"widths": (2, 3, 4, 5)},
}
NO_DROPOUT = {name: {"dropout": 0.0} for name in ("gaitmixer", "gaitnet", "gaittr", "posegait", "ptsn")}
WITH_NECK = ("gpgait", "skeletongait")  # whose batch normalisation of vectors takes no batch of one sequence
FRAMES = 12
SILHOUETTES = 3  # frames, of 2,816 pixels each
ENOUGH, NONE = 10**12, 0  # bytes


def network(name, **options):
    torch.manual_seed(0)
    return awake(build_model(name, frames=FRAMES, embedding_dim=8, **SMALL[name] | options).double().train())


def awake(model):
    """A ResGCN's blocks begin as their skips; with every weight at work there is something to compare."""
    for name, parameter in model.named_parameters():
        if name.endswith("up_norm.weight"):
            nn.init.uniform_(parameter, 0.5, 1.5)
    return model


def batch(name, sequences):
    """What the network takes: poses in pixels, or silhouettes."""
    if modality(name) == "silhouettes":
        return torch.rand(sequences, SILHOUETTES, 64, 44, dtype=torch.float64)
    if name == "skeletongait":
        return torch.rand(sequences, SILHOUETTES, 2, 64, 44, dtype=torch.float64)
    channels = SMALL[name].get("in_channels", 2)
    return 100 * torch.rand(sequences, FRAMES, 17, channels, dtype=torch.float64)


def gradients(model):
    return {key: parameter.grad for key, parameter in model.named_parameters()}


def assert_same_pass(found_by, expected_by, forward, x):
    """Outputs, gradients and running statistics of ``forward`` are those of the network ``expected_by``."""
    expected = expected_by(x)
    direction = torch.randn_like(expected)
    (expected * direction).sum().backward()
    found = forward(x)
    (found * direction).sum().backward()
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    for key, gradient in gradients(found_by).items():
        theirs = gradients(expected_by)[key]
        assert (gradient is None) == (theirs is None), key
        if gradient is not None:
            torch.testing.assert_close(gradient, theirs, rtol=1e-6, atol=1e-8, msg=key)
    for (key, ours), theirs in zip(found_by.named_buffers(), expected_by.buffers(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-9, msg=key)


def test_every_network_of_the_repository_is_tested_here():
    assert set(model_names()) - {"body_statistics", "gei"} == SMALL.keys()  # these have no weights


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(("sequences", "memory"), [(1, ENOUGH), (3, ENOUGH), (21, ENOUGH), (21, NONE)])
def test_outputs_gradients_and_running_statistics_are_those_of_the_network(name, sequences, memory, caplog):
    if name in WITH_NECK:
        sequences = max(sequences, 2)
    model = network(name, **NO_DROPOUT.get(name, {}))
    with caplog.at_level(logging.INFO):
        assert_same_pass(model, copy.deepcopy(model), training_pass(model, memory), batch(name, sequences))
    assert "whole batches" not in caplog.text


@pytest.mark.parametrize("name", ["gaitset", "gaitpart"])
def test_the_channels_of_pictures_lie_side_by_side_and_the_weights_keep_their_order(name):
    model = network(name)
    before = {key: tensor.tolist() for key, tensor in model.state_dict().items()}
    training_pass(model)(batch(name, 3)).sum().backward()
    convolutions = [module for module in model.frames.modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == 6
    assert all(one.weight.is_contiguous(memory_format=torch.channels_last) for one in convolutions)
    assert {key: tensor.tolist() for key, tensor in model.state_dict().items()} == before


@pytest.mark.parametrize("name", SMALL)
def test_dropout_draws_anew_each_pass_from_the_global_seed(name):
    model = network(name)
    forward, x = training_pass(model), batch(name, 8)
    torch.manual_seed(7)
    first, second = forward(x), forward(x)
    torch.manual_seed(7)
    assert torch.equal(forward(x), first)
    assert torch.equal(second, first) == (name not in NO_DROPOUT)


@pytest.mark.parametrize("name", SMALL)
def test_what_is_computed_again_is_the_same_bit_for_bit_with_dropout_too(name):
    model, x = network(name), batch(name, 21)
    passes = []
    for memory in (ENOUGH, NONE):
        one = copy.deepcopy(model)
        torch.manual_seed(7)
        out = training_pass(one, memory)(x)
        out.square().sum().backward()
        passes.append((out, gradients(one), one.state_dict()))
    (out, grads, state), (again, grads_again, state_again) = passes
    assert torch.equal(out, again)
    assert all(torch.equal(state[key], state_again[key]) for key in state)
    assert all(grad is grads_again[key] or torch.equal(grad, grads_again[key]) for key, grad in grads.items())


@pytest.mark.parametrize("name", ["gaitmixer", "gaitformer"])
def test_in_bfloat16_outputs_and_gradients_are_those_of_float32_to_its_precision(name):
    model = network(name, **NO_DROPOUT.get(name, {})).float()
    forward = training_pass(model)
    x, direction = torch.rand(21, 12, 17, 2), torch.randn(21, 8)
    expected = forward(x)
    of_float32 = torch.autograd.grad((expected * direction).sum(), model.head.weight)[0]
    with torch.autocast("cpu", torch.bfloat16):
        found = forward(x).float()
    grads = torch.autograd.grad((found * direction).sum(), [*model.parameters()], allow_unused=True)
    assert (found * expected).sum(dim=1).min() > 0.97  # cosine; the map before normalisation varies little
    assert not torch.equal(found, expected)
    (of_bfloat16,) = (g for g, p in zip(grads, model.parameters(), strict=True) if p is model.head.weight)
    assert F.cosine_similarity(of_bfloat16.flatten(), of_float32.flatten(), dim=0) > 0.99
    assert all(torch.isfinite(gradient).all() for gradient in grads)


@pytest.mark.parametrize("name", SMALL)
def test_in_evaluation_mode_it_is_the_network_itself(name):
    model, x = network(name).eval(), batch(name, 5)
    before = copy.deepcopy(model.state_dict())
    assert torch.equal(training_pass(model)(x), model(x))
    assert all(torch.equal(tensor, before[key]) for key, tensor in model.state_dict().items())


class OfOneMap(nn.Module):
    """Map (B, T, J, C) -> (B, T, J, 8) by ``between``, with a batch normalisation before and after."""

    def __init__(self, between):
        super().__init__()
        self.widen, self.between = nn.Linear(2, 8), between
        self.first, self.second = nn.BatchNorm2d(FRAMES), nn.BatchNorm2d(FRAMES)
        self.head = nn.Linear(8, 8)

    def forward(self, x):
        x = self.between(self.first(self.widen(x)))
        return self.head(self.second(x).mean(dim=(1, 2)))


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class PreActivation(nn.Module):
    """A map that is normalised twice and used raw, a normalised vector in the head, and a weight without use."""

    def __init__(self):
        super().__init__()
        self.widen, self.narrow, self.unused = nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.norms = nn.ModuleList(nn.BatchNorm2d(FRAMES) for _ in range(3))
        self.neck = nn.BatchNorm1d(4)

    def forward(self, x):
        x = self.widen(x)
        gate = torch.sigmoid(self.norms[0](x))
        x = x + gate * self.narrow(F.relu(self.norms[1](x)))
        return self.neck(self.norms[2](x).amax(dim=(1, 2)))


class Parts(nn.Module):
    """(B, T, J, C) -> (B, 17, 4), an embedding for each joint."""

    def __init__(self):
        super().__init__()
        self.widen, self.norm = nn.Linear(2, 4), nn.BatchNorm1d(17)

    def forward(self, x):
        return self.norm(self.widen(x).amax(dim=1))


@pytest.mark.parametrize("memory", [ENOUGH, NONE])
@pytest.mark.parametrize("build", [PreActivation, Parts, lambda: OfOneMap(nn.Identity()), lambda: nn.Linear(2, 4)])
def test_other_networks_train_in_chunks_too(build, memory, caplog):
    torch.manual_seed(0)
    model = build().double().train()
    x = torch.randn(21, FRAMES, 17, 2, dtype=torch.float64)
    with caplog.at_level(logging.INFO):
        assert_same_pass(model, copy.deepcopy(model), training_pass(model, memory), x)
    assert "whole batches" not in caplog.text


class Attending(nn.Module):
    """Attention over joints; its own dropout is drawn inside torch's function."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, dropout=1e-9, batch_first=True)

    def forward(self, x):
        tokens = x.flatten(0, 1)
        return self.attention(tokens, tokens, tokens, need_weights=False)[0].view_as(x)


class Branching(OfOneMap):
    def forward(self, x):
        return super().forward(x if x.shape[1] > 3 else x + 1)


class Cumulative(OfOneMap):
    def __init__(self, between):
        super().__init__(between)
        self.second = nn.BatchNorm2d(FRAMES, momentum=None)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: Branching(nn.Identity()), "torch.fx cannot trace it (symbolically traced variables cannot be used"),
        (
            lambda: OfOneMap(Lambda(lambda x: x - x.mean(dim=0))),
            "what it makes of a sequence depends on the others in the batch",
        ),
        (
            lambda: OfOneMap(Lambda(lambda x: x + 0 * torch.rand_like(x))),
            "it draws random numbers other than those of dropout",
        ),
        (
            lambda: OfOneMap(Attending()),
            "it draws random numbers other than those of dropout",
        ),
        (lambda: Cumulative(nn.Identity()), "its batch normalisation second is not a plain one"),
    ],
)
def test_a_network_that_cannot_be_cut_runs_the_whole_batch_and_the_log_says_why(build, reason, caplog):
    torch.manual_seed(0)
    model = build().double().train()
    forward = training_pass(model)
    x = torch.randn(21, FRAMES, 17, 2, dtype=torch.float64)
    with caplog.at_level(logging.INFO):
        assert_same_pass(model, copy.deepcopy(model), forward, x)
        forward(x)
    (line,) = caplog.messages
    assert line.startswith(f"{type(model).__name__} trains on whole batches, not in chunks: {reason}")
