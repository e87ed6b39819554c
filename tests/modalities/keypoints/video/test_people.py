"""Who is followed and which frames are dropped, on drawn walkers that real ONNX models see."""

import numpy as np
import pytest

for package in ("av", "cv2", "onnx", "onnxruntime"):
    pytest.importorskip(package, reason="poses from video need more packages: make video")
pytestmark = pytest.mark.video

from drawn_video import draw, settings, walked, write_video

from gaitcore.modalities.keypoints.video.decoding import Decoder, Note
from gaitcore.modalities.keypoints.video.estimators import make_detector, make_estimator
from gaitcore.modalities.keypoints.video.people import EXACTLY_ONE, TRACK, Following, box_of, walker_of
from gaitcore.settings.data import Video

FRAMES = 24
NOBODY = np.zeros((240, 320, 3), np.uint8)


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    """Detectors of at most one and at most two people, and an estimator."""
    folder = tmp_path_factory.mktemp("models")
    one, two = (Video.model_validate(settings(folder / str(parts), parts=parts)) for parts in (1, 2))
    return {1: make_detector(one), 2: make_detector(two), "estimator": make_estimator(one)}


def side(left: float, height: float = 1.0) -> np.ndarray:
    """A walker (T, 17, 2) who stays ``left`` pixels from the frame's left side, so many times as high."""
    joints = walked(1, "nm", 1, 0)[:FRAMES] * height
    return joints - joints.mean(axis=1, keepdims=True) + (left, 120)


def poses_of(path, tools, people=EXACTLY_ONE, every=1, parts=2):
    decoder = Decoder(path, 320, 240, 25)
    return walker_of(decoder, tools[parts], tools["estimator"], Following(people, every))


def missed(found, joints) -> float:
    """Median distance of the joints that were found from those that were drawn, pixels."""
    return float(np.median(np.linalg.norm(found.keypoints[..., :2] - joints[found.frame - 1], axis=-1)))


def test_frames_with_other_than_one_person_are_dropped_with_the_number(tmp_path, tools):
    left, right = side(80), side(240)
    frames = [
        draw(one, other) if n in (3, 4) else draw(one) for n, (one, other) in enumerate(zip(left, right, strict=True))
    ]
    frames[0] = frames[10] = NOBODY
    found = poses_of(write_video(tmp_path / "a.avi", frames), tools)
    assert found.frame.tolist() == [n + 1 for n in range(FRAMES) if n not in (0, 3, 4, 10)]
    assert missed(found, left) < 1.5
    assert found.notes == [
        Note(1, "nobody found"),
        Note(4, "2 people, data.video.people expects exactly one"),
        Note(5, "2 people, data.video.people expects exactly one"),
        Note(11, "nobody found"),
    ]


def test_a_video_with_two_people_in_every_frame_is_left_out_with_one_reason(tmp_path, tools):
    frames = [draw(one, other) for one, other in zip(side(80), side(240), strict=True)]
    found = poses_of(write_video(tmp_path / "a.avi", frames), tools)
    assert (found.frame.shape, found.keypoints.shape) == ((0,), (0, 17, 3))
    assert found.notes == [
        Note(None, "left out: no pose in any of 24 frames: 2 people, data.video.people expects exactly one (24 frames)")
    ]


def test_nobody_in_the_whole_video_leaves_it_out_with_one_reason(tmp_path, tools):
    found = poses_of(write_video(tmp_path / "a.avi", [NOBODY] * 5), tools)
    assert found.notes == [Note(None, "left out: no pose in any of 5 frames: nobody found (5 frames)")]
    assert poses_of(tmp_path / "a.avi", tools, TRACK).notes == found.notes


def test_tracking_follows_the_larger_of_two_people_and_names_the_other(tmp_path, tools):
    small, large = side(80, 0.7), side(240)
    frames = [draw(one, other) for one, other in zip(small, large, strict=True)]
    found = poses_of(write_video(tmp_path / "a.avi", frames), tools, TRACK)
    assert found.frame.tolist() == list(range(1, FRAMES + 1))
    assert missed(found, large) < 1.5
    tracks = "the walker is in 24 frames, 1 to 24; left out: a person in 24 frames, 1 to 24 (data.tracking)"
    assert found.notes[0] == Note(None, tracks)
    assert [note.frame for note in found.notes[1:]] == found.frame.tolist()
    assert all(note.reason.startswith("another person, box ") for note in found.notes[1:])


def test_between_detections_the_box_is_made_of_the_keypoints(tmp_path, tools):
    """The detector looks at four frames; the walker crosses the frame all the same."""
    joints = walked(1, "nm", 1, 90)[:40]
    found = poses_of(write_video(tmp_path / "a.avi", [draw(one) for one in joints]), tools, TRACK, every=10, parts=1)
    assert found.frame.tolist() == list(range(1, 41))
    assert np.ptp(found.keypoints[:, :, 0].mean(axis=1)) > 80
    assert missed(found, joints) < 1.5
    assert found.notes == []


def test_a_person_who_leaves_between_detections_is_no_longer_followed(tmp_path, tools):
    frames = [draw(one) for one in side(160)[:8]] + [NOBODY] * 8
    found = poses_of(write_video(tmp_path / "a.avi", frames), tools, TRACK, every=6, parts=1)
    assert found.frame.tolist() == list(range(1, 9))
    assert found.notes == [Note(n, "nobody found") for n in range(9, 17)]


def test_a_file_that_is_no_video_is_left_out(tmp_path, tools):
    path = tmp_path / "a.avi"
    path.write_text("hello")
    assert poses_of(path, tools).notes == [
        Note(None, "left out: not a video that can be read (Invalid data found when processing input)")
    ]


def test_the_box_of_keypoints_has_their_centre_and_some_room():
    keypoints = np.zeros((17, 3))
    keypoints[:, 0], keypoints[:, 1] = np.linspace(100, 140, 17), np.linspace(50, 150, 17)
    assert box_of(keypoints) == pytest.approx((120 - 23, 100 - 57.5, 46, 115))
