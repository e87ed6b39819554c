"""The bounds of a frame of keypoints: what estimators give passes, and everything else has a reason."""

import numpy as np
import pytest

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.bounds import faults, normalised
from gaitcore.modalities.keypoints.parsing.usable import usable_frames
from gaitcore.modalities.keypoints.table import PoseInfo
from gaitcore.modalities.report import DropReport

KEY = SequenceKey("001", "nm", 1, 90)


def poses(frames: int = 4, channels: int = 3, dtype: type = np.float32) -> np.ndarray:
    values = np.random.default_rng(0).uniform(20, 200, (frames, 17, channels))
    values[..., 2] = 0.9
    return values.astype(dtype)


@pytest.mark.parametrize(
    ("index", "value", "reason"),
    [
        ((1, 0, 0), np.nan, "a NaN or infinite coordinate"),
        ((1, 16, 2), np.inf, "a NaN or infinite coordinate"),
        ((1, 3, 0), 1e30, "x of left_ear is 1e+30, expected -3200 to 3200 pixels (10 frames)"),
        ((1, 3, 1), -2401, "y of left_ear is -2401, expected -2400 to 2400 pixels (10 frames)"),
        ((1, 0, 2), 900, "confidence of nose is 900, expected -1 to 20"),
        ((1, 0, 2), -2, "confidence of nose is -2, expected -1 to 20"),
    ],
)
def test_a_value_out_of_bounds_is_named(index, value, reason):
    keypoints = poses()
    keypoints[index] = value
    assert faults(keypoints, 320, 240) == {1: reason}


def test_the_depth_has_the_bounds_of_x():
    keypoints = poses(channels=4)
    keypoints[2, 1, 3] = 3201
    assert faults(keypoints, 320, 240) == {2: "z of left_eye is 3201, expected -3200 to 3200 pixels (10 frames)"}


def test_a_frame_of_zeros_is_a_fault_whatever_its_confidences():
    keypoints = poses()
    keypoints[0] = 0
    keypoints[2, :, :2] = 0
    keypoints[3, :16, :2] = 0  # one joint is somewhere
    zeros = "all 17 joints at (0, 0), nobody was detected"
    assert faults(keypoints, 320, 240) == {0: zeros, 2: zeros}


def test_points_outside_the_picture_and_raw_scores_pass():
    keypoints = poses()
    keypoints[0, :, 0], keypoints[1, :, 1] = -300, 700
    keypoints[2, :, 2], keypoints[3, :, 2] = 12.5, -0.4
    assert faults(keypoints, 320, 240) == {}
    assert faults(keypoints[:0], 320, 240) == {}


def test_fractions_of_the_picture_are_no_pixels():
    fractions = poses() / 240
    fractions[0, 0, :2] = 0.05, 0.875
    assert normalised(fractions, 320, 240) == (
        "coordinates from 0.05 to 0.875, expected pixels of a frame of 320 x 240"
    )
    assert normalised(2 * fractions - 1, 320, 240)
    assert normalised(fractions, 1, 1) == ""
    assert normalised(poses(), 320, 240) == ""
    one = fractions.copy()
    one[0, 0, 0] = 3
    assert normalised(one, 320, 240) == ""


def test_the_usable_frames_of_a_sequence_are_kept_and_the_others_reported(tmp_path):
    keypoints = poses(5, dtype=np.float64)
    keypoints[1], keypoints[3, 0, 0] = 0, 1e30
    report = DropReport()
    info = PoseInfo("test", 320, 240, 25.0)
    frame, kept = usable_frames(tmp_path, KEY, np.arange(10, 15), keypoints, info, report)
    assert (frame.tolist(), frame.dtype, kept.dtype) == ([10, 12, 14], np.int32, np.float32)
    assert np.array_equal(kept, keypoints[[0, 2, 4]].astype(np.float32))
    assert [(row.frame, row.reason) for row in report.to_frame().itertuples()] == [
        (11, "all 17 joints at (0, 0), nobody was detected"),
        (13, "x of nose is 1e+30, expected -3200 to 3200 pixels (10 frames)"),
    ]


def test_a_sequence_without_a_usable_frame_or_in_fractions_is_none(tmp_path):
    info, report = PoseInfo("test", 320, 240, 25.0), DropReport()
    assert usable_frames(tmp_path, KEY, np.arange(4), 0 * poses(), info, report) is None
    assert len(report) == 4
    assert usable_frames(tmp_path, KEY, np.arange(4), poses() / 240, info, report) is None
    assert report.sentence(4).endswith("expected pixels of a frame of 320 x 240")
