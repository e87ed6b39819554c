"""What a network is given: frames of a window, channels of a pose, in their unit."""

import logging

import numpy as np
import pytest
import torch

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.store import KeypointStore, open_store
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.settings.input import Input


def store(channels=("x", "y"), unit="pixels", values=3, length=4):
    poses = np.arange(length * 17 * values, dtype=np.float32).reshape(length, 17, values)
    walk = {SequenceKey("001", "nm", 1, 0): (np.arange(1, length + 1), poses)}
    table = table_of_sequences(walk, PoseInfo("test", 320, 240, 25.0))
    settings = Input(channels=channels, unit=unit, short_sequences="excluded")
    return torch.from_numpy(poses), KeypointStore.of(table, settings, torch.device("cpu"))


def test_frame_numbers_beyond_the_ends_are_reflected():
    poses, frames = store()
    window = frames.windows(torch.tensor([0]), torch.arange(-4, 9)[None])[0]
    assert torch.equal(window, poses[[2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]])


def test_x_and_y_are_divided_by_the_width_and_the_confidence_is_not():
    poses, frames = store(("x", "confidence", "y"), unit="frame_width")
    window = frames.network_input(poses)
    torch.testing.assert_close(window, poses[..., [0, 2, 1]] / torch.tensor([320.0, 1.0, 320.0]))
    assert frames.network_arguments() == {"joints": 17, "in_channels": 3}
    poses, frames = store(("x", "y"), unit="frame_width")
    assert torch.equal(frames.network_input(poses), poses[..., :2] / 320)


def test_pixels_are_unchanged():
    poses, frames = store(("x", "y", "confidence"))
    assert torch.equal(frames.network_input(poses), poses)


@pytest.mark.parametrize(("values", "channels"), [(4, ("x", "y", "z")), (3, ("x", "y"))])
def test_a_z_is_used_where_there_is_one_and_left_out_with_a_message_where_not(values, channels, caplog):
    with caplog.at_level(logging.INFO):
        poses, frames = store(("x", "y", "z"), values=values)
    assert frames.channels == channels
    assert frames.network_input(poses).shape == (4, 17, len(channels))
    assert ("the poses have no z: the network receives x, y" in caplog.text) is (values == 3)
    if values == 4:
        assert torch.equal(frames.network_input(poses)[..., 2], poses[..., 3])


def test_a_store_holds_the_frames_of_the_kept_sequences_and_of_no_others(tmp_path):
    walks = {
        SequenceKey(subject, "nm", 1, 0): (np.arange(1, frames + 1), np.full((frames, 17, 3), frames, np.float32))
        for subject, frames in (("001", 2), ("002", 3), ("003", 4))
    }
    table_of_sequences(walks, PoseInfo("test", 320, 240, 25.0, source_digest="ab")).write(tmp_path / "poses.parquet")
    settings = Input(channels=("x", "y"), unit="pixels", short_sequences="excluded")
    kept = open_store(tmp_path / "poses.parquet", np.array([True, False, True]), settings, torch.device("cpu"))
    assert kept.lengths.tolist() == [2, 4]
    assert kept.keypoints[:, 0, 0].tolist() == [2, 2, 4, 4, 4, 4]
    assert kept.source_digest == "ab"
