"""Attribution where the answer is known: what a network cannot see must stay dark."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gaitcore.inspection.attribution import attribution, frames_for_half
from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.networks import build_model

METHODS = ("grad_cam", "hires_cam")
KNEE = INDEX["left_knee"]


class SeesOneJoint(nn.Module):
    """Takes the left knee out of the poses, smooths it over time and averages."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 8, 5, padding=2, bias=False)
        self.head = nn.Linear(8, 4)

    def last_map(self, poses):
        knee = F.relu(self.conv(poses[:, :, KNEE].transpose(1, 2)))  # (B, 8, T)
        return (F.pad(knee.transpose(1, 2)[:, :, None], (0, 0, KNEE, 16 - KNEE)),)

    def read(self, last):
        return F.normalize(self.head(last.mean(dim=(1, 2))))


def poses(channels=2, frames=60):
    return torch.rand(4, frames, 17, channels, generator=torch.Generator().manual_seed(1))


def own_embeddings(network, probes):
    """The embeddings of the same poses with a little noise, similar enough for a positive attribution."""
    return network.read(*network.last_map(probes + 0.01 * torch.rand_like(probes))).detach()


@pytest.mark.parametrize("method", METHODS)
def test_a_network_that_sees_one_joint_lights_up_that_joint_alone(method):
    torch.manual_seed(0)
    network, probes = SeesOneJoint().eval(), poses()
    weights = attribution(method, network, probes, F.normalize(torch.rand(4, 4)), "cosine")
    assert weights.shape == (4, 60, 17)
    lit = weights.sum(dim=(1, 2)) > 0
    assert lit.any()
    torch.testing.assert_close(weights[lit][:, :, KNEE].sum(dim=1), torch.ones(int(lit.sum())))
    assert (weights[:, :, [joint for joint in range(17) if joint != KNEE]] == 0).all()


@pytest.fixture
def reads_one_joint():
    """A real GaitFormer whose head takes the class token of the left knee and nothing else."""
    torch.manual_seed(0)
    network = build_model("gaitformer").eval()
    network.head_norm = nn.Identity()
    others = [place for place in range(17 * 32) if place // 32 != KNEE]
    with torch.no_grad():
        network.head.weight[:, others] = 0
    return network


def test_hires_cam_leaves_a_joint_dark_that_a_real_network_does_not_read(reads_one_joint):
    weights = attribution("hires_cam", reads_one_joint, poses(), F.normalize(torch.rand(4, 128) - 0.5), "cosine")
    assert weights[:, :, KNEE].sum() > 0
    assert (weights.sum(dim=(0, 1)) > 0).nonzero().tolist() == [[KNEE]]


def test_grad_cam_lights_up_joints_that_gaitformer_does_not_read(reads_one_joint):
    """Its known weakness where a map is not averaged next, and why there is another way."""
    weights = attribution("grad_cam", reads_one_joint, poses(), F.normalize(torch.rand(4, 128) - 0.5), "cosine")
    assert (weights.sum(dim=(0, 1)) > 0).sum() > 1


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_grad_cam_weighs_each_channel_by_its_mean_gradient(distance):
    torch.manual_seed(0)
    network, probes = build_model("gaitmixer").eval(), poses()
    embeddings = own_embeddings(network, probes)
    (last,) = (map_.detach().requires_grad_() for map_ in network.last_map(probes))
    outputs = network.read(last)
    similarities = (outputs * embeddings).sum(dim=1) if distance == "cosine" else -(outputs - embeddings).norm(dim=1)
    (gradient,) = torch.autograd.grad(similarities.sum(), last)  # (B, T, J, C)
    expected = F.relu((last * gradient.mean(dim=(1, 2), keepdim=True)).sum(dim=-1))
    expected = expected / expected.sum(dim=(1, 2), keepdim=True)
    weights = attribution("grad_cam", network, probes, embeddings, distance)
    torch.testing.assert_close(weights, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_shorter_map_is_stretched_to_the_window(method):
    torch.manual_seed(0)
    network, probes = build_model("gaitgraph", in_channels=3).eval(), poses(channels=3)
    assert network.last_map(probes)[0].shape[1] == 15
    weights = attribution(method, network, probes, own_embeddings(network, probes), "cosine")
    assert weights.shape == (4, 60, 17)
    torch.testing.assert_close(weights.sum(dim=(1, 2)), torch.ones(4))


def test_where_nothing_speaks_for_a_match_there_is_no_weight():
    torch.manual_seed(0)
    network = SeesOneJoint().eval()
    weights = attribution("grad_cam", network, torch.zeros(2, 60, 17, 2), torch.ones(2, 4), "cosine")
    assert (weights == 0).all()
    assert np.isnan(frames_for_half(weights.numpy())).all()


def test_half_of_the_weight_is_carried_by_half_of_the_frames_if_all_weigh_the_same():
    assert frames_for_half(np.full((1, 60, 17), 1 / (60 * 17))).tolist() == [30]


def test_half_of_the_weight_may_be_carried_by_one_frame():
    weights = np.zeros((2, 60, 17))
    weights[0, 7, 3] = weights[1, 9, 0] = 0.5
    weights[0, 20:40] = 0.5 / (20 * 17)
    weights[1, 10, 0], weights[1, 11, 0] = 0.3, 0.2
    assert frames_for_half(weights).tolist() == [1, 1]
    weights[1, 9, 0], weights[1, 12, 0] = 0.4, 0.1
    assert frames_for_half(weights).tolist() == [1, 2]
