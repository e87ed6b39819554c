"""The special path of temporal blocks gives what the network gives: outputs, gradients, running statistics."""

import copy
import shutil

import pytest
import torch

from gaitcore.execution.banded import banded, taps
from gaitcore.execution.gpu_pass import GpuPass
from gaitcore.networks import build_model

SMALL = {"spatial_width": 8, "spatial_depth": 1, "heads": 2, "widths": (8, 16, 16), "dropout": 0.0}


def network(**options):
    torch.manual_seed(0)
    return build_model("gaitmixer", frames=12, embedding_dim=8, **SMALL | options).double().train()


def gradients(model):
    return {name: parameter.grad for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("mode", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize(
    ("options", "frames"),
    [
        ({"kernel": 5}, 12),
        ({"kernel": 5, "padding": "both"}, 12),
        ({"kernel": 31}, 12),  # reflected several times
        ({"kernel": 31, "padding": "both"}, 5),
        ({"kernel": 4, "padding": "both"}, 12),
        ({"kernel": 1}, 12),
        ({"kernel": 7, "spatial": "convolution"}, 20),
    ],
)
def test_it_is_the_network_up_to_rounding(options, frames, mode):
    model = network(**options).train(mode)
    plain = copy.deepcopy(model)
    fast = banded(model)
    x = torch.rand(6, frames, 17, 2, dtype=torch.float64)
    direction = torch.randn(6, 8, dtype=torch.float64)
    for forward in (plain, fast):
        (forward(x) * direction).sum().backward()
    torch.testing.assert_close(fast(x), plain(x), rtol=0, atol=1e-12)
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(gradient, gradients(plain)[name], rtol=1e-8, atol=1e-10, msg=name)
    torch.testing.assert_close(model.state_dict(), plain.state_dict(), rtol=1e-10, atol=1e-12)


def test_a_reflected_frame_has_the_weights_of_both_its_places():
    block = network(kernel=3, padding="both").temporal[0]
    matrix = (taps(block, 4, torch.device("cpu")) @ torch.tensor([1.0, 10.0, 100.0])).view(4, 4)
    assert matrix.tolist() == [[10, 101, 0, 0], [1, 10, 100, 0], [0, 1, 10, 100], [0, 0, 101, 10]]


def test_maps_are_bfloat16_where_products_are():
    """A float32 bias that is added to a map would make the map float32, which is twice the memory and the traffic."""
    model, types = network(kernel=5).float(), []
    for block in model.temporal:
        block.norm.register_forward_pre_hook(lambda _, maps: types.append(maps[0].dtype))
    with torch.autocast("cpu", torch.bfloat16):
        banded(model)(torch.rand(6, 12, 17, 2))
    assert types == 3 * [torch.bfloat16]


def test_its_weights_are_the_networks_own():
    model = network(kernel=5)
    fast = banded(model)
    assert {id(parameter) for parameter in fast.parameters()} == {id(parameter) for parameter in model.parameters()}


@pytest.mark.parametrize("name", ["gaitgraph", "gaitset", "gaittr", "posegait"])
def test_other_networks_have_no_special_path(name):
    options = {"in_channels": 3} if name in ("gaitgraph", "gaittr", "posegait") else {}
    model = build_model(name, **options)
    assert banded(model) is None
    assert GpuPass(model).module is model


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
def test_a_compiled_pass_is_the_network_up_to_rounding(monkeypatch):
    monkeypatch.setattr("gaitcore.execution.gpu_pass._missing", lambda: None)  # what a GPU's kernels need
    model = network(kernel=5).float()
    plain, compiled = copy.deepcopy(model), GpuPass(model)
    x, direction = torch.rand(6, 12, 17, 2), torch.randn(6, 8)
    assert compiled.compile() is None
    for forward in (compiled, plain):
        (forward(x) * direction).sum().backward()
    # Embeddings have unit length. Normalisation over six walks amplifies rounding, which depends on the threads too.
    torch.testing.assert_close(compiled(x), plain(x), rtol=0, atol=1e-4)
    torch.testing.assert_close(model.head.weight.grad, plain.head.weight.grad, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(model.state_dict(), plain.state_dict(), rtol=1e-4, atol=1e-5)
    compiled.as_it_is()
    assert torch.equal(compiled(x), compiled.module(x))


def test_without_triton_or_a_compiler_the_reason_is_given(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert GpuPass(network(kernel=5)).compile() == "the package triton is not installed"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert GpuPass(network(kernel=5)).compile() == "there is no C compiler"
