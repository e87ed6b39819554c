"""PsyMo JSON: the walker is told from other people, and whatever is left out is reported."""

import json
import tarfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from places import REAL_DATA
from report_entries import entries_without_lines, refusal

from gaitcore.keys import sequence_names
from gaitcore.modalities.keypoints.reading import read_poses

VALUES = "expected 51 (17 x (x, y, confidence)), or those of 26, 133 or 136 points"
PSYMO = REAL_DATA / "psymo" / "skeletons.tar.xz"


def person(frame: int, box: list[float], mark: float = 0.0, **changes) -> dict:
    """A detection; ``mark`` is the x of its nose, to tell people apart."""
    keypoints = [mark, *[0.9 if n % 3 == 2 else float(n) for n in range(1, 51)]]
    return {"image_id": f"{frame}.jpg", "keypoints": keypoints, "score": 2.5, "box": box} | changes


def save(root: Path, name: str, entries: object) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    path = root / name
    path.write_text(entries if isinstance(entries, str) else json.dumps(entries))
    return path


def read(root):
    return read_poses("psymo_json", root, dataset="psymo", frame_width=1920, frame_height=1080, fps=15)


def dropped(root):
    return entries_without_lines(read(root)[1])


error = partial(refusal, read)


def walk(frames, x: float = 100.0, step: float = 20.0, height: float = 400.0, mark: float = 1.0) -> list[dict]:
    return [person(frame, [x + step * frame, 300.0, 150.0, height], mark) for frame in frames]


def test_file_names_give_subject_condition_run_and_view(tmp_path):
    save(tmp_path / "0", "000_45_1_1_nm.json", walk([0, 1]))
    save(tmp_path / "1", "001_00_0_0_wsf.json", walk([5]))
    table, report = read(tmp_path)
    assert table.sequences.to_numpy().tolist() == [["000", "nm", "01", "225", 2], ["001", "wsf", "00", "000", 1]]
    assert table.frame.tolist() == [0, 1, 5]
    assert table.keypoints[0, :, :2].ravel().tolist() == [1.0, *[n for n in range(1, 51) if n % 3 != 2]]
    assert table.keypoints[0, :, 2].tolist() == [np.float32(0.9)] * 17
    assert len(report) == 0


def test_a_small_bystander_is_dropped_with_both_boxes(tmp_path):
    bystander = [person(frame, [900.0, 200.0, 41.0, 102.0], mark=2) for frame in (1, 2)]
    path = save(tmp_path, "000_00_0_0_nm.json", [*bystander, *walk([0, 1, 2])])
    table, _ = read(tmp_path)
    assert table.frame.tolist() == [0, 1, 2]
    assert table.keypoints[:, 0, 0].tolist() == [1, 1, 1]
    tracks = "the walker is in 3 frames, 0 to 2; left out: a person in 2 frames, 1 to 2 (data.tracking)"
    assert dropped(tmp_path) == [
        (str(path), "000-nm-00-000", None, tracks),
        (str(path), "000-nm-00-000", 1, "another person, box 41 x 102 px, kept 150 x 400 px"),
        (str(path), "000-nm-00-000", 2, "another person, box 41 x 102 px, kept 150 x 400 px"),
    ]


def test_the_longer_track_is_kept_though_another_person_is_larger_for_a_moment(tmp_path):
    passer = [person(2, [1500.0, 100.0, 300.0, 700.0], mark=2)]
    save(tmp_path, "000_00_0_0_nm.json", [*walk(range(5)), *passer])
    assert read(tmp_path)[0].keypoints[:, 0, 0].tolist() == [1, 1, 1, 1, 1]


def test_people_who_cross_keep_their_own_track(tmp_path):
    other = walk(range(20), x=460, step=-20, height=300, mark=2)
    save(tmp_path, "000_90_0_0_nm.json", [*other, *walk(range(20))])
    assert read(tmp_path)[0].keypoints[:, 0, 0].tolist() == [1] * 20


def test_a_walker_who_is_lost_for_some_frames_is_joined_again(tmp_path):
    bystander = [person(frame, [1700.0, 200.0, 70.0, 180.0], mark=2) for frame in range(20)]
    save(tmp_path, "000_90_0_0_nm.json", [*walk(range(6)), *walk(range(15, 20)), *bystander])
    table, report = read(tmp_path)
    assert table.frame.tolist() == [*range(6), *range(15, 20)]
    assert table.keypoints[:, 0, 0].tolist() == [1] * 11
    assert "another person, box 70 x 180 px, the walker is not in this frame" in set(report["reason"])


def test_detections_that_are_malformed_are_dropped(tmp_path):
    good = person(0, [10.0, 20.0, 30.0, 40.0])
    bad = [
        good | {"keypoints": [1.0] * 48},
        good | {"keypoints": [*[1.0] * 50, float("nan")]},
        good | {"keypoints": [*[1.0] * 50, "x"]},
        good | {"box": [1, 2, 3]},
        good | {"image_id": "left.jpg"},
        "walker",
    ]
    path = save(tmp_path, "000_00_0_0_nm.json", [*bad, good])
    assert read(tmp_path)[0].frame.tolist() == [0]
    assert dropped(tmp_path) == [
        (str(path), "000-nm-00-000", 0, f"48 keypoint values, {VALUES}"),
        (str(path), "000-nm-00-000", 0, "a NaN or infinite coordinate"),
        (str(path), "000-nm-00-000", 0, "keypoints hold 'x', expected numbers"),
        (str(path), "000-nm-00-000", 0, "box [1, 2, 3], expected left, top, width and height in pixels"),
        (str(path), "000-nm-00-000", None, "image_id 'left.jpg', expected a frame such as '5.jpg'"),
        (str(path), "000-nm-00-000", None, "'walker', expected a detection with image_id and keypoints"),
    ]


def test_unusable_files_are_reported_and_reading_goes_on(tmp_path):
    save(tmp_path, "000_00_0_0_nm.json", walk([0]))
    broken = save(tmp_path, "001_00_0_0_nm.json", '[{"image_id": ')
    empty = save(tmp_path, "002_00_0_0_nm.json", [])
    other = save(tmp_path, "003_00_0_0_nm.json", {"version": 1})
    named = save(tmp_path, "notes.json", [])
    assert dropped(tmp_path) == [
        (
            str(broken),
            "001-nm-00-000",
            None,
            "not JSON (Expecting value: line 1 column 15 (char 14)), expected a list of detections",
        ),
        (str(empty), "002-nm-00-000", None, "nothing in it, expected a list of detections"),
        (str(other), "003-nm-00-000", None, "an object with the keys 'version', expected a list of detections"),
        (str(named), "", None, "names no sequence, expected SSS_VV_D_RUN_COND.json, e.g. 000_45_1_0_nm.json"),
    ]


def test_no_usable_file_stops_the_run(tmp_path):
    expected = "expected files named SSS_VV_D_RUN_COND.json, e.g. 000_45_1_0_nm.json"
    assert error(tmp_path) == f"{tmp_path}: no usable sequence, {expected}."
    path = save(tmp_path, "000_00_0_0_nm.json", [])
    assert error(tmp_path) == (
        f"{tmp_path}: no usable sequence, {expected}. {path}: nothing in it, expected a list of detections."
    )
    assert error(path) == f"{path}: not a folder, {expected} in it."


@pytest.fixture(scope="module")
def psymo(tmp_path_factory):
    if not PSYMO.exists():
        pytest.skip("the PsyMo skeletons are not beside the checkout (shared/data)")
    folder = tmp_path_factory.mktemp("psymo")
    with tarfile.open(PSYMO) as archive:
        archive.extractall(folder, filter="data")
    return read(folder)


@pytest.mark.real_data
def test_psymo_has_480_sequences_and_no_frame_twice(psymo):
    table, report = psymo
    assert len(table.sequences) == 480
    assert table.sequences["subject"].nunique() == 10
    assert sorted(set(table.sequences["view"])) == ["000", "045", "090", "180", "225", "270"]
    starts = np.zeros(len(table), bool)
    starts[table.offsets[:-1]] = True
    assert (starts[1:] | (np.diff(table.frame) > 0)).all()
    # 34,255 detections in the files: each is in the table or in the report, which also has a line for each sequence
    # with people who are not the walker.
    told = report["reason"].str.startswith("the walker is in")
    assert len(table) + len(report[~told]) == 34255
    assert report[told]["sequence"].is_unique


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "frames", "others"),
    [
        ("004-bg-00-000", 68, 50),  # up to four people, two bystanders seated behind the walker
        ("007-nm-00-000", 68, 112),  # the walker comes in from below, smaller than both bystanders at first
        ("006-nm-00-000", 61, 67),  # seven frames with the bystander alone
        ("006-nm-00-270", 66, 0),  # the video stands still, then jumps: one walker all the same
    ],
)
def test_in_psymo_the_walker_is_kept_and_bystanders_dropped(psymo, name, frames, others):
    table, report = psymo
    walker = table.select([one == name for one in sequence_names(table.sequences)])
    assert len(walker) == frames
    # The walker crosses the frame; no bystander moves by as much as 100 pixels.
    assert np.ptp(walker.keypoints[:, :, :2].mean(axis=1), axis=0).max() > 250
    lines = report.loc[report["sequence"] == name, "reason"]
    assert (~lines.str.startswith("the walker is in")).sum() == others
