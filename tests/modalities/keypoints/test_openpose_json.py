"""OpenPose's BODY_25: the order of the joints, people told apart, joints that were not found."""

import json

import numpy as np
import pytest
from report_entries import entries_without_lines

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
    return entries_without_lines(read(root)[1])


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
    tracks, *others = report["reason"]
    assert tracks == "the walker is in 3 frames, 0 to 2; left out: a person in 3 frames, 0 to 2 (data.tracking)"
    assert all(reason.startswith("another person, box 18 x 6") for reason in others)
    assert report["frame"].tolist()[1:] == [0, 1, 2]


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


FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")


def test_seen_from_behind_the_face_is_put_above_the_shoulders(tmp_path):
    for frame in range(3):
        save(tmp_path, "001-nm-01-180", frame, person(left=100 + frame, lost=FACE))
    keypoints = read(tmp_path)[0].keypoints
    at = {name: keypoints[:, joint, :2].astype(float) for name, joint in INDEX.items()}
    shoulders = (at["left_shoulder"] + at["right_shoulder"]) / 2
    hips = (at["left_hip"] + at["right_hip"]) / 2
    for name in FACE:
        np.testing.assert_allclose(at[name], shoulders + 0.41 * (shoulders - hips), rtol=1e-6)
        assert (keypoints[:, INDEX[name], 2] == 0).all()
    where = "put at the height of the eyes above the shoulders with confidence 0"
    reason = f"nose, left_eye, right_eye, left_ear, right_ear in none of 3 frames, {where}"
    assert dropped(tmp_path) == [(str(tmp_path), "001-nm-01-180", None, reason)]


def test_seen_from_behind_with_ears_the_face_is_between_them(tmp_path):
    save(tmp_path, "001-nm-01-180", 0, person(lost=FACE[:3]))
    keypoints = read(tmp_path)[0].keypoints[0]
    for name in FACE[:3]:
        assert keypoints[INDEX[name], 0] == 100 + (BODY_25.index("left_ear") + BODY_25.index("right_ear")) / 2
    where = "put at the middle of the joints of the head with confidence 0"
    assert dropped(tmp_path)[0][3] == f"nose, left_eye, right_eye in none of 1 frames, {where}"


def test_seen_from_the_side_the_far_joints_are_where_the_near_ones_hide_them(tmp_path):
    far = ("left_eye", "left_ear", "left_wrist")
    for frame in range(2):
        save(tmp_path, "001-nm-01-090", frame, person(left=100 + frame, lost=far))
    keypoints = read(tmp_path)[0].keypoints
    for name in far:
        near = name.replace("left", "right")
        assert np.array_equal(keypoints[:, INDEX[name], :2], keypoints[:, INDEX[near], :2])
    where = "put at the joint of the other side with confidence 0"
    assert dropped(tmp_path)[0][3] == f"left_wrist, left_eye, left_ear in none of 2 frames, {where}"


def test_a_sequence_in_which_both_wrists_are_never_detected_is_left_out(tmp_path):
    save(tmp_path, "001-nm-01-090", 0, person())
    save(tmp_path, "001-nm-01-180", 0, person(lost=("left_wrist", "right_wrist", "nose")))
    assert len(read(tmp_path)[0].sequences) == 1
    reason = "left_wrist, right_wrist in none of 1 frames, the sequence is left out"
    assert dropped(tmp_path) == [(str(tmp_path), "001-nm-01-180", None, reason)]


@pytest.mark.parametrize(
    ("people", "key", "version"),
    [("people", "pose_keypoints", "OpenPose before 1.0"), ("bodies", "joints", "OpenPose 0.1")],
)
def test_the_keys_of_old_versions_are_read_and_reported_once(tmp_path, people, key, version):
    for frame in range(2):
        path = save(tmp_path, "001-nm-01-090", frame)
        path.write_text(json.dumps({people: [{key: person()["pose_keypoints_2d"]}]}))
    assert read(tmp_path)[0].frame.tolist() == [0, 1]
    reason = f"read from {key}, as {version} calls pose_keypoints_2d"
    first = str(path).replace("0001_keypoints", "0000_keypoints")
    assert dropped(tmp_path) == [(first, "", None, f"{reason}; other files alike are not listed")]


def test_the_model_coco_is_read_by_the_names_of_its_points(tmp_path):
    order = (
        *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow"),
        *("left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
        *("right_eye", "left_eye", "right_ear", "left_ear"),
    )
    values = np.column_stack([100 + np.arange(18), 50 + np.arange(18), np.full(18, 0.5)])
    path = save(tmp_path, "001-nm-01-090", 0, {"pose_keypoints_2d": values.ravel().tolist()})
    table, _ = read(tmp_path)
    for name, joint in INDEX.items():
        assert table.keypoints[0, joint, 0] == 100 + order.index(name), name
    reason = "18 points, read as OpenPose's model COCO (COCO-18); other files alike are not listed"
    assert dropped(tmp_path) == [(str(path), "", None, reason)]


def replaced(**changes) -> str:
    """A file with one person, in which the numbers of the nose are replaced as JSON."""
    text = json.dumps({"people": [person()]})
    return text.replace('"pose_keypoints_2d": [100.0, 50.0, 0.5', '"pose_keypoints_2d": [' + changes["nose"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "not JSON of poses (nested too deeply), expected OpenPose's people"),
        ('{"people":' * 100_000, "not JSON of poses (nested too deeply), expected OpenPose's people"),
        ("9" * 5000, "not JSON of poses (a whole number of thousands of digits), expected OpenPose's people"),
        (b'{"people": "\xff"}', "not JSON (byte 12 is not UTF-8 text), expected OpenPose's people"),
        (
            replaced(nose="1" + "0" * 400 + ", 50.0, 0.5"),
            "pose_keypoints_2d hold a whole number that is too large, expected numbers",
        ),
        (replaced(nose="1e30, 50.0, 0.5"), "x of nose is 1e+30, expected -6400 to 6400 pixels (10 frames)"),
        (replaced(nose="NaN, 50.0, 0.5"), "a NaN or infinite coordinate"),
        (replaced(nose="1e999, 50.0, 0.5"), "a NaN or infinite coordinate"),
        (replaced(nose="1e300, 50.0, 0.5"), "a NaN or infinite coordinate"),
        (replaced(nose="true, 50.0, 0.5"), "pose_keypoints_2d hold true, expected numbers"),
        (replaced(nose="null, 50.0, 0.5"), "pose_keypoints_2d hold null, expected numbers"),
        (replaced(nose="[1], 50.0, 0.5"), "pose_keypoints_2d hold [1], expected numbers"),
        (replaced(nose="100.0, 50.0, 900"), "confidence of nose is 900, expected -1 to 20"),
        ('{"people": [[1]]}', "[1], expected a person with pose_keypoints_2d"),
        ('{"people": [{"a": 1}]}', "an object with the keys 'a', expected a person with pose_keypoints_2d"),
        ('{"people": [{"pose_keypoints_2d": "x"}]}', "pose_keypoints_2d 'x', expected a list of numbers"),
        ('{"people": {"a": 1}}', "no people in it, expected OpenPose's people"),
    ],
)
def test_what_is_no_person_is_reported_and_reading_goes_on(tmp_path, text, reason):
    save(tmp_path, "001-nm-01-090", 0, person())
    path = tmp_path / "001-nm-01-090_000000000001_keypoints.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert dropped(tmp_path) == [(str(path), "001-nm-01-090", 1, reason)]


def test_unusable_files_and_people_are_reported_and_reading_goes_on(tmp_path):
    save(tmp_path, "001-nm-01-090", 0, person())
    short = save(tmp_path, "001-nm-01-090", 1, {"pose_keypoints_2d": [1.0] * 45})
    nobody = save(tmp_path, "001-nm-01-090", 2)
    few = save(tmp_path, "001-nm-01-090", 3, person(lost=BODY_25[:14] + BODY_25[15:18]))
    broken = tmp_path / "001-nm-01-090_000000000004_keypoints.json"
    broken.write_text("[")
    other = tmp_path / "001-nm-01-090_000000000005_keypoints.json"
    other.write_text("[]")
    named = tmp_path / "clip.json"
    named.write_text("{}")
    values = "45 keypoint values, expected 75 (25 x (x, y, confidence), BODY_25) or 54 (COCO, 18 points)"
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
