"""MediaPipe's segmenter on a real walker at CASIA-B's size, against background subtraction in the same frames."""

import numpy as np
import pytest

for package in ("av", "cv2", "mediapipe"):
    pytest.importorskip(package, reason="silhouettes from video need more packages: make video")
pytestmark = [pytest.mark.video, pytest.mark.slow]

from walking_video import EMPTY, WALK

from gaitcore.modalities.keypoints.video.blazepose import BlazePoseDetector, BlazePoseEstimator
from gaitcore.modalities.keypoints.video.people import box_of
from gaitcore.modalities.silhouettes.video.masks import walker_mask
from gaitcore.modalities.silhouettes.video.segmenters import make_segmenter
from gaitcore.settings.data import Segmenter

MARGIN = 5  # pixels around the box in which the frame is compared with the background
CHANGE = 20  # of a byte value, from which a pixel has changed


@pytest.fixture(scope="module")
def segmenter():
    return make_segmenter(Segmenter())


@pytest.fixture(scope="module")
def posed(walking):
    """Frame number -> keypoints (17, 3) in every sixth frame with one person."""
    detector, estimator = BlazePoseDetector(score=0.5), BlazePoseEstimator()
    found = {n: detector.detect(walking[n]) for n in WALK[2::6]}
    return {n: estimator.estimate([walking[n]], boxes)[0] for n, boxes in found.items() if len(boxes) == 1}


@pytest.fixture(scope="module")
def masks(walking, posed, segmenter):
    return {n: walker_mask(walking[n], pose, segmenter, 0.5) > 0 for n, pose in posed.items()}


def test_the_mask_agrees_with_background_subtraction(walking, posed, masks):
    """The camera stands still, so the median over the walk is the background; shadows and noise differ."""
    background = np.median([walking[n] for n in WALK], axis=0)
    overlaps = []
    for n, mask in masks.items():
        box = box_of(posed[n])
        rows = slice(int(box.y) - MARGIN, int(box.y + box.height) + MARGIN)
        columns = slice(max(0, int(box.x) - MARGIN), int(box.x + box.width) + MARGIN)
        changed = np.zeros_like(mask)
        changed[rows, columns] = (np.abs(walking[n] - background).max(axis=2) > CHANGE)[rows, columns]
        overlaps.append((changed & mask).sum() / (changed | mask).sum())
    assert len(overlaps) == 12
    assert np.mean(overlaps) > 0.7
    assert min(overlaps) > 0.6


def test_joints_lie_on_the_mask(posed, masks):
    """All joints of the body in nearly all frames: the mask has feet, hands and head."""
    inside = [masks[n][tuple(pose[:, 1::-1].round().astype(int).clip(0, (239, 319)).T)] for n, pose in posed.items()]
    assert np.mean(inside) > 0.95


def test_nearly_nothing_is_a_walker_where_nobody_is(walking, posed, segmenter):
    """A box in an empty frame: the network finds far less of it than of the walker."""
    pose = posed[80]
    walker = walker_mask(walking[80], pose, segmenter, 0.5).sum()
    assert walker_mask(walking[EMPTY[0]], pose, segmenter, 0.5).sum() < 0.3 * walker


def test_a_mask_depends_on_its_frame_alone(walking, posed, masks, segmenter):
    for n in (*posed, *reversed(posed)):
        assert (walker_mask(walking[n], posed[n], segmenter, 0.5) > 0).tolist() == masks[n].tolist()
