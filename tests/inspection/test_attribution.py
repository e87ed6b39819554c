"""Attribution where the answer is known: what a network cannot see must stay dark."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gaitcore.inspection.attribution import attribution, frames_for_half, silhouette_attribution
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


class SeesOneCell(nn.Module):
    """Takes one cell of the means over squares of ``side`` pixels, of silhouettes padded to ``width`` columns."""

    def __init__(self, side, width, row, column):
        super().__init__()
        self.side, self.width, self.row, self.column = side, width, row, column

    def last_map(self, silhouettes):
        aside = (self.width - silhouettes.shape[-1]) // 2
        return (F.avg_pool2d(F.pad(silhouettes, (aside, aside)), self.side)[..., None] + 1,)

    def read(self, last):
        return last[:, :, self.row, self.column].mean(dim=1)  # (B, 1)


@pytest.mark.parametrize(
    ("side", "width", "column", "seen"),
    [
        (4, 44, 5, range(20, 24)),  # a map of 16 x 11
        (8, 64, 3, range(14, 22)),  # a map of 8 x 8, of a square with 10 columns more at each side
    ],
)
def test_a_cell_of_the_map_is_drawn_where_it_is_in_the_silhouette(side, width, column, seen):
    network = SeesOneCell(side, width, 2, column)
    weights = silhouette_attribution(
        "hires_cam", network, torch.rand(2, 5, 64, 44), torch.full((2, 1), 9.0), "euclidean"
    )
    assert weights.shape == (2, 64, 44)
    torch.testing.assert_close(weights.sum(dim=(1, 2)), torch.ones(2))
    columns, rows = weights[0].sum(dim=0), weights[0].sum(dim=1)
    spread = side // 2  # of the interpolation, to both sides
    assert columns.nonzero().flatten().tolist() == list(range(seen.start - spread, seen.stop + spread))
    assert rows.nonzero().flatten().tolist() == list(range(2 * side - spread, 3 * side + spread))
    middle = seen.start + side / 2 - 0.5
    assert float((columns * torch.arange(44)).sum()) == pytest.approx(middle, abs=1e-4)


@pytest.mark.parametrize("name", ["gaitset", "gaitpart", "gaitnet"])
@pytest.mark.parametrize("method", METHODS)
def test_networks_of_silhouettes_have_weights_over_rows_and_columns(name, method):
    torch.manual_seed(0)
    network = build_model(name).eval()
    silhouettes = torch.rand(2, 5, 64, 44)
    match = network(silhouettes + 0.1 * torch.rand(2, 5, 64, 44)).detach()
    weights = silhouette_attribution(method, network, silhouettes, match, "euclidean")
    assert weights.shape == (2, 64, 44)
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(dim=(1, 2)), torch.ones(2))


def test_hires_cam_of_gaitpart_is_in_the_strip_of_the_part_that_is_compared():
    torch.manual_seed(0)
    network = build_model("gaitpart").eval()
    with torch.no_grad():
        network.head.weight[torch.arange(16) != 9] = 0
    silhouettes = torch.rand(1, 5, 64, 44)
    match = network(torch.rand(1, 5, 64, 44)).detach()
    rows = silhouette_attribution("hires_cam", network, silhouettes, match, "cosine").sum(dim=(0, 2))
    assert set(rows.nonzero().flatten().tolist()) <= set(range(34, 42))  # rows 36 to 39, and the interpolation
    assert rows[36:40].sum() > 0.5


def test_the_weights_of_parts_are_gradients_of_their_distances_without_the_terms_of_the_probe_alone():
    torch.manual_seed(0)
    network = build_model("gaitpart", widths=[4, 8, 16], embedding_dim=8).eval()
    silhouettes = torch.rand(2, 5, 64, 44)
    match = network(torch.rand(2, 5, 64, 44)).detach()
    last = network.last_map(silhouettes)[0].detach().requires_grad_()
    parts = network.read(last)  # (B, 16, 8)
    without_own = match / (parts - match).norm(dim=2, keepdim=True)
    (gradient,) = torch.autograd.grad(parts, last, without_own.detach())
    cells = F.relu((last * gradient).sum(dim=-1)).sum(dim=1)  # (B, 16, 11)
    expected = F.interpolate(cells[:, None], (64, 44), mode="bilinear")[:, 0]
    expected = expected / expected.sum(dim=(1, 2), keepdim=True)
    weights = silhouette_attribution("hires_cam", network, silhouettes, match, "euclidean")
    torch.testing.assert_close(weights, expected, rtol=1e-4, atol=1e-7)


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
