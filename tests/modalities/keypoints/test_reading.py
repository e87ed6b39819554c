"""The door of all formats: a reader from outside the repository cannot let in what no other reader lets in."""

import json
import os
import pickle

import numpy as np
import pytest
from report_entries import entries_without_lines

from gaitcore import extensions
from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.reading import read_poses

READER = """\
import numpy as np

from gaitcore.keys import parse_sequence_name
from gaitcore.modalities.keypoints.table import table_of_sequences

LABEL = "NumPy files"
EXPECTED = "a folder with files like 001-nm-01-090.npy"


def read(paths, info, report):
    arrays = {parse_sequence_name(path.stem): np.load(path) for path in sorted(paths[0].glob("*.npy"))}
    poses = {key: (array[:, 0, -1].astype(int), array[..., :-1]) for key, array in arrays.items()}
    return table_of_sequences(poses, info)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path):
    """A folder of poses, and a reader that checks nothing; the last number of a joint is its frame's number."""
    (tmp_path / "mine" / "readers").mkdir(parents=True)
    (tmp_path / "mine" / "readers" / "unchecked.py").write_text(READER)
    extensions.search([tmp_path / "mine"])
    (tmp_path / "poses").mkdir()
    yield tmp_path / "poses"
    extensions.search([])


def save(folder, name, frames=(1, 2, 3, 4), channels=3):
    array = np.random.default_rng(0).uniform(20, 200, (len(frames), 17, channels + 1))
    array[..., 2] = 0.9
    array[..., -1] = np.array(frames)[:, None]
    np.save(folder / f"{name}.npy", array)
    return array


def read(folder):
    return read_poses("unchecked", folder, dataset="test", frame_width=320, frame_height=240, fps=25)


@pytest.mark.parametrize("channels", [3, 4])
def test_frames_out_of_bounds_are_dropped_with_sequence_and_frame(folder, channels):
    first = save(folder, "001-nm-01-090", channels=channels)
    bad = save(folder, "002-nm-01-090", frames=(5, 6, 8, 9), channels=channels)
    gone = save(folder, "003-nm-01-090", channels=channels)
    bad[1, :, :2], bad[2, 4, 0], gone[:, 0, 1] = 0, 1e30, np.nan
    np.save(folder / "002-nm-01-090.npy", bad)
    np.save(folder / "003-nm-01-090.npy", gone)
    table, report = read(folder)
    assert table.sequences.to_numpy().tolist() == [["001", "nm", "01", "090", 4], ["002", "nm", "01", "090", 2]]
    assert table.frame.tolist() == [1, 2, 3, 4, 5, 9]
    kept = np.concatenate([first, bad[[0, 3]]])[..., :channels].astype(np.float32)
    assert np.array_equal(table.row_keypoints, kept)
    assert [(one.file, one.sequence, one.frame, one.reason) for one in report.itertuples()] == [
        (str(folder), "002-nm-01-090", 6, "all 17 joints at (0, 0), nobody was detected"),
        (str(folder), "002-nm-01-090", 8, "x of right_ear is 1e+30, expected -3200 to 3200 pixels (10 frames)"),
        *((str(folder), "003-nm-01-090", frame, "a NaN or infinite coordinate") for frame in (1, 2, 3, 4)),
    ]


@pytest.mark.parametrize(
    ("frames", "found"),
    [((1, 2, 2, 3), "frame 2 follows frame 2"), ((3, 2, 1, 0), "frame 2 follows frame 3"), ((-1, 0, 1, 2), "frame -1")],
)
def test_frame_numbers_that_do_not_ascend_from_zero_are_refused(folder, frames, found):
    save(folder, "001-nm-01-090", frames)
    with pytest.raises(DataError) as caught:
        read(folder)
    assert str(caught.value) == (
        f"test: {found} in 001-nm-01-090, expected ascending numbers from 0 on; sort and number its frames."
    )


def test_a_sequence_without_frames_is_left_out(folder):
    for name, frames in (("001-nm-01-090", ()), ("002-nm-01-090", (1, 2)), ("003-nm-01-090", ())):
        save(folder, name, frames)
    table, report = read(folder)
    assert table.sequences.to_numpy().tolist() == [["002", "nm", "01", "090", 2]]
    assert report["sequence"].tolist() == ["001-nm-01-090", "003-nm-01-090"]
    assert set(report["reason"]) == {"no frame in it, the sequence is left out"}


def test_no_usable_frame_at_all_ends_in_one_sentence(folder):
    array = save(folder, "001-nm-01-090")
    array[..., :3] = 0
    np.save(folder / "001-nm-01-090.npy", array)
    with pytest.raises(DataError) as caught:
        read(folder)
    assert str(caught.value) == (
        f"{folder}: no usable frame, expected x and y in pixels (fractions times the frame's width and height) and "
        f"confidences from 0 to 1. {folder}: all 17 joints at (0, 0), nobody was detected."
    )


def test_a_path_that_is_a_named_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError) as caught:
        read(tmp_path / "pipe")
    assert str(caught.value) == (
        f"{tmp_path / 'pipe'}: a named pipe, expected a folder with files like 001-nm-01-090.npy; name a regular file "
        "or a folder."
    )


def pickled(frames):
    array = np.arange(frames * 51, dtype=np.float64).reshape(frames, 17, 3)
    array[..., 2] = 0.5
    return pickle.dumps(array)


def detections(frames):
    keypoints = [0.9 if n % 3 == 2 else float(n) for n in range(51)]
    person = {"keypoints": keypoints, "score": 2.5, "box": [100.0, 300.0, 150.0, 400.0]}
    return json.dumps([person | {"image_id": f"{frame}.jpg"} for frame in range(frames)]).encode()


@pytest.mark.parametrize(
    ("name", "roots", "file", "content", "sequence", "frames"),
    [
        ("pickle_tree", ["first", "second"], "001/nm-01/000/a.pkl", pickled, "001-nm-01-000", [1, 2]),
        ("psymo_json", ["."], "000_00_0_0_nm.json", detections, "000-nm-00-000", [0, 1]),
    ],
)
def test_a_second_file_of_a_sequence_is_not_read(tmp_path, name, roots, file, content, sequence, frames):
    used, second = (tmp_path / folder / file for folder in ("first", "second"))
    for path, number in ((used, 2), (second, 3)):
        path.parent.mkdir(parents=True)
        path.write_bytes(content(number))
    folders = [tmp_path / root for root in roots]
    table, report = read_poses(name, folders, dataset="test", frame_width=320, frame_height=240, fps=25)
    assert table.frame.tolist() == frames
    assert entries_without_lines(report) == [(str(second), sequence, None, f"sequence twice, {used} is used")]
