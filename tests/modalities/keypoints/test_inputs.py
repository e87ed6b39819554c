"""The input transforms make of poses what the published code makes of them."""

import math

import numpy as np
import pytest
import torch
from places import GOLDEN

from gaitcore.extensions import available
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.input import transform_of
from gaitcore.modalities.keypoints.inputs import human_oriented, skeleton_maps
from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.modalities.keypoints.store import KeypointStore
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.settings.input import Input


def transform(name, unit="pixels"):
    settings = Input(transform=name, channels=("x", "y"), unit=unit, short_sequences="excluded")
    return transform_of(settings, 3, 320)


def golden(file):
    arrays = np.load(GOLDEN / f"{file}.npz")
    return {key: torch.from_numpy(arrays[key]) for key in arrays.files if arrays[key].dtype.kind in "fiu"}


def made(name, poses, unit="pixels"):
    """The input of sequences of one length, (B, T, 17, C)."""
    of = transform(name, unit)
    prepared = of.prepared(poses.flatten(0, 1), torch.full((len(poses),), poses.shape[1]))
    return of(prepared.unflatten(0, poses.shape[:2]))


def test_the_transforms_are_found_by_name():
    assert list(available("inputs")) == ["channels", "human_oriented", "joint_motion_bone", "skeleton_maps"]


def test_joint_motion_bone_are_gaittrs_features():
    arrays = golden("gaittr_random_weights")
    found = made("joint_motion_bone", arrays["poses"])
    torch.testing.assert_close(found, arrays["features"], rtol=0, atol=1e-5)
    assert transform("joint_motion_bone").network_arguments() == {"joints": 17, "in_channels": 10}
    in_widths = made("joint_motion_bone", arrays["poses"], unit="frame_width")
    torch.testing.assert_close(in_widths, arrays["features"] / 320, rtol=0, atol=1e-6)


def test_human_oriented_are_gpgaits_features():
    arrays = golden("gpgait_filled_weights")
    prepared = transform("human_oriented").prepared(arrays["poses"].flatten(0, 1), torch.tensor([40, 40, 40]))
    torch.testing.assert_close(prepared.unflatten(0, (3, 40)), arrays["rescaled"], rtol=0, atol=1e-4)
    torch.testing.assert_close(made("human_oriented", arrays["poses"]), arrays["features"], rtol=0, atol=1e-3)


def test_an_angle_is_pi_where_a_neighbour_is_at_the_joint_and_0_where_all_three_are_in_line():
    poses = torch.zeros(1, 1, 17, 3)
    poses[..., INDEX["left_shoulder"], :2] = torch.tensor([0.0, 0.0])
    poses[..., INDEX["left_elbow"], :2] = torch.tensor([10.0, 10.0])
    poses[..., INDEX["left_wrist"], :2] = torch.tensor([20.0, 20.0])
    angles = transform("human_oriented")(poses)[0, 0, :, 4]
    assert angles[INDEX["left_elbow"]].item() == pytest.approx(0, abs=1e-3)
    assert angles[INDEX["left_knee"]].item() == pytest.approx(math.pi)
    assert angles[INDEX["left_wrist"]].item() == pytest.approx(3 * math.pi / 4)  # below the elbow at the wrist's x


def test_missing_joints_are_filled_from_the_most_similar_frames():
    arrays = golden("skeleton_maps")
    found = skeleton_maps.filled(arrays["poses"])
    torch.testing.assert_close(found, arrays["filled"], rtol=0, atol=1e-4)
    assert not torch.equal(arrays["poses"], arrays["filled"])


def test_a_sequence_with_a_joint_that_is_never_seen_remains_as_it_is():
    poses = golden("skeleton_maps")["poses"].clone()
    poses[:, INDEX["nose"], :2] = 0
    assert torch.equal(skeleton_maps.filled(poses), poses)


def test_each_sequence_is_filled_from_its_own_frames():
    poses = golden("skeleton_maps")["poses"]
    together = transform("skeleton_maps").prepared(torch.cat([3 * poses, poses]), torch.tensor([12, 12]))
    assert torch.equal(together[12:], skeleton_maps.filled(poses))


def test_skeleton_maps_are_opengaits():
    arrays = golden("skeleton_maps")
    canvas = skeleton_maps.normalised(arrays["filled"])
    torch.testing.assert_close(canvas, arrays["normalised"], rtol=0, atol=1e-4)
    limbs = skeleton_maps.drawing(arrays["normalised"][:3], skeleton_maps.LIMBS)
    joints = skeleton_maps.drawing(arrays["normalised"][:3], skeleton_maps.JOINTS_ALONE)
    torch.testing.assert_close(limbs, arrays["raw_limbs"], rtol=0, atol=1e-6)
    torch.testing.assert_close(joints, arrays["raw_joints"], rtol=0, atol=1e-6)
    difference = (skeleton_maps.skeleton_maps(arrays["normalised"]) - arrays["maps"]).abs()
    assert difference.max() <= 1  # grey level, where rounding of the exponential passes a level
    assert (difference > 0).sum() <= 5  # of 98,304 pixels


def test_the_network_receives_the_middle_44_columns_from_0_to_1():
    arrays = golden("skeleton_maps")
    found = made("skeleton_maps", arrays["poses"][None])
    expected = arrays["maps"][..., 10:54].float() / 255
    assert found.shape == (1, 12, 2, 64, 44)
    assert (found[0] - expected).abs().max() <= 1.01 / 255
    assert transform("skeleton_maps").network_arguments() == {"maps": 2}


@pytest.mark.parametrize("name", ["human_oriented", "joint_motion_bone", "skeleton_maps"])
def test_a_frame_without_a_body_gives_numbers(name):
    poses = golden("skeleton_maps")["poses"][None].clone()
    poses[0, 3] = 0.0
    poses[0, 4] = torch.tensor([100.0, 50.0, 0.9])  # all joints at one point
    found = made(name, poses)
    assert torch.isfinite(found).all()
    if name == "skeleton_maps":
        only_zero = made(name, torch.zeros(1, 2, 17, 3))
        assert not only_zero.any()


def test_a_store_prepares_whole_sequences_and_its_noise_is_in_their_unit():
    poses = golden("gpgait_filled_weights")["poses"].numpy()
    walks = {SequenceKey(f"00{i}", "nm", 1, 0): (np.arange(1, 41), walk) for i, walk in enumerate(poses)}
    table = table_of_sequences(walks, PoseInfo("test", 1920, 1080, 25.0))
    stores = {
        name: KeypointStore.of(
            table,
            Input(transform=name, channels=("x", "y"), unit="pixels", short_sequences="excluded"),
            torch.device("cpu"),
        )
        for name in ("human_oriented", "channels")
    }
    height = stores["human_oriented"].keypoints[..., 1].amax(1) - stores["human_oriented"].keypoints[..., 1].amin(1)
    torch.testing.assert_close(height, torch.full((120,), float(human_oriented.HEIGHT)))
    assert (stores["human_oriented"].frame_width, stores["channels"].frame_width) == (320, 1920)
    assert stores["human_oriented"].channels == ("x", "y", "bone_x", "bone_y", "angle", "zero")
