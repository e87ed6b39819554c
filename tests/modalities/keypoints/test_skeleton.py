"""The order of a pose's channels is defined once."""

from typing import get_args

from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX, CHANNELS
from gaitcore.settings.input import Channels


def test_a_pose_is_x_y_confidence_and_perhaps_a_depth():
    assert CHANNELS == ("x", "y", "confidence")
    assert CHANNEL_INDEX == {"x": 0, "y": 1, "confidence": 2, "z": 3}


def test_the_settings_know_the_same_channels():
    names = get_args(get_args(get_args(Channels)[0])[0])
    assert set(names) == set(CHANNEL_INDEX)
