"""What a network is given: frames of a window, channels of a pose, in their unit."""

import logging

import numpy as np
import pytest
import torch

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.input import NetworkInput
from gaitcore.modalities.keypoints.store import FrameStore
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.settings.input import Input


def store(channels=3, length=4):
    poses = np.arange(length * 17 * channels, dtype=np.float32).reshape(length, 17, channels)
    walk = {SequenceKey("001", "nm", 1, 0): (np.arange(1, length + 1), poses)}
    table = table_of_sequences(walk, PoseInfo("test", 320, 240, 25.0))
    return torch.from_numpy(poses), FrameStore.from_table(table, torch.device("cpu"))


def given(channels, frames, unit="pixels"):
    return NetworkInput.of(Input(channels=channels, unit=unit, short_sequences="excluded"), frames)


def test_a_sequence_runs_backwards_beyond_its_ends():
    poses, frames = store()
    window = frames.gather(torch.tensor([0]), torch.arange(-4, 9)[None])[0]
    assert torch.equal(window, poses[[2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]])


def test_x_and_y_are_divided_by_the_width_and_the_confidence_is_not():
    poses, frames = store()
    window = given(("x", "confidence", "y"), frames, unit="frame_width")(poses)
    torch.testing.assert_close(window, poses[..., [0, 2, 1]] / torch.tensor([320.0, 1.0, 320.0]))
    assert torch.equal(given(("x", "y"), frames, unit="frame_width")(poses), poses[..., :2] / 320)


def test_pixels_are_as_they_are():
    poses, frames = store()
    assert torch.equal(given(("x", "y", "confidence"), frames)(poses), poses)


@pytest.mark.parametrize(("channels", "found"), [(4, ("x", "y", "z")), (3, ("x", "y"))])
def test_a_z_is_used_where_there_is_one_and_left_out_with_a_message_where_not(channels, found, caplog):
    poses, frames = store(channels)
    with caplog.at_level(logging.INFO):
        network_input = given(("x", "y", "z"), frames)
    assert network_input.channels == found
    assert network_input(poses).shape == (4, 17, len(found))
    assert ("the poses have no z: the network receives x, y" in caplog.text) is (channels == 3)
    if channels == 4:
        assert torch.equal(network_input(poses)[..., 2], poses[..., 3])
