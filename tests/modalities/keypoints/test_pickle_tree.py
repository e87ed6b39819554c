"""Pickle trees: numbers are read, code is never run, and whatever does not fit is named."""

import hashlib
import io
import os
import pickle
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from report_entries import entries_without_lines, refusal

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.keypoints.skeleton import JOINTS
from gaitcore.modalities.pickles import load_array

ARRAY = "one array (T, 17, 3) of numbers"
EXPECTED = f"expected {ARRAY}"
CONVERT = "write the array with numpy.save or pickle."


def poses(frames: int) -> np.ndarray:
    """x and y are all different, confidences are from 0.5 to 0.66."""
    array = np.arange(1, frames * 51 + 1, dtype=np.float64).reshape(frames, 17, 3)
    array[..., 2] = 0.5 + np.arange(17) / 100
    return array


def save(root: Path, place: str, value: object, protocol: int = 4) -> Path:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(value, protocol))
    return path


def read(root):
    return read_poses("pickle_tree", root, dataset="casia-b", frame_width=320, frame_height=240, fps=25)


def dropped(root):
    return entries_without_lines(read(root)[1])


error = partial(refusal, read)


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
    ("value", "found", "remedy"),
    [
        ({"keypoints": [1.0], "frame": 3}, "a dict with the keys 'keypoints', 'frame'", "save the array alone"),
        ({n: n for n in range(20)}, "a dict with the keys 0, 1, 2, 3, 4, 5, 6, 7, ...", "save the array alone"),
        ([{}], "an empty dict", "save the array alone"),
        (np.array([None, "x"], dtype=object), "None", "remove it"),
        (["left", "right"], "text", "remove it"),
        (None, "None", "remove it"),
        (np.zeros((2, 17, 3), bool), "bool values", "remove it"),
        ([1.0, True], "bool values", "remove it"),
        ([10**30], "whole numbers of more than 64 bits", "remove it"),
        (np.zeros((2, 17, 3), complex), "c16 values", "remove it"),
        (np.array(["a"]), "U1 values", "remove it"),
        ([poses(1)[0], poses(1)[0, :16]], "parts of different shapes ((17, 3), (16, 3))", "make one array of it"),
    ],
)
def test_values_that_are_no_numbers_stop_the_run(tmp_path, value, found, remedy):
    path = save(tmp_path, "001/nm-01/000/a.pkl", value)
    assert error(tmp_path) == f"{path}: holds {found}, {EXPECTED}; {remedy}."


def nested(levels: int) -> list:
    value: list = [1.0]
    for _ in range(levels):
        value = [value, value]
    return value


def tuple_as_key() -> bytes:
    """A dict whose key is a tuple of tuples of tuples ..., 40 levels: its hash would take 2^40 steps."""
    key: tuple = (1, 2)
    for _ in range(40):
        key = (key, key)
    return b"\x80\x04}" + pickle.dumps(key, 4)[11:-1] + b"K\x01s."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps(nested(30)), "holds lists in more than 6 levels"),
        (pickle.dumps([[[1.0] * 1000] * 1000] * 1000), "holds 1,001,001,001 numbers and lists, one within the other"),
        (pickle.dumps([[[]] * 10000] * 10000), "holds 100,010,001 numbers and lists, one within the other"),
        (tuple_as_key(), "holds a dict or a set of tuples"),
        (b"\x80\x02]r\xff\xff\xff\x0f.", "not a readable pickle (memo entry 268435455)"),
        (b"\x80\x05\x96\xff\xff\xff\xff\xff\x00\x00\x00.", "not a readable pickle (pickle data was truncated)"),
    ],
)
def test_a_small_pickle_cannot_ask_for_much_time_or_memory(tmp_path, content, message):
    path = tmp_path / "a.pkl"
    started = time.monotonic()
    with pytest.raises(DataError) as caught:
        load_array(path, content, ARRAY)
    assert str(caught.value).startswith(f"{path}: {message}, {EXPECTED}; ")
    assert time.monotonic() - started < 2


def test_a_list_in_itself_is_refused(tmp_path):
    value: list = []
    value.append(value)
    with pytest.raises(DataError, match="lists in more than 6 levels"):
        load_array(tmp_path / "a.pkl", pickle.dumps(value), ARRAY)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_array_of_frame_arrays_is_read(tmp_path, protocol):
    """``np.asarray`` of a list of frames makes an array of objects where a frame was read as a list."""
    frames = np.empty(3, object)
    for frame, values in enumerate(poses(3)):
        frames[frame] = values
    assert np.array_equal(load_array(tmp_path / "a.pkl", pickle.dumps(frames, protocol), ARRAY), poses(3))
    lists = np.empty((3, 17), object)
    for place in np.ndindex(3, 17):
        lists[place] = poses(3)[place].tolist()
    assert np.array_equal(load_array(tmp_path / "a.pkl", pickle.dumps(lists, protocol), ARRAY), poses(3))
    scalars = [[np.float32(1), np.float64(2)], [3, 4.5]]
    assert load_array(tmp_path / "a.pkl", pickle.dumps(scalars, protocol), ARRAY).tolist() == [[1, 2], [3, 4.5]]


def test_an_array_of_objects_that_claims_more_than_it_has_is_refused(tmp_path):
    frames = np.empty(3, object)
    content = pickle.dumps(frames, 2).replace(b"K\x03\x85", b"K\x7f\x85")
    with pytest.raises(DataError, match="an array of objects that is not complete"):
        load_array(tmp_path / "a.pkl", content, ARRAY)


def test_files_of_numpy_save_are_read(tmp_path):
    (tmp_path / "001/nm-01/000").mkdir(parents=True)
    np.save(tmp_path / "001/nm-01/000/000.npy", np.asfortranarray(poses(3)))
    assert np.array_equal(read(tmp_path)[0].keypoints, poses(3).astype(np.float32))


def saved(write, *arguments, **options) -> bytes:
    file = io.BytesIO()
    write(file, *arguments, **options)
    return file.getvalue()


def save_by_torch(file, **options):
    torch.save(torch.ones(2, 17, 3), file, **options)


OBJECTS = np.array([None, [1.0]], object)
HUGE_NPY = (
    b"\x93NUMPY\x01\x00v\x00"
    + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 17, 3), }".ljust(117)
    + b"\n"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            saved(np.save, OBJECTS, allow_pickle=True),
            f"holds an array of objects, {EXPECTED}; save one array of numbers.",
        ),
        (saved(np.save, poses(2))[:300], "not a readable .npy file (172 bytes of numbers, expected 816)"),
        (HUGE_NPY, "not a readable .npy file (0 bytes of numbers, expected 40,799,999,999,592)"),
        (saved(np.savez, a=poses(2)), f"an archive of arrays (.npz), {EXPECTED}; {CONVERT}"),
        (saved(save_by_torch), f"a file of torch.save, {EXPECTED}; {CONVERT}"),
        (
            saved(save_by_torch, _use_new_zipfile_serialization=False),
            f"a file of torch.save, {EXPECTED}; {CONVERT}",
        ),
        (b"PK\x03\x04", f"a damaged ZIP archive, {EXPECTED}; {CONVERT}"),
        (b"\x1f\x8b\x08", f"compressed (gzip), {EXPECTED}; {CONVERT}"),
    ],
)
def test_other_formats_are_named(tmp_path, content, message):
    path = tmp_path / "a.pkl"
    with pytest.raises(DataError) as caught:
        load_array(path, content, ARRAY)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_pickles_of_python_2_are_read(tmp_path):
    """Their texts are bytes, so that the numbers of an array are one."""
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85"
        b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x08"
        + np.array([1.5, 2.5], "<f4").tobytes()
        + b"tb."
    )
    assert load_array(tmp_path / "a.pkl", content, ARRAY).tolist() == [1.5, 2.5]


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
    other = save(tmp_path, "001/nm-01/018/a.pkl", poses(2)[:, :16])
    empty = save(tmp_path, "001/nm-01/036/a.pkl", poses(0))
    assert dropped(tmp_path) == [
        (str(other), "001-nm-01-018", None, "an array (2, 16, 3), expected (T, 17, 3), or (T, 17, 4) with a z"),
        (str(empty), "001-nm-01-036", None, "an array (0, 17, 3), expected (T, 17, 3), or (T, 17, 4) with a z"),
    ]


ONCE = "; other files alike are not listed"
PLACE = "001/nm-01/000/a.pkl"


@pytest.mark.parametrize(
    ("array", "note"),
    [
        (poses(3)[:, None], None),
        (poses(3)[None], None),
        (poses(3).reshape(3, 51), None),
        (
            np.concatenate([np.full((3, 2), 7.0), poses(3).reshape(3, 51)], axis=1),
            "53 numbers a frame, the first 2 are not used",
        ),
        (
            np.concatenate([poses(3), np.full((3, 9, 3), 7.0)], axis=1),
            "26 points a frame (Halpe-26), the first 17 are read",
        ),
    ],
)
def test_arrays_of_other_shapes_are_read(tmp_path, array, note):
    path = save(tmp_path, PLACE, array)
    assert np.array_equal(read(tmp_path)[0].keypoints, poses(3).astype(np.float32))
    assert dropped(tmp_path) == ([(str(path), "", None, note + ONCE)] if note else [])


@pytest.mark.parametrize("flat", [False, True])
def test_a_missing_confidence_becomes_one_and_is_reported_once(tmp_path, flat):
    array = poses(3)[..., :2]
    first = save(tmp_path, PLACE, array.reshape(3, 34) if flat else array)
    save(tmp_path, "001/nm-01/018/a.pkl", array[:2].reshape(2, 34) if flat else array[:2])
    table, _ = read(tmp_path)
    assert np.array_equal(table.keypoints[..., :2], np.concatenate([array, array[:2]]).astype(np.float32))
    assert (table.keypoints[..., 2] == 1).all()
    note = "17 points without a confidence, which is set to 1"
    assert dropped(tmp_path) == [(str(first), "", None, note + ONCE)]


# An et al., OUMVLP-Pose, TBIOM 2020: the order of OpenPose's model COCO.
COCO_18 = (
    *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
)


@pytest.mark.parametrize("flat", [False, True])
def test_18_joints_are_read_by_their_names_and_without_the_neck(tmp_path, flat):
    array = np.column_stack([np.arange(10.0, 28.0), np.arange(20.0, 38.0), np.full(18, 0.5)])[None]
    path = save(tmp_path, PLACE, array.reshape(1, 54) if flat else array)
    keypoints = read(tmp_path)[0].keypoints[0]
    assert [COCO_18[int(x) - 10] for x in keypoints[:, 0]] == list(JOINTS)
    note = "18 points a frame (COCO-18), the 17 of COCO are read, without the neck"
    assert dropped(tmp_path) == [(str(path), "", None, note + ONCE)]


def test_joints_at_zero_were_not_found_and_are_put_where_the_body_has_them(tmp_path):
    array = poses(3)
    array[1, 9] = array[:, 10] = 0  # the left wrist in one frame, the right one in all
    path = save(tmp_path, PLACE, array)
    keypoints = read(tmp_path)[0].keypoints
    assert keypoints[1, 9].tolist() == [*poses(3)[1, 9, :2], 0]
    assert np.array_equal(keypoints[:, 10, :2], keypoints[:, 9, :2])
    assert (keypoints[:, 10, 2] == 0).all()
    assert [reason for *_, reason in dropped(tmp_path)] == [
        "1 joints not found, interpolated between the frames before and after",
        "right_wrist in none of 3 frames, put at the joint of the other side with confidence 0",
    ]
    assert {file for file, *_ in dropped(tmp_path)} == {str(path)}


def test_coordinates_far_outside_the_picture_are_dropped(tmp_path):
    path = save(tmp_path, PLACE, np.full((2, 17, 3), 2**62))
    assert error(tmp_path).endswith(f"{path}: x of nose is 4.61169e+18, expected -3200 to 3200 pixels (10 frames).")
    with_one = poses(2)
    with_one[0, 0, 0] = 1e300
    save(tmp_path, PLACE, with_one)
    assert dropped(tmp_path) == [(str(path), "001-nm-01-000", 1, "a NaN or infinite coordinate")]


def test_hidden_files_of_a_mac_are_skipped(tmp_path):
    save(tmp_path, PLACE, poses(2))
    (tmp_path / "001/nm-01/000/._a.pkl").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "001/nm-01/.AppleDouble").mkdir()
    assert len(read(tmp_path)[0]) == 2
    assert dropped(tmp_path) == []


def test_a_named_pipe_is_not_waited_for(tmp_path):
    (tmp_path / "001/nm-01/000").mkdir(parents=True)
    os.mkfifo(tmp_path / PLACE)
    assert error(tmp_path) == (
        f"{tmp_path / PLACE}: a named pipe, expected a pickle of poses; name a regular file or a folder."
    )


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


@pytest.mark.parametrize(
    ("pickles", "others", "reports"),
    [
        (
            ["001/nm-01/018/a.pkl", "001/nm-01/018/b.pkl"],
            ["001/nm-01/036/", "001/nm-02/"],
            [
                (
                    "001/nm-01/018",
                    "001-nm-01-018",
                    None,
                    "2 pickles (a.pkl, b.pkl), expected one; choose it by tree.files",
                ),
                ("001/nm-01/036", "001-nm-01-036", None, "0 pickles, expected one"),
                ("001/nm-02", "", None, "an empty folder, expected subject/condition-sequence/view/<any>.pkl"),
            ],
        ),
        (
            ["001/normal/000/a.pkl"],
            ["README.md", ".DS_Store"],
            [
                (
                    "001/normal/000",
                    "",
                    None,
                    "names no sequence, expected subject/condition-sequence/view, e.g. 001/nm-01/090; "
                    "the setting tree describes other folders",
                ),
                (
                    "README.md",
                    "",
                    None,
                    "a file where a folder is expected (subject/condition-sequence/view/<any>.pkl)",
                ),
            ],
        ),
    ],
    ids=["two_pickles_and_none_in_a_view_folder", "names_that_do_not_fit"],
)
def test_what_is_beside_the_layout_is_reported(tmp_path, pickles, others, reports):
    for place in ("001/nm-01/000/a.pkl", *pickles):
        save(tmp_path, place, poses(2))
    for place in others:
        made = tmp_path / place
        made.mkdir() if place.endswith("/") else made.touch()
    assert dropped(tmp_path) == [(str(tmp_path / place), *entry) for place, *entry in reports]


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
