"""Fused attention over frames gives what the network gives: outputs, gradients, and on the network's own weights."""

import copy

import pytest
import torch

from gaitcore.execution.banded import banded
from gaitcore.execution.fused_attention import FEWEST_TOKENS, FusedAttention, fused
from gaitcore.execution.gpu_pass import GpuPass
from gaitcore.networks import build_model
from gaitcore.networks.layers import Attention

SMALL = {"width": 16, "spatial_depth": 1, "temporal_depth": 2, "heads": 4}


def network(frames=40):
    torch.manual_seed(0)
    return build_model("gaitformer", frames=frames, embedding_dim=8, **SMALL).double().train()


def attention():
    torch.manual_seed(0)
    return Attention(12, 4).double()  # heads of 3 channels


@pytest.mark.parametrize("row", [8, 16, 64], ids=["as they are", "widened by one", "widened by five"])
@pytest.mark.parametrize("wanted", [None, 1, 5])
def test_it_is_the_attention_up_to_rounding(row, wanted):
    plain, own = attention(), attention()
    fast = FusedAttention(own, row)
    x = torch.rand(3, FEWEST_TOKENS, 12, dtype=torch.float64)
    torch.testing.assert_close(fast(x, wanted), plain(x, wanted), rtol=0, atol=1e-12)
    direction = torch.randn(3, wanted or FEWEST_TOKENS, 12, dtype=torch.float64)
    for forward in (plain, fast):
        (forward(x, wanted) * direction).sum().backward()
    for name, parameter in own.named_parameters():
        torch.testing.assert_close(parameter.grad, plain.get_parameter(name).grad, rtol=1e-9, atol=1e-12, msg=name)


def test_few_tokens_are_attended_as_they_are():
    plain = attention()
    x = torch.rand(3, FEWEST_TOKENS - 1, 12, dtype=torch.float64)
    assert torch.equal(FusedAttention(plain)(x, 2), plain(x, 2))


def test_gaitformer_is_the_same_up_to_rounding_and_gives_the_same_bytes_again():
    model = network()
    plain, fast = copy.deepcopy(model), GpuPass(model)
    x = torch.rand(4, 40, 17, 2, dtype=torch.float64)
    direction = torch.randn(4, 8, dtype=torch.float64)
    gradients = []
    for forward, own in ((plain, plain), (fast, model), (fast, model)):
        own.zero_grad()
        out = forward(x)
        (out * direction).sum().backward()
        gradients.append((out, torch.cat([parameter.grad.flatten() for parameter in own.parameters()])))
    (out, gradient), (fast_out, fast_gradient), (again, same_gradient) = gradients
    torch.testing.assert_close(fast_out, out, rtol=0, atol=1e-12)
    torch.testing.assert_close(fast_gradient, gradient, rtol=1e-8, atol=1e-10)
    assert torch.equal(again, fast_out)
    assert torch.equal(same_gradient, fast_gradient)


def test_in_bfloat16_it_rounds_as_the_attention_does():
    plain = attention().float()
    x = torch.rand(3, FEWEST_TOKENS, 12)
    with torch.autocast("cpu", torch.bfloat16):
        found, expected = FusedAttention(plain)(x), plain(x)
    assert found.dtype == expected.dtype == torch.bfloat16
    torch.testing.assert_close(found, expected, rtol=0.02, atol=0.01)


@pytest.mark.slow
def test_it_is_compiled_as_one_graph():
    plain = network().float()
    forward = torch.compile(fused(plain), backend="eager", fullgraph=True)
    x = torch.rand(2, 40, 17, 2)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(forward(x), plain(x), rtol=0.05, atol=0.05)


def test_its_weights_are_the_networks_own_and_its_mode_follows():
    model = network()
    same = fused(model)
    assert [id(parameter) for parameter in same.parameters()] == [id(parameter) for parameter in model.parameters()]
    assert sum(isinstance(module, FusedAttention) for module in same.modules()) == 3
    assert not any(isinstance(module, FusedAttention) for module in model.modules())
    forward = GpuPass(model)
    model.eval()
    forward(torch.rand(1, 40, 17, 2, dtype=torch.float64))
    assert not any(module.training for module in forward.module.modules())


@pytest.mark.parametrize("name", ["gaitgraph", "gaitset", "gaittr"])
def test_other_networks_have_no_such_attention(name):
    model = build_model(name, **({"in_channels": 3} if name != "gaitset" else {}))
    assert fused(model) is None
    assert banded(model) is None
