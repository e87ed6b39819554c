"""Decoding maps: values worked out by hand, and a round trip from keypoints to maps and back."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="poses from video need more packages: make video")
pytestmark = pytest.mark.video

from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.modalities.keypoints.video.crops import crop_of
from gaitcore.modalities.keypoints.video.heatmaps import dark, quarter_pixel, simcc


def one_map(height=8, width=6, **pixels):
    """A map (1, 1, height, width) of zeros with the given pixels, named like x3y2."""
    drawn = np.zeros((1, 1, height, width), np.float32)
    for name, value in pixels.items():
        x, y = name[1:].split("y")
        drawn[0, 0, int(y), int(x)] = value
    return drawn


@pytest.mark.parametrize(
    ("pixels", "point"),
    [
        ({"x3y4": 1.0, "x4y4": 0.5, "x2y4": 0.4, "x3y3": 0.2, "x3y5": 0.1}, (3.25, 3.75)),
        ({"x3y4": 1.0}, (3, 4)),  # equal neighbours: not moved
        ({"x3y4": 1.0, "x2y4": 0.1}, (2.75, 4)),
        ({"x1y4": 1.0, "x2y4": 0.5}, (1, 4)),  # in the first two or the last column the published code does not move
        ({"x5y4": 1.0, "x4y4": 0.5}, (5, 4)),
        ({"x4y6": 1.0, "x4y5": 0.5}, (4, 5.75)),
        ({"x4y7": 1.0, "x4y6": 0.5}, (4, 7)),
        ({"x3y4": 1.0, "x2y5": 1.0}, (3, 4)),  # of two maxima, the first row's
    ],
)
def test_the_highest_pixel_is_moved_a_quarter_toward_its_higher_neighbour(pixels, point):
    points, confidence = quarter_pixel(one_map(**pixels))
    assert points[0, 0].tolist() == list(point)
    assert confidence.tolist() == [[1.0]]


def test_a_map_without_a_positive_value_gives_the_corner_and_its_own_value():
    points, confidence = quarter_pixel(one_map() - 0.5)
    assert (points.tolist(), confidence.tolist()) == ([[[0, 0]]], [[-0.5]])


def test_the_confidence_is_the_raw_maximum_even_above_one():
    assert quarter_pixel(one_map(x3y4=1.75))[1].tolist() == [[1.75]]


def bells(points: np.ndarray, width: int, height: int, spread: float) -> np.ndarray:
    """Heat maps (N, J, height, width) of points (N, J, 2), as training draws them, but at the exact place."""
    y, x = np.mgrid[:height, :width]
    squares = (x - points[..., 0, None, None]) ** 2 + (y - points[..., 1, None, None]) ** 2
    return np.exp(-squares / (2 * spread**2)).astype(np.float32)


def test_keypoints_drawn_as_bells_come_back_within_three_tenths_of_a_map_pixel():
    generator = np.random.default_rng(0)
    points = generator.uniform((3, 3), (68, 92), (20, 17, 2))
    found, confidence = quarter_pixel(bells(points, 72, 96, spread=3))
    assert np.abs(found - points).max() <= 0.26  # a quarter at most on each axis
    assert confidence.min() > 0.97


def test_keypoints_of_a_frame_come_back_through_crop_and_map_within_three_tenths_of_a_pixel():
    generator = np.random.default_rng(1)
    crop = crop_of(Box(120, 60, 50, 110), 288 / 384)  # 137.5 pixels high on a map of 96
    keypoints = generator.uniform((crop.x - 40, crop.y - 60), (crop.x + 40, crop.y + 60), (30, 17, 2))
    in_map = (keypoints - (crop.x, crop.y)) * (72 / crop.width) + (36, 48)
    found, _ = quarter_pixel(bells(in_map, 72, 96, spread=3))
    distance = np.linalg.norm(crop.to_frame(found, 72, 96) - keypoints, axis=-1)
    assert np.median(distance) < 0.3
    found, _ = dark(bells(in_map, 72, 96, spread=3))
    assert np.linalg.norm(crop.to_frame(found, 72, 96) - keypoints, axis=-1).max() < 0.3


def test_dark_finds_the_top_of_a_bell_between_pixels():
    points = np.array([[[20.3, 40.8], [30.0, 50.0]]])
    found, confidence = dark(bells(points, 48, 64, spread=2))
    assert np.abs(found - points).max() < 0.01
    assert confidence[0, 1] == 1
    assert dark(np.zeros((1, 1, 64, 48), np.float32))[0].tolist() == [[[-1, -1]]]


def test_simcc_takes_the_highest_bins_and_the_mean_of_both_maxima():
    x, y = np.zeros((1, 2, 12), np.float32), np.zeros((1, 2, 16), np.float32)
    x[0, 0, 7], y[0, 0, 3] = 0.5, 0.75
    x[0, 1] = y[0, 1] = -1
    points, confidence = simcc(x, y)
    assert points.tolist() == [[[7, 3], [-1, -1]]]
    assert confidence.tolist() == [[0.625, -1]]
