"""Pickle trees: numbers are read, code is never run, and whatever does not fit is named."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.pickles import load_array

ARRAY = "one array (T, 17, 3) of numbers"
EXPECTED = f"expected {ARRAY}"


def poses(frames: int) -> np.ndarray:
    return np.arange(frames * 51, dtype=np.float64).reshape(frames, 17, 3)


def save(root: Path, place: str, value: object, protocol: int = 4) -> Path:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(value, protocol))
    return path


def read(root):
    return read_poses("pickle_tree", root, dataset="casia-b", frame_width=320, frame_height=240, fps=25)


def dropped(root) -> list[tuple]:
    _, report = read(root)
    assert report["line"].isna().all()
    report = report.drop(columns="line").astype(object)
    return [tuple(entry) for entry in report.where(report.notna(), None).to_numpy()]


def error(root) -> str:
    with pytest.raises(DataError) as caught:
        read(root)
    return str(caught.value)


def test_each_pickle_is_a_sequence_with_frames_from_one(tmp_path):
    save(tmp_path, "002/cl-01/180/180.pkl", poses(1))
    first = save(tmp_path, "001/nm-02/018/a.pkl", poses(3))
    table, report = read(tmp_path)
    assert table.sequences.to_numpy().tolist() == [["001", "nm", "02", "018", 3], ["002", "cl", "01", "180", 1]]
    assert table.frame.tolist() == [1, 2, 3, 1]
    assert np.array_equal(table.keypoints, np.concatenate([poses(3), poses(1)]).astype(np.float32))
    assert len(report) == 0
    assert table.info.source == "pickle tree"
    assert hashlib.sha256(first.read_bytes()).hexdigest() != table.info.source_digest


def test_the_digest_follows_the_content(tmp_path):
    path = save(tmp_path, "001/nm-01/000/a.pkl", poses(3))
    save(tmp_path, "001/nm-01/018/a.pkl", poses(3))
    before = read(tmp_path)[0].info.source_digest
    assert read(tmp_path)[0].info.source_digest == before
    path.write_bytes(pickle.dumps(poses(4)))
    assert read(tmp_path)[0].info.source_digest != before


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", ">f4"])
def test_arrays_of_every_protocol_are_read(tmp_path, protocol, dtype):
    array = poses(2).astype(dtype)
    path = tmp_path / "a.pkl"
    assert np.array_equal(load_array(path, pickle.dumps(array, protocol), ARRAY), array)
    assert np.array_equal(load_array(path, pickle.dumps(np.asfortranarray(array), protocol), ARRAY), array)
    assert np.array_equal(load_array(path, pickle.dumps(array.tolist(), protocol), ARRAY), array)
    assert np.array_equal(load_array(path, pickle.dumps(list(array[0, 0]), protocol), ARRAY), array[0, 0])


def test_arrays_written_by_older_numpy_are_read(tmp_path):
    old = pickle.dumps(poses(2), 2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert b"numpy.core.multiarray" in old
    assert np.array_equal(load_array(tmp_path / "a.pkl", old, ARRAY), poses(2))


class Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_with_code_stops_the_run_and_is_not_executed(tmp_path):
    marker = tmp_path / "marker"
    path = save(tmp_path / "tree", "001/nm-01/000/a.pkl", [poses(2), Touch(marker)])
    message = error(tmp_path / "tree")
    assert message.startswith(f"{path}: the pickle needs ")
    assert message.endswith(f", {EXPECTED}; nothing in it was executed, remove it.")
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "asked"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "os.system"),
        (b"cbuiltins\neval\n(S'1'\ntR.", "builtins.eval"),
        (b"cnumpy\nload\n(S'x'\ntR.", "numpy.load"),
        (b"cnumpy.core.multiarray\nfrombuffer.__globals__\n.", "numpy._core.multiarray.frombuffer.__globals__"),
        (b"\x80\x04\x8c\x05numpy\x8c\x0fndarray.tofile.\x93.", "numpy.ndarray.tofile."),
    ],
)
def test_the_forbidden_global_is_named(tmp_path, content, asked):
    path = tmp_path / "a.pkl"
    with pytest.raises(DataError) as caught:
        load_array(path, content, ARRAY)
    assert str(caught.value) == (
        f"{path}: the pickle needs {asked}, {EXPECTED}; nothing in it was executed, remove it."
    )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"keypoints": [1.0]}, "object"),
        (np.array([None, "x"], dtype=object), "object"),
        (["left", "right"], "<U5"),
        (None, "object"),
        (np.zeros((2, 17, 3), bool), "bool"),
    ],
)
def test_values_that_are_no_numbers_stop_the_run(tmp_path, value, kind):
    path = save(tmp_path, "001/nm-01/000/a.pkl", value)
    assert error(tmp_path) == f"{path}: holds {kind} values, {EXPECTED}; remove it."


def test_a_damaged_pickle_stops_the_run(tmp_path):
    path = save(tmp_path, "001/nm-01/000/a.pkl", poses(2))
    path.write_bytes(path.read_bytes()[:200])
    assert error(tmp_path) == (
        f"{path}: not a readable pickle (pickle data was truncated), {EXPECTED}; fetch it again."
    )
    path.write_bytes(b"")
    assert error(tmp_path) == f"{path}: not a readable pickle (Ran out of input), {EXPECTED}; fetch it again."


def test_an_array_of_another_shape_is_dropped(tmp_path):
    save(tmp_path, "001/nm-01/000/a.pkl", poses(2))
    flat = save(tmp_path, "001/nm-01/018/a.pkl", poses(2)[..., :2])
    empty = save(tmp_path, "001/nm-01/036/a.pkl", poses(0))
    assert dropped(tmp_path) == [
        (str(flat), "001-nm-01-018", None, "an array (2, 17, 2), expected (T, 17, 3), or (T, 17, 4) with a z"),
        (str(empty), "001-nm-01-036", None, "an array (0, 17, 3), expected (T, 17, 3), or (T, 17, 4) with a z"),
    ]


def test_frames_with_nan_or_infinite_coordinates_are_dropped(tmp_path):
    array = poses(4)
    array[1, 3, 0], array[2, 16, 2] = np.nan, np.inf
    path = save(tmp_path, "001/nm-01/000/a.pkl", array)
    table, _ = read(tmp_path)
    assert table.frame.tolist() == [1, 4]
    assert dropped(tmp_path) == [
        (str(path), "001-nm-01-000", 2, "a NaN or infinite coordinate"),
        (str(path), "001-nm-01-000", 3, "a NaN or infinite coordinate"),
    ]


def test_two_pickles_and_none_in_a_view_folder_are_reported(tmp_path):
    save(tmp_path, "001/nm-01/000/a.pkl", poses(2))
    save(tmp_path, "001/nm-01/018/a.pkl", poses(2))
    save(tmp_path, "001/nm-01/018/b.pkl", poses(2))
    (tmp_path / "001/nm-01/036").mkdir()
    (tmp_path / "001/nm-02").mkdir()
    assert dropped(tmp_path) == [
        (str(tmp_path / "001/nm-01/018"), "001-nm-01-018", None, "2 pickles (a.pkl, b.pkl), expected one"),
        (str(tmp_path / "001/nm-01/036"), "001-nm-01-036", None, "0 pickles, expected one"),
        (
            str(tmp_path / "001/nm-02"),
            "",
            None,
            "an empty folder, expected subject/condition-sequence/view/<any>.pkl",
        ),
    ]


def test_names_that_do_not_fit_are_reported(tmp_path):
    save(tmp_path, "001/nm-01/000/a.pkl", poses(2))
    save(tmp_path, "001/normal/000/a.pkl", poses(2))
    (tmp_path / "README.md").touch()
    (tmp_path / ".DS_Store").touch()
    assert dropped(tmp_path) == [
        (
            str(tmp_path / "001/normal/000"),
            "",
            None,
            "names no sequence, expected subject/condition-sequence/view, e.g. 001/nm-01/090",
        ),
        (
            str(tmp_path / "README.md"),
            "",
            None,
            "a file where a folder is expected (subject/condition-sequence/view/<any>.pkl)",
        ),
    ]


def test_a_second_file_of_a_sequence_is_not_read(tmp_path):
    first = save(tmp_path / "a", "001/nm-01/000/a.pkl", poses(2))
    second = save(tmp_path / "b", "001/nm-01/000/a.pkl", poses(3))
    table, _ = read([tmp_path / "a", tmp_path / "b"])
    assert table.frame.tolist() == [1, 2]
    assert dropped([tmp_path / "a", tmp_path / "b"]) == [
        (str(second), "001-nm-01-000", None, f"sequence twice, {first} is used")
    ]


def test_a_folder_without_a_usable_sequence_stops_the_run(tmp_path):
    layout = "expected a folder of subject/condition-sequence/view/<any>.pkl, e.g. 001/nm-01/090/."
    assert error(tmp_path) == (
        f"{tmp_path}: no usable sequence, {layout} {tmp_path}: an empty folder, "
        "expected subject/condition-sequence/view/<any>.pkl."
    )
    assert error(tmp_path / "nowhere") == (
        f"{tmp_path / 'nowhere'}: not found, expected a folder with subject/condition-sequence/view/<any>.pkl, "
        "e.g. 001/nm-01/090/; put it there or correct the path."
    )
    path = save(tmp_path, "a.pkl", poses(2))
    assert error(path) == f"{path}: not a folder, {layout}"
