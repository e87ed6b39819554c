"""The frame's number in the name of a picture, in the spellings that people have, and in linear time."""

from time import process_time

import pytest

from gaitcore.modalities.keypoints.parsing.frame_names import frame_number, why_no_frame


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("000012.jpg", 12),
        ("12", 12),
        ("001-nm-01-090/000012.JPEG", 12),
        ("001-nm-01-090\\000012.jpg", 12),
        ("frame_0012.png", 12),
        ("frame0012.png", 12),
        ("cam2 12.jp2", 12),
        ("001-nm-01-090-012.png", 12),
        ("999999999.jpg", 999999999),
        ("-5.jpg", None),
        ("frame--5.jpg", None),
        ("1.5.jpg", None),
        ("1e5.jpg", None),
        ("first.jpg", None),
        ("\u0663.jpg", None),
        ("1\x00.jpg", None),
        ("", None),
    ],
)
def test_the_number_is_at_the_end_of_the_name(name, number):
    assert frame_number(name) == number


def test_a_time_stamp_is_named_by_its_digits():
    assert frame_number("x/1690000000123.jpg") is None
    assert why_no_frame("x/1690000000123.jpg") == (
        "a frame number of 13 digits, expected at most 9; number the frames from 1"
    )
    assert why_no_frame("first.jpg") == (
        "no frame number, expected a name with a frame number such as 000001.jpg or frame_0001.png"
    )


@pytest.mark.parametrize("part", ["a", "1", "a_", "a_1.", "/", "1.a"])
def test_a_name_of_two_megabytes_takes_no_time(part):
    started = process_time()
    assert frame_number(part * (2_000_000 // len(part))) is None
    why_no_frame(part * (2_000_000 // len(part)))
    assert process_time() - started < 0.5
