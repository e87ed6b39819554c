"""ONNX models as estimator and detector: the same points and boxes as rtmlib's, and models that do not fit."""

import numpy as np
import pytest

for package in ("av", "cv2", "onnx", "onnxruntime"):
    pytest.importorskip(package, reason="poses from video need more packages: make video")
pytestmark = pytest.mark.video

from drawn_video import constant_model, draw, person_model, pose_model, save_model, settings, walked

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.modalities.keypoints.video.estimators import make_detector, make_estimator
from gaitcore.modalities.keypoints.video.onnx_pose import OnnxEstimator
from gaitcore.modalities.keypoints.video.yolox import YoloxDetector
from gaitcore.settings.data import Video

BOXES = [Box(100, 50, 60, 120), Box(-10, 20.5, 150, 40)]


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)


def corners(box):
    return [box.x, box.y, box.x + box.width, box.y + box.height]


def test_a_drawn_walker_is_found_where_it_was_drawn(tmp_path):
    video = Video.model_validate(settings(tmp_path))
    detector, estimator = make_detector(video), make_estimator(video)
    joints = walked(1, "nm", 1, 90)
    frames = [draw(points) for points in joints]
    poses = estimator.estimate(frames, [detector.detect(frame)[0] for frame in frames])
    distance = np.linalg.norm(poses[..., :2] - joints, axis=-1)
    assert np.median(distance) < 1.5  # a joint behind another one is not seen at all
    assert np.median(distance, axis=0)[INDEX["left_shoulder"] :].max() < 3


def test_a_drawn_walkers_box_holds_every_blob_to_the_pixel(tmp_path):
    detector = YoloxDetector(person_model(tmp_path / "person.onnx"), "", 0.5)
    frame = np.zeros((240, 320, 3), np.uint8)
    assert detector.detect(frame) == []
    frame[60:180, 100:150] = 255
    assert detector.detect(frame) == [Box(100, 60, 50, 120)]


def test_a_simcc_model_is_read_as_worked_out_by_hand(tmp_path, image):
    x, y = np.zeros((1, 17, 384)), np.zeros((1, 17, 512))
    x[0, :, 192], y[0, :, 128] = 0.5, 0.75  # half way across, a quarter down
    path = constant_model(tmp_path / "pose.onnx", (1, 3, 256, 192), x, y)
    poses = OnnxEstimator(path, "").estimate([image], [Box(100, 50, 60, 120)])
    # The crop: centre (130, 110), 112.5 x 150.
    assert poses.tolist() == [[[130, 110 - 37.5, 0.625]] * 17]


def test_simcc_points_are_rtmlibs(tmp_path, image):
    rtmlib = pytest.importorskip("rtmlib")
    generator = np.random.default_rng(1)
    bins = generator.uniform(-0.2, 1, (1, 17, 384)), generator.uniform(-0.2, 1, (1, 17, 512))
    path = constant_model(tmp_path / "pose.onnx", (1, 3, 256, 192), *bins)
    theirs, scores = rtmlib.RTMPose(str(path), model_input_size=(192, 256))(image, [corners(box) for box in BOXES])
    ours = np.concatenate([OnnxEstimator(path, "").estimate([image], [box]) for box in BOXES])
    assert ours[..., :2] == pytest.approx(theirs, abs=1e-4)
    assert ours[..., 2] == pytest.approx(scores, abs=1e-6)


def test_heat_map_points_are_rtmlibs(tmp_path):
    """On drawn walkers, so that cropping, normalising and the order of colours count too."""
    rtmlib = pytest.importorskip("rtmlib")
    path = pose_model(tmp_path / "pose.onnx")
    theirs = rtmlib.ViTPose(str(path), model_input_size=(192, 256))
    ours = OnnxEstimator(path, "")
    for points in walked(2, "nm", 1, 54)[::20]:
        frame = draw(points)
        box = Box(*points.min(axis=0) - 8, *np.ptp(points, axis=0) + 16)
        expected, scores = theirs(frame[..., ::-1], [corners(box)])
        found = ours.estimate([frame], [box])
        seen = scores > 0.3
        assert seen.sum() >= 12
        assert found[..., :2][seen] == pytest.approx(expected[seen], abs=0.02)
        assert found[..., 2] == pytest.approx(scores, abs=1e-4)


@pytest.mark.parametrize("size", [(240, 320), (480, 640), (720, 1280)])
def test_boxes_of_a_model_that_suppresses_doubles_itself_are_rtmlibs(tmp_path, size):
    rtmlib = pytest.importorskip("rtmlib")
    found = np.array([[[10, 20, 110, 220, 0.9], [300, 40, 380, 200, 0.8], [5, 5, 9, 9, 0.1]]])
    path = constant_model(tmp_path / "person.onnx", (1, 3, 416, 416), found)
    image = np.zeros((*size, 3), np.uint8)
    theirs = rtmlib.YOLOX(str(path), model_input_size=(416, 416))(image)
    ours = YoloxDetector(path, "", 0.3).detect(image)
    assert [corners(box) for box in ours] == [pytest.approx(box, abs=1e-3) for box in theirs.tolist()]
    assert len(ours) == 2


def test_boxes_of_a_model_without_suppression_are_rtmlibs(tmp_path):
    rtmlib = pytest.importorskip("rtmlib")
    generator = np.random.default_rng(2)
    anchors = (416 // 8) ** 2 + (416 // 16) ** 2 + (416 // 32) ** 2
    raw = generator.normal(0, 1, (1, anchors, 6))
    raw[..., 2:4] += 1.5
    raw[..., 4:] = generator.uniform(0, 1, (1, anchors, 2))
    path = constant_model(tmp_path / "person.onnx", (1, 3, 416, 416), raw)
    image = np.zeros((240, 320, 3), np.uint8)
    theirs = rtmlib.YOLOX(str(path), model_input_size=(416, 416), score_thr=0.9)(image)
    ours = YoloxDetector(path, "", 0.9).detect(image)
    assert len(theirs) > 5
    assert [corners(box) for box in ours] == [pytest.approx(box, abs=1e-2) for box in theirs.tolist()]


def test_one_person_found_twice_is_one_box(tmp_path):
    anchors = (64 // 8) ** 2 + (64 // 16) ** 2 + (64 // 32) ** 2
    raw = np.zeros((1, anchors, 6))
    raw[0, 9] = raw[0, 10] = [
        0,
        0,
        np.log(5),
        np.log(6),
        0.9,
        1,
    ]  # two neighbours of stride 8, 40 x 48
    raw[0, 10, 4] = 0.8
    path = constant_model(tmp_path / "person.onnx", (1, 3, 64, 64), raw)
    (box,) = YoloxDetector(path, "", 0.5).detect(np.zeros((64, 64, 3), np.uint8))
    assert box == pytest.approx((8 - 20, 8 - 24, 40, 48), abs=1e-4)


def test_a_model_with_more_points_gives_the_first_seventeen(tmp_path, image):
    x, y = np.zeros((1, 26, 384)), np.zeros((1, 26, 512))
    x[0, np.arange(26), np.arange(26)] = y[0, :, 256] = 1
    path = constant_model(tmp_path / "halpe.onnx", (1, 3, 256, 192), x, y)
    poses = OnnxEstimator(path, "").estimate([image], [Box(0, 0, 153.6, 204.8)])  # a crop of 192 x 256
    assert poses[0, :, 0] == pytest.approx(np.arange(17) / 2 - 192 / 2 + 76.8)


def message(make):
    with pytest.raises(DataError) as caught:
        make()
    return str(caught.value)


def test_an_unusable_model_is_named(tmp_path, image):
    path = tmp_path / "text.onnx"
    path.write_text("hello")
    assert message(lambda: OnnxEstimator(path, "")).startswith(f"{path}: not an ONNX model onnxruntime can run (")
    path = save_model(
        tmp_path / "any.onnx", "(float[n, 3, h, w] image) => (float[n, 3, h, w] out) { out = Neg (image) }"
    )
    assert message(lambda: OnnxEstimator(path, "")) == (
        f"{path}: takes ['n', 3, 'h', 'w'], expected (images, 3, height, width) with fixed height and width."
    )
    path = constant_model(tmp_path / "hands.onnx", (1, 3, 256, 192), np.zeros((1, 21, 64, 48)))
    assert message(lambda: OnnxEstimator(path, "").estimate([image], BOXES[:1])) == (
        f"{path}: gives (1, 21, 64, 48), expected two outputs (SimCC: (N, 17, x bins), (N, 17, y bins)) or one (heat "
        "maps: (N, 17, height, width))."
    )


def test_a_missing_or_changed_file_of_weights_is_named(tmp_path):
    given = settings(tmp_path)
    video = Video.model_validate({**given, "weights": "nowhere.onnx"})
    assert message(lambda: make_estimator(video)) == (
        "data.video.weights: nowhere.onnx: no such file; docs/poses.md says where to get weights."
    )
    video = Video.model_validate({**given, "detector": {**given["detector"], "sha256": "ab" * 32}})
    assert message(lambda: make_detector(video)).startswith(f"{given['detector']['weights']}: its SHA-256 is ")
