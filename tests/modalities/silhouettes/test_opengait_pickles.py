"""OpenGait's pickles: 64 or 44 columns, values to 255 or to 1; what does not fit is named, code is never run."""

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_silhouettes import made_up_masks, save_pickle
from report_entries import entries_without_lines

from gaitcore.errors import DataError
from gaitcore.modalities.silhouettes.reading import read_silhouettes
from gaitcore.modalities.silhouettes.store import open_store
from gaitcore.modalities.silhouettes.table import list_sequences, read_blocks, read_info

PLACE = "001/nm-01/090/090.pkl"
ARRAY = "one array (T, 64, 64) or (T, 64, 44) of numbers"


def read(root):
    table = root.parent / "silhouettes.parquet"
    _, report = read_silhouettes("opengait_pickles", root, table, dataset="test")
    return table, entries_without_lines(report)


def frames(table):
    blocks = list(read_blocks(table))
    return np.concatenate([block.frame for block in blocks]), np.concatenate([block.masks for block in blocks])


@pytest.fixture
def root(tmp_path):
    return tmp_path / "pickles"


def test_64_columns_are_kept_as_they_are(root):
    masks = made_up_masks(7)
    save_pickle(root, "002/cl-01/180/180.pkl", masks[:5])
    save_pickle(root, PLACE, masks)
    table, report = read(root)
    assert list_sequences(table).to_numpy().tolist() == [["001", "nm", "01", "090", 7], ["002", "cl", "01", "180", 5]]
    frame, read_masks = frames(table)
    assert frame.tolist() == [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(read_masks, np.concatenate([masks, masks[:5]]))
    assert report == []
    assert (read_info(table).source, read_info(table).pretreatment) == (
        "OpenGait pickles",
        "the source's own; a width of 44 is put in the middle of 64",
    )


def test_44_columns_reach_the_network_as_they_are(root):
    masks = made_up_masks(6, width=44)
    save_pickle(root, PLACE, masks)
    table, _ = read(root)
    assert not frames(table)[1][..., :10].any()
    store = open_store(table, np.array([True]), None, torch.device("cpu"))
    received = store.network_input(store.windows(torch.tensor([0]), torch.arange(6)[None]))
    np.testing.assert_array_equal(received[0].numpy(), masks.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_values_from_0_to_1_are_not_divided_by_255(root, dtype):
    masks = (made_up_masks(6) > 127).astype(dtype)
    save_pickle(root, PLACE, masks)
    table, _ = read(root)
    store = open_store(table, np.array([True]), None, torch.device("cpu"))
    received = store.network_input(store.windows(torch.tensor([0]), torch.arange(6)[None]))
    np.testing.assert_array_equal(received[0].numpy(), masks[:, :, 10:54].astype(np.float32))


def test_numbers_of_other_types_are_rounded(root):
    save_pickle(root, PLACE, made_up_masks(6) + 0.25)
    with pytest.raises(DataError):  # 255.25 is too much
        read(root)
    save_pickle(root, PLACE, np.minimum(made_up_masks(6) + 0.25, 255).tolist())
    np.testing.assert_array_equal(frames(read(root)[0])[1], made_up_masks(6))


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((5, 128, 88), np.uint8), "an array (5, 128, 88), expected (T, 64, 64) or (T, 64, 44)"),
        (np.zeros((64, 64), np.uint8), "an array (64, 64), expected (T, 64, 64) or (T, 64, 44)"),
        (np.zeros((0, 64, 64), np.uint8), "an array (0, 64, 64), expected (T, 64, 64) or (T, 64, 44)"),
        (np.zeros((5, 64, 64, 3), np.uint8), "an array (5, 64, 64, 3), expected (T, 64, 64) or (T, 64, 44)"),
        (np.zeros((5, 17, 3)), "an array (5, 17, 3), expected (T, 64, 64) or (T, 64, 44)"),
        (np.full((5, 64, 64), 256), "values from 256 to 256, expected 0 to 255 or 0 to 1"),
        (np.full((5, 64, 64), -1.0), "values from -1 to -1, expected 0 to 255 or 0 to 1"),
        (np.full((5, 64, 64), np.nan), "values from nan to nan, expected 0 to 255 or 0 to 1"),
        (np.full((5, 64, 64), np.inf), "values from inf to inf, expected 0 to 255 or 0 to 1"),
    ],
)
def test_an_array_that_cannot_be_used_is_one_line_of_the_report(root, array, reason):
    save_pickle(root, "001/nm-02/000/000.pkl", made_up_masks(5))
    path = save_pickle(root, PLACE, array)
    table, report = read(root)
    assert list_sequences(table)["sequence"].tolist() == ["02"]
    assert report == [(str(path), "001-nm-01-090", None, reason)]


def test_empty_masks_are_lines_of_the_report_and_a_walk_of_them_is_left_out(root):
    masks = made_up_masks(7)
    masks[[0, 3]] = 0
    path = save_pickle(root, PLACE, masks)
    empty = save_pickle(root, "001/nm-02/000/000.pkl", np.zeros((1, 64, 64), np.uint8))
    table, report = read(root)
    assert frames(table)[0].tolist() == [2, 3, 5, 6, 7]
    assert report == [
        (str(path), "001-nm-01-090", 1, "no white pixel"),
        (str(path), "001-nm-01-090", 4, "no white pixel"),
        (str(empty), "001-nm-02-000", 1, "no white pixel"),
        (str(empty), "001-nm-02-000", None, "no usable frame, the sequence is left out"),
    ]


def test_a_walk_of_one_frame_is_kept_with_a_line(root):
    path = save_pickle(root, PLACE, made_up_masks(1))
    table, report = read(root)
    assert list_sequences(table)["frames"].tolist() == [1]
    assert report == [(str(path), "001-nm-01-090", None, "1 usable frame, expected 5 or more; the sequence is kept")]


def test_several_pickles_and_sequences_found_twice_are_reported(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    save_pickle(first, PLACE, made_up_masks(5))
    save_pickle(first, "001/nm-02/090/a.pkl", made_up_masks(5))
    save_pickle(first, "001/nm-02/090/b.pkl", made_up_masks(5))
    save_pickle(second, PLACE, made_up_masks(6))
    table = tmp_path / "silhouettes.parquet"
    sequences, report = read_silhouettes("opengait_pickles", [first, second], table, dataset="test")
    assert sequences["frames"].tolist() == [5]
    assert report[["file", "reason"]].to_numpy().tolist() == [
        [str(first / "001/nm-02/090"), "2 pickles (a.pkl, b.pkl), expected one; choose it by tree.files"],
        [str(second / PLACE), f"sequence twice, {first / PLACE} is used"],
    ]


class Touch:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def refused(root):
    with pytest.raises(DataError) as caught:
        read(root)
    assert not (root.parent / "silhouettes.parquet").exists()
    return str(caught.value)


def test_a_pickle_that_asks_for_code_stops_the_run_and_is_not_obeyed(root, tmp_path):
    path = save_pickle(root, PLACE, [made_up_masks(2), Touch(tmp_path / "marker")])
    message = refused(root)
    assert message.startswith(f"{path}: the pickle needs ")
    assert message.endswith(f", expected {ARRAY}; nothing in it was executed, remove it.")
    assert not (tmp_path / "marker").exists()


def test_a_pickle_of_another_kind_stops_the_run(root):
    path = save_pickle(root, PLACE, {"masks": [1]})
    assert refused(root) == f"{path}: holds a dict with the keys 'masks', expected {ARRAY}; save the array alone."
    mixed = save_pickle(root, PLACE, [made_up_masks(1)[0], made_up_masks(1, width=44)[0]])
    assert refused(root) == (
        f"{mixed}: holds parts of different shapes ((64, 64), (64, 44)), expected {ARRAY}; make one array of it."
    )


def test_files_of_other_programs_stop_the_run(root):
    remedy = f"expected {ARRAY}; write the array with numpy.save or pickle."
    path = save_pickle(root, PLACE, None)
    torch.save(torch.zeros(5, 64, 64), path)
    assert refused(root) == f"{path}: a file of torch.save, {remedy}"
    with path.open("wb") as file:
        np.savez(file, masks=made_up_masks(5))
    assert refused(root) == f"{path}: an archive of arrays (.npz), {remedy}"
    path.write_bytes(gzip.compress(pickle.dumps(made_up_masks(5))))
    assert refused(root) == f"{path}: compressed (gzip), {remedy}"
    save_pickle(root, PLACE, ["a", "b"])
    assert refused(root) == f"{path}: holds text, expected {ARRAY}; remove it."


def test_an_empty_file_stops_the_run(root):
    path = save_pickle(root, PLACE, None)
    path.write_bytes(b"")
    assert refused(root) == f"{path}: not a readable pickle (Ran out of input), expected {ARRAY}; fetch it again."


def test_walks_of_64_and_of_44_columns_are_read_from_one_tree(root):
    wide, narrow = made_up_masks(5), made_up_masks(6, width=44)
    save_pickle(root, PLACE, wide)
    save_pickle(root, "001/nm-02/090/090.pkl", narrow)
    table, report = read(root)
    assert report == []
    masks = frames(table)[1]
    np.testing.assert_array_equal(masks[:5], wide)
    np.testing.assert_array_equal(masks[5:, :, 10:54], narrow)


def test_a_pickle_that_is_cut_short_stops_the_run(root):
    path = save_pickle(root, PLACE, made_up_masks(5))
    path.write_bytes(path.read_bytes()[:200])
    assert refused(root) == (
        f"{path}: not a readable pickle (pickle data was truncated), expected {ARRAY}; fetch it again."
    )
    np.save(root / "array.npy", made_up_masks(5))
    path.unlink()
    path = path.with_suffix(".npy")
    path.write_bytes((root / "array.npy").read_bytes()[:-1])
    (root / "array.npy").unlink()
    found = "20,479 bytes of numbers, expected 20,480"
    assert refused(root) == f"{path}: not a readable .npy file ({found}), expected {ARRAY}; fetch it again."
