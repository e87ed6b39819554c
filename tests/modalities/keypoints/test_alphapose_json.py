"""AlphaPose's own results, named by file or by folder. What is in a file: test_psymo_json.py."""

import json

import numpy as np
import pytest

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.reading import read_poses


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
    assert report["reason"].tolist() == ["another person, box 435 x 80 px, kept 191 x 200 px"] * 4
    assert set(report["file"]) == {str(path)}


def test_a_name_that_does_not_parse_is_reported_and_nothing_usable_refused(tmp_path):
    path = save(tmp_path / "alphapose-results.json", [person("0.jpg")])
    expected = "expected files named like 001-nm-01-090.json or 001-nm-01-090/alphapose-results.json"
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    assert str(caught.value) == (f"{tmp_path}: no usable sequence, {expected}. {path}: names no sequence, {expected}.")


def test_another_skeleton_is_reported(tmp_path):
    save(tmp_path / "001-nm-01-090.json", [person(0), person(1) | {"keypoints": [1.0] * 78}])
    _, report = read(tmp_path)
    assert report[["frame", "reason"]].to_numpy().tolist() == [
        [1, "78 keypoint values, expected 51 (17 x (x, y, confidence))"]
    ]
