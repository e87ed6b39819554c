"""The cut and alignment are those of the published code, pixel by pixel."""

import numpy as np
import pytest
from places import GOLDEN

from gaitcore.modalities.silhouettes.pretreatment import COLUMNS, aligned, is_dark


@pytest.fixture(scope="module")
def golden():
    return np.load(GOLDEN / "pretreatment.npz")


def test_frames_are_kept_as_published(golden):
    assert [not is_dark(frame) for frame in golden["frames"]] == golden["kept"].tolist()


def test_every_pixel_is_the_published_one(golden):
    kept = golden["frames"][golden["kept"]]
    np.testing.assert_array_equal(np.stack([aligned(frame) for frame in kept]), golden["output"])


def test_the_columns_of_the_input_are_the_published_ones(golden):
    np.testing.assert_allclose(golden["output"][..., COLUMNS] / 255, golden["cut44"], atol=1e-7)


def test_forty_white_pixels_are_needed():
    frame = np.zeros((240, 320), np.uint8)
    frame[100, 100:139] = 255
    assert is_dark(frame)
    frame[100, 139] = 255
    assert not is_dark(frame)


def test_a_walker_at_the_edge_is_centred_with_empty_columns():
    frame = np.zeros((128, 128), np.uint8)
    frame[:, :10] = 255
    expected = np.zeros((64, 64), np.uint8)
    expected[:, 30:35] = 255  # five columns, of which the third is the centre
    result = aligned(frame)
    assert np.array_equal(result == 255, expected == 255)
    assert np.array_equal(result[:, 36:], expected[:, 36:])


@pytest.mark.parametrize("height", [1, 63, 64, 65, 240])
def test_a_frame_of_any_height_becomes_64_x_64(height):
    frame = np.zeros((240, 320), np.uint8)
    frame[:height, 150:170] = 255
    result = aligned(frame)
    assert (result.shape, result.dtype) == ((64, 64), np.uint8)
    assert (result.max(axis=1) == 255).all()
