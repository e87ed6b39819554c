"""What a network computes of each frame independently, apart from the rest."""

import pytest
import torch
from torch import nn

from gaitcore.execution.banded import Banded
from gaitcore.execution.fused_attention import FusedAttention
from gaitcore.execution.host_reads import no_host_reads
from gaitcore.execution.per_frame import per_frame
from gaitcore.networks import build_model


@pytest.mark.parametrize("name", ["gaitmixer", "gaitformer"])
def test_overlapping_windows_share_the_spatial_mixer(name):
    torch.manual_seed(0)
    model = build_model(name, frames=12).eval()
    of_frames, rest = per_frame(model)
    walk = torch.rand(20, 1, 17, 2)  # frames
    windows = torch.stack([torch.arange(start, start + 12) for start in (0, 3, 8)])
    assert of_frames is model.spatial
    shared = rest(of_frames(walk)[windows, 0])
    torch.testing.assert_close(shared, model(walk[windows, 0]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["gaitmixer", "gaitformer"])
def test_on_a_gpu_the_rest_takes_the_special_path_of_the_network(name):
    torch.manual_seed(0)
    model = build_model(name, frames=40).eval()
    of_frames, rest = per_frame(model, on_gpu=True)
    windows = torch.stack([torch.arange(start, start + 40) for start in (0, 3, 8)])
    walk = torch.rand(48, 1, 17, 2)
    with no_host_reads():
        shared = rest(of_frames(walk)[windows, 0])
    torch.testing.assert_close(shared, model(walk[windows, 0]), rtol=0, atol=1e-6)
    special = rest.modules() if isinstance(rest, nn.Module) else [rest.__self__]
    assert any(isinstance(module, Banded | FusedAttention) for module in special)


@pytest.mark.parametrize("name", ["gaitgraph", "gaitgraph2", "posegait"])
def test_a_network_that_mixes_frames_from_the_start_is_left_as_it_is(name):
    model = build_model(name, in_channels=3).eval()
    of_frames, rest = per_frame(model)
    x = torch.rand(2, 60, 17, 3)
    assert of_frames(x) is x
    assert rest is model


class UsedTwice(nn.Module):
    """Its input goes into a module for each frame and beside it."""

    def __init__(self):
        super().__init__()
        self.frames = nn.Linear(2, 2)
        self.frames.per_frame = True

    def forward(self, x):
        return self.frames(x).mean(dim=(1, 2)) + x.amax(dim=(1, 2))


class Branching(nn.Module):
    def forward(self, x):
        return x.mean(dim=(1, 2)) if len(x) > 3 else x.amax(dim=(1, 2))


@pytest.mark.parametrize("build", [UsedTwice, Branching])
def test_a_network_that_cannot_be_taken_apart_is_left_as_it_is(build):
    model = build().eval()
    of_frames, rest = per_frame(model)
    x = torch.rand(2, 5, 17, 2)
    assert of_frames(x) is x
    assert rest is model
