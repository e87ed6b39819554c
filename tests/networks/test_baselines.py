"""What GaitGraph, GaitGraph2 and PoseGait make of poses before they learn anything from them."""

import math

import numpy as np
import pytest
import torch
from places import GOLDEN

from gaitcore.errors import ConfigError
from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.networks import build_model
from gaitcore.networks.posegait import LIMBS, features
from gaitcore.networks.resgcn import hop_graph

VALUES = GOLDEN / "gaitgraph2_random_weights.npz"


def test_gaitgraph2s_features_are_the_authors():
    arrays = np.load(VALUES)
    views = build_model("gaitgraph2", in_channels=3).features(torch.from_numpy(arrays["input"]))
    expected = torch.from_numpy(arrays["features"]).unbind(dim=-2)
    for name, ours, theirs in zip(("joints", "velocities", "bones"), views, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4, msg=name)


def test_corrected_features_put_the_confidence_where_it_was_meant_to_be():
    poses = torch.from_numpy(np.load(VALUES)["input"])
    as_published, corrected = (
        build_model("gaitgraph2", in_channels=3, features=which).features(poses) for which in ("published", "corrected")
    )
    for published, right in zip(as_published[1:], corrected[1:], strict=True):  # velocities and bones
        assert (published[..., 2] == 0).all()
        assert torch.equal(right[..., 2], poses[..., 2])
        assert torch.equal(right[..., [0, 1, 4]], published[..., [0, 1, 4]])
    over_two_frames = poses[:, 2:, :, 0] - poses[:, :-2, :, 0]
    assert torch.equal(corrected[1][:, :-2, :, 3], over_two_frames)
    assert torch.equal(corrected[0], as_published[0])


def test_a_graphs_columns_sum_to_one_and_hold_each_joint_at_its_distance():
    graph = hop_graph()
    torch.testing.assert_close(graph.sum(dim=(0, 1)), torch.ones(17))
    knee, ankle, hip = (INDEX[f"left_{name}"] for name in ("knee", "ankle", "hip"))
    assert [int(graph[:, start, ankle].nonzero()) for start in (ankle, knee, hip)] == [0, 1, 2]
    assert not graph[:, INDEX["nose"], ankle].any()  # more than three links away


def test_gaitgraph_halves_the_frames_twice_and_takes_any_number():
    model = build_model("gaitgraph", in_channels=3).eval()
    assert [module.temporal.stride for module in model.main] == [2, 1, 2, 1]
    assert model(torch.rand(2, 33, 17, 3)).shape == (2, 128)


def standing(channels):
    """One person, upright: head up (y grows downwards), arms and legs hanging, 100 pixels from neck to hips."""
    pose = torch.zeros(1, 3, 17, channels)
    for name, index in INDEX.items():
        part = name.split("_")[-1]
        pose[..., index, 0] = 200 + 20 * name.startswith("left") - 20 * name.startswith("right")
        heights = {"shoulder": 100, "elbow": 130, "wrist": 160, "hip": 200, "knee": 250, "ankle": 300}
        pose[..., index, 1] = heights.get(part, 80)
    return pose


@pytest.mark.parametrize("channels", [2, 3])
def test_posegaits_features_are_joints_angles_lengths_and_motion(channels):
    pose = standing(channels)
    pose[:, 1:, INDEX["left_ankle"], 0] += 50  # a step in frame 1
    rows = features(pose)
    joints, limbs, angles = 17 * channels, len(LIMBS), len(LIMBS) * (channels - 1)
    assert rows.shape == (1, 3, 2 * joints + angles + limbs)
    normalised, angle, length, motion = rows[0].split([joints, angles, limbs, joints], dim=-1)
    shin = LIMBS.index((INDEX["left_knee"], INDEX["left_ankle"]))
    ankle_x = INDEX["left_ankle"] * channels
    assert normalised[:, ankle_x].tolist() == pytest.approx([0.2, 0.7, 0.7])  # in distances from neck to hips
    assert angle[:, shin].tolist() == pytest.approx([0.0, math.pi / 4, math.pi / 4])
    assert length[:, shin].tolist() == pytest.approx([0.5, 0.5 * math.sqrt(2), 0.5 * math.sqrt(2)])
    assert motion[:, ankle_x].tolist() == pytest.approx([0.5, 0.0, 0.0])
    assert motion.abs().sum() == pytest.approx(0.5)  # nothing else moves, and nothing from the last frame


def test_posegaits_features_do_not_depend_on_place_and_size():
    torch.manual_seed(0)
    pose = standing(2) + 5 * torch.rand(1, 3, 17, 2)
    torch.testing.assert_close(features(3 * pose + 40), features(pose), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "channels", "sentence"),
    [
        ("gaitgraph2", 2, "GaitGraph2 cannot be built: it takes x, y and confidence, not 2 channels."),
        ("posegait", 4, "PoseGait cannot be built: it takes x and y, or x, y and z, not 4 channels."),
    ],
)
def test_channels_a_network_cannot_take_are_refused(name, channels, sentence):
    with pytest.raises(ConfigError) as raised:
        build_model(name, in_channels=channels)
    assert str(raised.value) == sentence
