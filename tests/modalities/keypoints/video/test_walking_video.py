"""MediaPipe on a real walker at CASIA-B's size: found, steady, in step, and nobody where nobody is."""

import numpy as np
import pytest

for package in ("av", "cv2", "mediapipe"):
    pytest.importorskip(package, reason="poses from video need more packages: make video")
pytestmark = [pytest.mark.video, pytest.mark.slow]

import cv2
from walking_video import EMPTY, FPS, WALK

from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.modalities.keypoints.video.blazepose import BlazePoseDetector, BlazePoseEstimator

LIMBS = [
    (INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"])
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]


@pytest.fixture(scope="module")
def detector():
    return BlazePoseDetector(score=0.5)


@pytest.fixture(scope="module")
def found(walking, detector):
    """Frame number -> keypoints (17, 3) where exactly one person is found."""
    estimator = BlazePoseEstimator()
    boxes = {n: detector.detect(walking[n]) for n in WALK}
    alone = [n for n in WALK if len(boxes[n]) == 1]
    poses = estimator.estimate([walking[n] for n in alone], [boxes[n][0] for n in alone])
    return {n: pose for n, pose in zip(alone, poses, strict=True) if np.isfinite(pose).all()}


@pytest.fixture(scope="module")
def poses(found):
    return np.stack(list(found.values()))


@pytest.fixture(scope="module")
def height(poses):
    """Of the body in pixels: from the middle of the ankles to the nose."""
    ankles = poses[:, [INDEX["left_ankle"], INDEX["right_ankle"]], 1].mean(axis=1)
    return float(np.median(ankles - poses[:, INDEX["nose"], 1]))


def test_the_walker_is_found_in_nearly_every_frame(found):
    assert len(found) >= 68


def test_nobody_is_found_in_empty_frames(walking, detector):
    assert [detector.detect(walking[n]) for n in EMPTY] == [[]] * len(EMPTY)


def test_limbs_keep_their_length_within_a_tenth_of_the_bodys_height(poses, height):
    for a, b in LIMBS:
        length = np.linalg.norm(poses[:, a, :2] - poses[:, b, :2], axis=1)
        assert length.std() < 0.03 * height
        assert np.percentile(np.abs(length - np.median(length)), 95) < 0.10 * height


def test_left_and_right_foot_change_places_in_the_rhythm_of_walking(poses):
    apart = poses[:, INDEX["left_ankle"], 0] - poses[:, INDEX["right_ankle"], 0]
    waves = np.abs(np.fft.rfft(apart - apart.mean(), 10 * len(apart)))
    rates = np.fft.rfftfreq(10 * len(apart), 1 / FPS)
    assert 0.8 <= 1 / rates[waves.argmax()] <= 1.4


def test_left_is_left_and_up_is_up(poses):
    """The walker goes to the left, seen from his left side; the points are in COCO's order."""
    assert (np.diff(poses[:, INDEX["nose"], 0])[5:] < 3).all()
    for upper, lower in (("nose", "left_shoulder"), ("left_shoulder", "left_hip"), ("left_hip", "left_knee")):
        assert (poses[:, INDEX[upper], 1] < poses[:, INDEX[lower], 1]).all()
    assert (poses[:, INDEX["nose"], 0] < poses[:, INDEX["left_ear"], 0]).mean() > 0.9
    assert (poses[..., 2] >= 0).all()
    assert (poses[..., 2] <= 1).all()


@pytest.mark.parametrize(("scale", "least"), [(0.6, 5), (0.5, 6)])
def test_small_walkers_are_found_in_tiles_and_have_the_same_joints(walking, detector, found, height, scale, least):
    """69 and 57 pixels tall in a frame of 320 x 240."""
    estimator, errors = BlazePoseEstimator(), []
    for n in range(50, 110, 10):
        small = cv2.resize(walking[n], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        top, left = 120 - small.shape[0] // 2, 160 - small.shape[1] // 2
        frame = np.full_like(walking[n], walking[n].reshape(-1, 3).mean(axis=0).astype(np.uint8))
        frame[top : top + small.shape[0], left : left + small.shape[1]] = small
        boxes = detector.detect(frame)
        if len(boxes) == 1:
            (pose,) = estimator.estimate([frame], boxes)
            expected = found[n][:, :2] * scale + (left, top)
            errors.append(np.linalg.norm(pose[:, :2] - expected, axis=1).mean())
    assert len(errors) >= least
    assert np.mean(errors) < 0.02 * height * scale


def test_two_people_are_counted_in_a_wide_frame(walking, detector):
    wide = np.concatenate([walking[60], walking[100][:, ::-1]], axis=1)
    boxes = sorted(detector.detect(np.ascontiguousarray(wide)))
    assert len(boxes) == 2
    assert boxes[0].x < 320 < boxes[1].x
