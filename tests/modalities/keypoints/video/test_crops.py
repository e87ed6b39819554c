"""The crop around a box, there and back, against values worked out by hand."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="poses from video need more packages: make video")
pytestmark = pytest.mark.video

from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.modalities.keypoints.video.crops import Crop, crop_of


@pytest.mark.parametrize(
    ("box", "crop"),
    [
        (Box(100, 50, 60, 120), Crop(130, 110, 112.5, 150)),  # too narrow: 120 x 0.75 = 90 wide, times 1.25
        (Box(0, 0, 150, 40), Crop(75, 20, 187.5, 250)),  # too low: 150 / 0.75 = 200 high, times 1.25
        (Box(10.5, 20.25, 75, 100), Crop(48, 70.25, 93.75, 125)),  # as it should be; no pixel is rounded
    ],
)
def test_a_box_keeps_its_centre_and_grows_to_three_by_four(box, crop):
    assert crop_of(box, 288 / 384) == pytest.approx(crop)


def test_a_crop_that_is_twice_as_large_as_its_input_shows_every_second_pixel():
    image = np.zeros((40, 40, 3), np.uint8)
    image[::2, ::2] = np.arange(20)[None, :, None] * 10 + np.arange(20)[:, None, None]
    cut = Crop(20, 20, 16, 16).cut(image, 8, 8)  # from 12 to 28 on both axes
    assert cut.shape == (8, 8, 3)
    assert cut[..., 0].tolist() == [[10 * x + y for x in range(6, 14)] for y in range(6, 14)]


def test_between_two_pixels_the_crop_is_their_mean():
    image = np.zeros((10, 10, 3), np.uint8)
    image[:, 5] = 200
    assert Crop(5, 5, 4, 4).cut(image, 8, 8)[4, :, 0].tolist() == [0, 0, 0, 100, 200, 100, 0, 0]


def test_outside_the_frame_a_crop_is_black():
    cut = Crop(0, 0, 8, 8).cut(np.full((20, 20, 3), 255, np.uint8), 8, 8)
    assert (cut[:4] == 0).all()
    assert (cut[:, :4] == 0).all()
    assert (cut[4:, 4:] == 255).all()


def test_a_point_of_the_map_goes_back_to_the_frame():
    crop = Crop(130, 110, 112.5, 150)  # a 72 x 96 map: 1.5625 pixels of the frame to one of the map
    points = np.array([[36.0, 48.0], [0.0, 0.0], [72.0, 96.0], [10.25, 20.75]])
    expected = [[130, 110], [73.75, 35], [186.25, 185], [73.75 + 16.015625, 35 + 32.421875]]
    assert crop.to_frame(points, 72, 96).tolist() == expected
