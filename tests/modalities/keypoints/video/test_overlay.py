"""The skeleton on the frames: in the right place, in the right colours, and a caption where there is none."""

import numpy as np
import pytest

for package in ("av", "cv2", "onnx"):
    pytest.importorskip(package, reason="poses from video need more packages: make video")
pytestmark = pytest.mark.video

import av
import cv2
from drawn_video import write_video

from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.modalities.keypoints.video.overlay import LEFT, MIDDLE, RIGHT, draw_sequence, draw_skeleton

GREY = np.full((240, 320, 3), 60, np.uint8)


@pytest.fixture
def pose():
    """Joints apart from one another, all sure."""
    return np.column_stack([20 + 16 * np.arange(17), 40 + 10 * np.arange(17) % 90, np.ones(17)])


def test_left_right_and_middle_have_their_colours_at_the_joints(pose):
    drawn = draw_skeleton(GREY, pose)
    for joint, colour in (("left_wrist", LEFT), ("right_ankle", RIGHT), ("nose", MIDDLE)):
        x, y = pose[INDEX[joint], :2].astype(int)
        assert drawn[y, x].tolist() == list(colour)
    assert (GREY == 60).all()


def test_a_sequence_becomes_a_strip_and_a_video(tmp_path, pose):
    video = write_video(tmp_path / "001-nm-01-090.avi", [GREY] * 12)
    table = table_of_sequences(
        {SequenceKey("001", "nm", 1, 90): (np.arange(3, 13), np.stack([pose] * 10))}, PoseInfo("walks", 320, 240, 25.0)
    )
    table.write(tmp_path / "poses.parquet")
    strip, movie = tmp_path / "strip.png", tmp_path / "movie.mp4"
    draw_sequence(video, tmp_path / "poses.parquet", "001-nm-01-090", strip=strip, video_out=movie)
    picture = cv2.imread(str(strip))
    assert picture.shape == (24 + 240, 8 * 320, 3)
    assert (picture[24:] != 60).any(axis=(0, 2)).reshape(8, 320).any(axis=1).all()  # something on each of the eight
    with av.open(str(movie)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert [frame.shape for frame in frames] == [(480, 640, 3)] * 12  # small frames are drawn twice as large
    assert frames[1].std() < 5 < frames[2].std()  # the third is the first with a pose


def test_a_sequence_that_was_left_out_is_drawn_without_a_skeleton(tmp_path, pose):
    table_of_sequences({}, PoseInfo("walks", 320, 240, 25.0)).write(tmp_path / "poses.parquet")
    video = write_video(tmp_path / "001-nm-01-090.avi", [GREY] * 3)
    broken = tmp_path / "001-nm-02-090.avi"
    broken.write_text("no video")
    for source, width in ((video, 3 * 320), (broken, 8 * 240)):
        strip = tmp_path / f"{source.stem}.png"
        draw_sequence(
            source, tmp_path / "poses.parquet", source.stem, strip=strip, video_out=tmp_path / f"{source.stem}.mp4"
        )
        picture = cv2.imread(str(strip))
        assert picture.shape[1] == width
        assert picture[:24].max() == 255  # the caption
        assert np.ptp(picture[24:]) == 0
