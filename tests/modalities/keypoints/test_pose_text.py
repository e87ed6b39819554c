"""GREW's and Gait3D's rows of text: the numbers of a frame, the order of frames, GREW's folders."""

import numpy as np
import pytest

from gaitcore.errors import DataError
from gaitcore.keys import sequence_names
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.settings.data import Tree

CROP = {"dataset": "made up", "frame_width": None, "frame_height": None, "fps": 25}
ROW = "53 numbers (two and 17 x (x, y, confidence)), separated by commas"


def row(number: float) -> str:
    """A row whose nose is at (number, 20)."""
    points = [(30 + joint, 40 + 3 * joint, 0.5) for joint in range(17)]
    points[0] = (number, 20, 0.5)
    return ",".join(map(str, [311, 438, *(value for point in points for value in point)]))


def write(root, place, text):
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read(root, **options):
    table, report = read_poses("pose_text", root, **CROP, **options)
    return table, list(zip(report["file"], report["line"].fillna(0), report["reason"], strict=True))


def noses(table, sequence=0):
    rows = slice(table.offsets[sequence], table.offsets[sequence + 1])
    return table.keypoints[rows, 0, 0].tolist()


@pytest.fixture
def gait3d(tmp_path):
    for frame in (9998, 9999, 10000, 10001):
        write(tmp_path, f"0000/camid0_videoid2/seq0/human_crop_f{frame}.txt", row(frame - 9990) + "\n")
    return tmp_path


def test_the_first_two_numbers_are_not_used_and_frames_are_sorted_as_numbers(gait3d):
    table, report = read(gait3d)
    assert sequence_names(table.sequences) == ["0000-nm-camid0_videoid2-seq0"]
    assert noses(table) == [8, 9, 10, 11]
    assert table.frame.tolist() == [1, 2, 3, 4]
    assert table.keypoints[0, 1].tolist() == [31, 43, 0.5]
    assert [reason for *_, reason in report] == [
        "the order of the frames differs from that of their files' names as text, which the toolboxes' pickles have; "
        "other files alike are not listed",
        "coordinates in crops of the person, of at most 46 x 88 pixels",
    ]
    assert (table.info.frame_width, table.info.frame_height) == (46, 88)
    assert table.info.source == "HRNet"


def test_frames_are_sorted_as_text_on_request_and_that_is_told(gait3d):
    table, report = read(gait3d, frame_order="text")
    assert noses(table) == [10, 11, 8, 9]
    assert report[0][2] == (
        "frames are in the order of their files' names as text, so that f10000 comes before f9999 (data.frame_order); "
        "other files alike are not listed"
    )


def test_one_file_may_hold_all_rows_of_a_sequence(tmp_path):
    write(tmp_path, "0000/a/seq0/all.txt", "\n".join(map(row, (1, 2, 3))))
    write(tmp_path, "0000/a/seq1.txt", row(4) + ",\r\n")
    table, _ = read(tmp_path)
    assert sequence_names(table.sequences) == ["0000-nm-a-seq0", "0000-nm-a-seq1"]
    assert (noses(table), noses(table, 1)) == ([1, 2, 3], [4])


def test_bad_rows_are_reported_with_file_and_line(tmp_path):
    bad = tmp_path / "0000/a/seq0/2.txt"
    write(tmp_path, "0000/a/seq0/1.txt", row(1))
    write(tmp_path, "0000/a/seq0/2.txt", "1,2,3\n\n" + row(1).replace("438,", "438,x", 1) + "\n" + row(2))
    write(tmp_path, "0000/a/seq0/3.txt", "")
    table, report = read(tmp_path)
    assert noses(table) == [1, 2]
    assert report[:3] == [
        (str(bad), 1, f"3 values, expected {ROW}"),
        (str(bad), 3, f"text that is no number, expected {ROW}"),
        (str(tmp_path / "0000/a/seq0/3.txt"), 0, f"no row of {ROW} in it"),
    ]


def test_a_frame_out_of_bounds_is_left_out(tmp_path):
    write(tmp_path, "0000/a/seq0/all.txt", "\n".join([row(1), row(20_000), row(float("nan")), row(3)]))
    table, report = read(tmp_path)
    assert noses(table) == [1, 3]
    assert [reason for *_, reason in report[:2]] == [
        "x of nose is 20000, expected -10000 to 10000 pixels",
        "a NaN or infinite coordinate",
    ]


def test_nothing_usable_names_the_first_reason(tmp_path):
    write(tmp_path, "0000/a/seq0/1.txt", "1,2")
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: no usable sequence, expected a folder of subject/sequence/view/<frame>.txt. "
        f"{tmp_path}/0000/a/seq0/1.txt, line 1: 2 values, expected {ROW}."
    )


GREW = Tree.model_validate(
    {
        "folders": "=train/subject/view",
        "append": {"subject": "train"},
        "constant": {"condition": "nm", "sequence": "00"},
        "branches": [
            {"folders": "=test/=gallery/subject/view", "numbered": "sequence", "constant": {"condition": "nm"}},
            {"folders": "=test/=probe/view", "constant": {"subject": "probe", "condition": "nm", "sequence": "03"}},
        ],
    }
)


def test_the_text_of_grew_has_keys_as_its_pickles_have(tmp_path):
    for place in (
        "train/00001/4XPn5Z28",
        "test/gallery/00001/9xHJefi8",
        "test/gallery/00001/10ABCDEF",
        "test/probe/01Dd",
    ):
        write(tmp_path, f"{place}/00001_2d_pose.txt", row(1))
    write(tmp_path, "distractor/1/1_2d_pose.txt", row(1))
    table, report = read(tmp_path, tree=GREW)
    assert sequence_names(table.sequences) == [
        "00001-nm-01-10ABCDEF",  # as text, as FastPoseGait sorts them; as numbers 9xHJefi8 would be the first
        "00001-nm-02-9xHJefi8",
        "00001train-nm-00-4XPn5Z28",
        "probe-nm-03-01Dd",
    ]
    assert [(file, reason) for file, _, reason in report[:2]] == [
        (
            f"{tmp_path}/test/gallery",
            "the sequence is the place of a sequence among its subject's, by their names as text; other files alike "
            "are not listed",
        ),
        (
            f"{tmp_path}/distractor",
            "is in no part of data.tree (=train/subject/view, =test/=gallery/subject/view, =test/=probe/view)",
        ),
    ]


def test_a_folder_that_the_tree_names_and_that_is_not_there_is_told(tmp_path):
    write(tmp_path, "train/00001/4XPn5Z28/1_2d_pose.txt", row(1))
    _, report = read(tmp_path, tree=GREW)
    assert [(file, reason) for file, _, reason in report[:2]] == [
        (f"{tmp_path}/test/gallery", "no such folder, which data.tree names (=test/=gallery/subject/view)"),
        (f"{tmp_path}/test/probe", "no such folder, which data.tree names (=test/=probe/view)"),
    ]


def test_joints_that_are_never_found_are_placed_on_request(tmp_path):
    values = row(1).split(",")
    for joint in (15, 16):
        values[2 + 3 * joint : 5 + 3 * joint] = ["0", "0", "0"]
    write(tmp_path, "0000/a/seq0/1.txt", ",".join(values))
    write(tmp_path, "0000/a/seq1/1.txt", row(1))
    table, report = read(tmp_path)
    assert sequence_names(table.sequences) == ["0000-nm-a-seq1"]
    assert report[0][2] == "left_ankle, right_ankle in none of 1 frames, the sequence is left out"
    table, report = read(tmp_path, lost_joints="placed")
    assert len(table.sequences) == 2
    assert report[0][2] == (
        "left_ankle, right_ankle in none of 1 frames, put at the next joint towards the head with confidence 0"
    )
    assert np.array_equal(table.keypoints[0, [15, 16]], [[43, 79, 0], [44, 82, 0]])
