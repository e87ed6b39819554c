"""OpenPose's BODY_25: the order of the joints, people told apart, joints that were not found."""

import json

import numpy as np
import pytest

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.keypoints.skeleton import INDEX

# Cao et al., OpenPose, "BODY_25", in the order of the output.
BODY_25 = (
    *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
    *("mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
    *("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"),
)


def person(left: float = 100.0, height: float = 200.0, lost: tuple[str, ...] = ()) -> dict:
    """Point n is at x = left + n, with confidence n / 100 + 0.5."""
    n = np.arange(25)
    points = np.column_stack([left + n, 50 + height * n / 24, n / 100 + 0.5])
    points[[BODY_25.index(name) for name in lost]] = 0
    return {"person_id": [-1], "pose_keypoints_2d": points.ravel().tolist(), "face_keypoints_2d": []}


def save(folder, sequence, frame, *people):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sequence}_{frame:012d}_keypoints.json"
    path.write_text(json.dumps({"version": 1.3, "people": list(people)}))
    return path


def read(root):
    return read_poses("openpose_json", root, dataset="walks", frame_width=640, frame_height=480, fps=25)


def dropped(root):
    report = read(root)[1].drop(columns="line").astype(object)
    return [tuple(row) for row in report.where(report.notna(), None).to_numpy()]


def test_every_joint_comes_from_the_point_of_its_name(tmp_path):
    save(tmp_path, "001-nm-01-090", 12, person())
    table, report = read(tmp_path)
    assert table.sequences.to_numpy().tolist() == [["001", "nm", "01", "090", 1]]
    assert table.frame.tolist() == [12]
    for name, joint in INDEX.items():
        assert table.keypoints[0, joint, 0] == 100 + BODY_25.index(name), name
        assert table.keypoints[0, joint, 2] == pytest.approx(BODY_25.index(name) / 100 + 0.5)
    assert len(report) == 0


def test_the_walker_is_distinguished_from_a_bystander(tmp_path):
    for frame in range(3):
        folder = tmp_path / "001-nm-01-090"
        save(folder, "001-nm-01-090", frame, person(left=400, height=90), person(left=100 + 2 * frame))
    table, report = read(tmp_path)
    assert table.keypoints[:, INDEX["nose"], 0].tolist() == [100, 102, 104]
    assert report["reason"].str.startswith("another person, box 18 x 6").all()
    assert report["frame"].tolist() == [0, 1, 2]


def test_an_undetected_joint_is_interpolated_between_frames(tmp_path):
    for frame, lost in enumerate([(), ("left_wrist",), ("left_wrist", "nose"), ()]):
        save(tmp_path, "001-nm-01-090", frame, person(left=100 + 3 * frame, lost=lost))
    save(tmp_path, "001-nm-01-090", 4, person(left=112, lost=("nose",)))
    table, _ = read(tmp_path)
    wrist, nose = table.keypoints[:, INDEX["left_wrist"]], table.keypoints[:, INDEX["nose"]]
    assert wrist[:, 0].tolist() == [107, 110, 113, 116, 119]
    assert wrist[1:3, 2].tolist() == [0, 0]
    assert nose[:, 0].tolist() == [100, 103, 106, 109, 109]  # after the last one it stays
    assert dropped(tmp_path) == [
        (str(tmp_path), "001-nm-01-090", None, "4 joints not found, interpolated between the frames before and after")
    ]


def test_a_sequence_in_which_a_joint_is_never_detected_is_left_out(tmp_path):
    save(tmp_path, "001-nm-01-090", 0, person())
    save(tmp_path, "001-nm-01-180", 0, person(lost=("nose", "left_eye")))
    assert len(read(tmp_path)[0].sequences) == 1
    assert dropped(tmp_path) == [(str(tmp_path), "001-nm-01-180", None, "nose, left_eye in none of 1 frames")]


def test_unusable_files_and_people_are_reported_and_reading_goes_on(tmp_path):
    save(tmp_path, "001-nm-01-090", 0, person())
    short = save(tmp_path, "001-nm-01-090", 1, {"pose_keypoints_2d": [1.0] * 54})
    nobody = save(tmp_path, "001-nm-01-090", 2)
    few = save(tmp_path, "001-nm-01-090", 3, person(lost=BODY_25[:14] + BODY_25[15:18]))
    broken = tmp_path / "001-nm-01-090_000000000004_keypoints.json"
    broken.write_text("[")
    other = tmp_path / "001-nm-01-090_000000000005_keypoints.json"
    other.write_text("[]")
    named = tmp_path / "clip.json"
    named.write_text("{}")
    values = "54 keypoint values, expected 75 finite ones (25 x (x, y, confidence), BODY_25)"
    json_error = "not JSON (Expecting value: line 1 column 2 (char 1)), expected OpenPose's people"
    no_name = "names no sequence and frame, expected files named like 001-nm-01-090_000000000012_keypoints.json"
    assert dropped(tmp_path) == [
        (str(short), "001-nm-01-090", 1, values),
        (str(nobody), "001-nm-01-090", 2, "nobody found"),
        (str(few), "001-nm-01-090", 3, "a person with 2 joints, expected 3 or more"),
        (str(broken), "001-nm-01-090", 4, json_error),
        (str(other), "001-nm-01-090", 5, "no people in it, expected OpenPose's people"),
        (str(named), "", None, no_name),
    ]


def test_a_folder_without_a_usable_file_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    expected = "expected files named like 001-nm-01-090_000000000012_keypoints.json"
    assert str(caught.value) == f"{tmp_path}: no usable sequence, {expected}."
