"""AlphaPose's own results, named by file or by folder. What is in a file: test_psymo_json.py."""

import json
import os

import numpy as np
import pytest
from report_entries import entries_without_lines

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.keypoints.skeleton import JOINTS


def person(image_id, mark: float = 0.0, left: float = 100.0, height: float = 200.0, box: bool = True) -> dict:
    """A detection; ``mark`` is the x of its nose. The keypoints fill a box of half the height's width."""
    keypoints = np.ones((17, 3))
    keypoints[:, 0] = np.linspace(left, left + height / 2, 17)
    keypoints[:, 1] = np.linspace(50, 50 + height, 17)
    keypoints[0, 0] = mark or left
    entry = {"image_id": image_id, "category_id": 1, "keypoints": keypoints.ravel().tolist(), "score": 3.0}
    return entry | ({"box": [left, 50, height / 2, height], "idx": 1} if box else {})


def save(path, entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entries))
    return path


def read(root):
    return read_poses("alphapose_json", root, dataset="walks", frame_width=640, frame_height=480, fps=25)


def test_the_file_or_its_folder_names_the_sequence(tmp_path):
    save(tmp_path / "001-nm-01-090.json", [person("0.jpg"), person("1.jpg")])
    save(tmp_path / "out" / "A2-bg-02-018" / "alphapose-results.json", [person("000007.png")])
    table, report = read(tmp_path)
    assert table.sequences.to_numpy().tolist() == [["001", "nm", "01", "090", 2], ["A2", "bg", "02", "018", 1]]
    assert table.frame.tolist() == [0, 1, 7]
    assert table.info.source == "AlphaPose"
    assert len(report) == 0


def test_frames_are_numbered_by_images_with_a_folder_or_without_an_ending(tmp_path):
    save(tmp_path / "001-nm-01-090.json", [person("001-nm-01-090/000012.jpg"), person(13), person("14")])
    assert read(tmp_path)[0].frame.tolist() == [12, 13, 14]


def test_without_boxes_people_are_told_apart_by_their_keypoints(tmp_path):
    """Older versions write none: the larger person is the walker all the same."""
    entries = []
    for frame in range(4):
        entries += [person(frame, mark=5, left=400, height=80, box=False), person(frame, mark=9, box=False)]
    path = save(tmp_path / "001-nm-01-090.json", entries)
    table, report = read(tmp_path)
    assert table.keypoints[:, 0, 0].tolist() == [9, 9, 9, 9]
    assert report["reason"].tolist() == [
        "the walker is in 4 frames, 0 to 3; left out: a person in 4 frames, 0 to 3 (data.tracking)",
        *["another person, box 435 x 80 px, kept 191 x 200 px"] * 4,
    ]
    assert set(report["file"]) == {str(path)}


def test_a_name_that_does_not_parse_is_reported_and_nothing_usable_refused(tmp_path):
    path = save(tmp_path / "alphapose-results.json", [person("0.jpg")])
    expected = "expected files named like 001-nm-01-090.json or 001-nm-01-090/alphapose-results.json"
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    assert str(caught.value) == (f"{tmp_path}: no usable sequence, {expected}. {path}: names no sequence, {expected}.")


ONCE = "other files alike are not listed"


def dropped(root):
    return entries_without_lines(read(root)[1])


def test_another_skeleton_is_reported(tmp_path):
    save(tmp_path / "001-nm-01-090.json", [person(0), person(1) | {"keypoints": [1.0] * 63}])
    assert [(frame, reason) for _, _, frame, reason in dropped(tmp_path)] == [
        (1, "63 keypoint values, expected 51 (17 x (x, y, confidence)), or those of 26, 133 or 136 points")
    ]


@pytest.mark.parametrize(("points", "name"), [(26, "Halpe-26"), (133, "COCO-WholeBody"), (136, "Halpe-136")])
def test_the_first_17_of_more_points_are_read(tmp_path, points, name):
    more = [person(frame) for frame in range(2)]
    for entry in more:
        entry["keypoints"] = entry["keypoints"] + [10.0, 10.0, 0.5] * (points - 17)
    path = save(tmp_path / "001-nm-01-090.json", more)
    table, _ = read(tmp_path)
    assert table.keypoints[0].ravel().tolist() == np.float32(person(0)["keypoints"]).tolist()
    assert dropped(tmp_path) == [
        (str(path), "", None, f"{points} points ({name}), the first 17 of each are read; {ONCE}")
    ]


@pytest.mark.parametrize(
    "image", ["frame_00003.png", "000003.jp2", "x\\3.png", "001-nm-01-090_000003.jpg", "img3.jpeg", "0003"]
)
def test_frames_are_numbered_by_pictures_of_any_name(tmp_path, image):
    save(tmp_path / "001-nm-01-090.json", [person(image)])
    assert read(tmp_path)[0].frame.tolist() == [3]


@pytest.mark.parametrize("image", [True, 1.5, None, [3], "-3", "left.jpg", 10**12])
def test_what_numbers_no_frame_is_reported(tmp_path, image):
    save(tmp_path / "001-nm-01-090.json", [person(0), person(image)])
    assert read(tmp_path)[0].frame.tolist() == [0]
    ((*_, frame, reason),) = dropped(tmp_path)
    assert frame is None
    assert reason.startswith("image_id ")
    assert reason.endswith(", expected a frame such as '5.jpg'")


def test_results_with_zero_joints_are_not_people(tmp_path):
    """COCO's annotations have num_keypoints 0 and zeros for people without keypoints, and zeros for hidden joints."""
    nobody = person(1) | {"keypoints": [0] * 51, "num_keypoints": 0}
    few = person(2) | {"keypoints": [0] * 45 + [5.0, 6.0, 1.0, 7.0, 8.0, 1.0], "num_keypoints": 2}
    hidden = person(3)
    hidden["keypoints"][27:30] = [0, 0, 0]  # the left wrist
    path = save(tmp_path / "001-nm-01-090.json", [person(0), nobody, few, hidden, person(4)])
    table, _ = read(tmp_path)
    assert table.frame.tolist() == [0, 3, 4]
    assert table.keypoints[1, 9].tolist() == [*table.keypoints[0, 9, :2].tolist(), 0]
    name = "001-nm-01-090"
    assert dropped(tmp_path) == [
        (str(path), name, 1, "all 17 joints at (0, 0), nobody was detected"),
        (str(path), name, 2, "a person with 2 joints, expected 3 or more"),
        (str(path), name, None, "1 joints not found, interpolated between the frames before and after"),
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"keypoints": [True] * 51}, "keypoints hold true, expected numbers"),
        ({"keypoints": [10**400] * 51}, "keypoints hold a whole number that is too large, expected numbers"),
        ({"keypoints": [1] * 2000}, "2000 keypoints, expected at most 1000 numbers"),
        ({"keypoints": {"0": 1}}, "keypoints an object with the keys '0', expected a list of numbers"),
        ({"keypoints": None}, "keypoints null, expected a list of numbers"),
        ({"box": [10**400, 1, 2, 3]}, "box [100000000000000000...0000000000000000000, 1, 2, ...], {box}"),
        ({"box": [1e30, 1, 2, 3]}, "box [1e+30, 1, 2, ...], {box}"),
        ({"box": [1, 2, float("nan"), 3]}, "box [1, 2, nan, ...], {box}"),
        ({"box": "x" * 1000}, "box 'xxxxxxxxxxxx...xxxxxxxxxxxxx', {box}"),
        ({"keypoints": [1e30, *[1.0] * 50]}, "x of nose is 1e+30, expected -6400 to 6400 pixels (10 frames)"),
    ],
)
def test_what_is_no_detection_is_reported_and_reading_goes_on(tmp_path, changes, reason):
    save(tmp_path / "001-nm-01-090.json", [person(0), person(1) | changes])
    expected = reason.format(box="expected left, top, width and height in pixels")
    assert [(frame, reason) for _, _, frame, reason in dropped(tmp_path)] == [(1, expected)]


def test_a_file_without_end_of_malformed_detections_is_not_read_to_its_end(tmp_path):
    save(tmp_path / "001-nm-01-090.json", [person(0)])
    path = save(tmp_path / "002-nm-01-090.json", [0] * 100_000)
    rows = [reason for file, *_, reason in dropped(tmp_path) if file == str(path)]
    assert len(rows) == 1001
    assert rows[-1] == "1000 detections that cannot be used, the rest of the file is not read"


def instance(left: float = 100.0, **changes) -> dict:
    """MMPose's form of ``person``."""
    keypoints = np.array(person(0, left=left)["keypoints"]).reshape(17, 3)
    found = {"keypoints": keypoints[:, :2].tolist(), "keypoint_scores": [0.5] * 17, "bbox_score": 0.9}
    return found | {"bbox": [[left, 50.0, left + 100.0, 250.0]]} | changes


COCO_NAMES = {str(number): name for number, name in enumerate(JOINTS)}


@pytest.mark.parametrize("form", ["frames", "with_info", "with_info_without_names"])
def test_predictions_of_mmpose_are_read(tmp_path, form):
    frames = [
        {"frame_id": n, "instances": [instance(100 + n), instance(400, bbox=[[400, 50, 420, 90]])]} for n in (1, 2)
    ]
    info = {"dataset_name": "coco", "keypoint_id2name": COCO_NAMES}
    if form == "with_info_without_names":
        info["keypoint_id2name"] = {}
    save(tmp_path / "001-nm-01-090.json", frames if form == "frames" else {"meta_info": info, "instance_info": frames})
    table, report = read(tmp_path)
    assert table.frame.tolist() == [1, 2]
    assert table.keypoints[:, 0].tolist() == [[101, 50, 0.5], [102, 50, 0.5]]
    assert report["reason"].tolist() == [
        "the walker is in 2 frames, 1 to 2; left out: a person in 2 frames, 1 to 2 (data.tracking)",
        *["another person, box 20 x 40 px, kept 100 x 200 px"] * 2,
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ([instance()], "MMPose's prediction of a single picture, which has no frame number; predict the whole video"),
        ([{"instances": [instance()]}], "no frame_id, expected the frame's number"),
        ([{"frame_id": 1, "instances": [[1]]}], "[1], expected an instance with keypoints and keypoint_scores"),
        (
            [{"frame_id": 1, "instances": [instance(keypoints=[[1, 2, 3]] * 17)]}],
            "keypoints [[1, 2, 3], [1, 2, 3], [1, 2, 3], ...], expected a list of (x, y)",
        ),
        (
            [{"frame_id": 1, "instances": [instance(keypoint_scores=[1.0])]}],
            "17 points and 1 scores, expected one for each point",
        ),
        (
            [{"frame_id": 1, "instances": [instance(bbox=[[1, 2]])]}],
            "box [1, 2], expected left, top, width and height in pixels",
        ),
        ([{"frame_id": 1, "instances": [instance(keypoints=[[1, 2]])]}], "1 points, expected 17, 26, 133 or 136"),
        (
            {"meta_info": {"keypoint_id2name": {"0": "root", "1": "right_hip"}}, "instance_info": [{}]},
            "points called ['root', 'right_hip', None, ...], expected COCO's nose, left_eye, right_eye, ...",
        ),
        ({"version": 1, "people": []}, "an object with the keys 'version', 'people', expected a list of detections"),
        ({"instance_info": {}}, "an object with the keys 'instance_info', expected a list of detections"),
        (None, "null, expected a list of detections"),
    ],
)
def test_what_is_no_prediction_of_mmpose_is_reported(tmp_path, content, reason):
    save(tmp_path / "001-nm-01-090.json", [person(0)])
    path = save(tmp_path / "002-nm-01-090.json", content)
    assert [reason for file, *_, reason in dropped(tmp_path) if file == str(path)] == [reason]


def test_files_larger_than_any_results_are_refused_without_reading(tmp_path):
    path = save(tmp_path / "001-nm-01-090.json", [])
    os.truncate(path, (1 << 27) + 1)
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    expected = "expected detections in JSON with at most 134,217,728 bytes; divide it."
    assert str(caught.value) == f"{path}: 134,217,729 bytes, {expected}"


def test_more_people_than_a_picture_can_have_are_not_followed(tmp_path):
    save(tmp_path / "001-nm-01-090.json", [person(0, left=n, height=20, box=False) for n in range(300)])
    rows = [reason for *_, reason in dropped(tmp_path)]
    assert rows.count("more than 200 people in one frame") == 100
    jumps = [person(n) | {"box": [n % 100 * 6, n // 100 * 6, 3, 3]} for n in range(3001)]
    save(tmp_path / "002-nm-01-090.json", jumps)
    assert read(tmp_path)[0].sequences["subject"].tolist() == ["001"]
    assert dropped(tmp_path)[-1][3] == "more than 3000 tracks of people, expected one walk; the sequence is left out"
