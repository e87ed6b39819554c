"""Sequences that are written one after the other: the same bytes as of a table in memory; crops of the person."""

import pickle

import numpy as np
import pytest
import torch

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.input import transform_of
from gaitcore.modalities.keypoints.reading import read_poses, write_poses
from gaitcore.modalities.keypoints.store import KeypointStore
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, table_of_sequences
from gaitcore.modalities.keypoints.walks import Walk, write_walks
from gaitcore.modalities.report import DropReport
from gaitcore.settings.data import Tree
from gaitcore.settings.input import Input

OUMVLP = Tree(folders="subject/sequence/view", constant={"condition": "nm"})
CAMERA = {"dataset": "made up", "frame_width": 1280, "frame_height": 980, "fps": 25}


def save(root, place, array):
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(array))


def poses(frames, at=(300.0, 400.0), seed=0):
    """People of about 180 pixels; (T, 17, 3)."""
    body = np.random.default_rng(seed).random((frames, 17, 3)) * (60, 180, 1)
    return (body + np.array([*at, 0])).astype(np.float32)


@pytest.mark.parametrize("z", [False, True])
def test_sequences_written_one_by_one_are_the_table_in_memory(tmp_path, z):
    for subject, view, frames in (("00010", "090", 25), ("00009", "180", 18), ("00010", "000", 40)):
        array = poses(frames)
        array = np.concatenate([array, array[..., :1]], axis=2) if z else array
        save(tmp_path / "tree", f"{subject}/00/{view}/{view}.pkl", array)
    save(tmp_path / "tree", "00011/00/000/000.pkl", np.zeros((2, 5, 3)))
    whole, report = read_poses("pickle_tree", tmp_path / "tree", **CAMERA, tree=OUMVLP)
    whole.write(tmp_path / "whole.parquet")
    sequences, lines = write_poses("pickle_tree", tmp_path / "tree", tmp_path / "poses.parquet", **CAMERA, tree=OUMVLP)
    assert (tmp_path / "poses.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert lines.equals(report)
    assert sequences.equals(whole.sequences)
    assert list(sequences["frames"]) == [18, 40, 25]


def test_sequences_are_written_in_the_order_of_keys_whatever_that_of_reading(tmp_path):
    keys = [SequenceKey("10", "nm", "1", "90"), SequenceKey("9", "nm", "1", "180"), SequenceKey("9", "nm", "1", "90")]
    walks = [Walk(key, tmp_path, (), np.arange(3, dtype=np.int32), poses(3, seed=n)) for n, key in enumerate(keys)]
    info = PoseInfo("made up", 1280, 980, 25.0)
    write_walks(tmp_path / "poses.parquet", iter(walks), [tmp_path], "walks", info, DropReport())
    table = PoseTable.read(tmp_path / "poses.parquet")
    assert table.sequences["subject"].tolist() == ["9", "9", "10"]
    assert table.sequences["view"].tolist() == ["90", "180", "90"]
    assert np.array_equal(table.keypoints, np.concatenate([poses(3, seed=n) for n in (2, 1, 0)]))
    assert [path.name for path in tmp_path.iterdir()] == ["poses.parquet"]


def test_a_z_in_some_sequences_is_refused_and_nothing_is_written(tmp_path):
    array = poses(5)
    save(tmp_path / "tree", "1/00/000/a.pkl", array)
    save(tmp_path / "tree", "2/00/000/a.pkl", np.concatenate([array, array[..., :1]], axis=2))
    with pytest.raises(DataError) as caught:
        write_poses("pickle_tree", tmp_path / "tree", tmp_path / "poses.parquet", **CAMERA, tree=OUMVLP)
    assert str(caught.value) == (
        f"{tmp_path}/tree/2/00/000/a.pkl has a z and {tmp_path}/tree/1/00/000/a.pkl has none; give all sequences "
        "one, or none."
    )
    assert not (tmp_path / "poses.parquet").exists()


def test_coordinates_of_crops_are_told_where_a_frame_is_set(tmp_path):
    save(tmp_path / "tree", "1/00/000/a.pkl", poses(120, at=(20, 10)))
    _, report = read_poses("pickle_tree", tmp_path / "tree", **CAMERA, tree=OUMVLP)
    assert report["reason"].tolist() == [
        "in 100 % of the frames the person is at the corner of the picture, as in crops of the person and not "
        "in a frame of 1280 x 980; set data.frame_width and data.frame_height to null, and input.unit to "
        "body_height or torso"
    ]
    save(tmp_path / "tree", "1/00/000/a.pkl", poses(120))
    _, report = read_poses("pickle_tree", tmp_path / "tree", **CAMERA, tree=OUMVLP)
    assert report.empty


def settings(unit, short="excluded"):
    return Input(channels=("x", "y"), unit=unit, short_sequences=short)


@pytest.mark.parametrize("unit", ["body_height", "torso"])
def test_a_unit_of_the_body_does_not_depend_on_the_crop(unit):
    frames = torch.from_numpy(poses(4))
    moved = frames.clone()
    scale = torch.tensor([1.0, 2.0, 0.5, 3.0])[:, None, None]
    moved[..., :2] = moved[..., :2] * scale + torch.tensor([7.0, -11.0])
    transform = transform_of(settings(unit), 3, 500)
    one, other = (transform(transform.prepared(x, torch.tensor([4]))[None]) for x in (frames, moved))
    assert torch.allclose(one, other, atol=1e-4)
    assert transform.frame_width == 320


def test_body_heights_count_from_the_middle_of_the_box():
    transform = transform_of(settings("body_height"), 3, 500)
    output = transform(transform.prepared(torch.from_numpy(poses(4)), torch.tensor([4]))[None])[0]
    low, high = output.amin(dim=1), output.amax(dim=1)
    assert torch.allclose(high[:, 1] - low[:, 1], torch.ones(4), atol=1e-5)
    assert torch.allclose(low + high, torch.zeros(4, 2), atol=1e-5)


def test_torso_lengths_count_from_the_middle_of_the_hips():
    transform = transform_of(settings("torso"), 3, 500)
    output = transform(transform.prepared(torch.from_numpy(poses(4)), torch.tensor([4]))[None])[0]
    hips, shoulders = output[:, [11, 12]].mean(dim=1), output[:, [5, 6]].mean(dim=1)
    assert torch.allclose(hips, torch.zeros(4, 2), atol=1e-5)
    assert torch.allclose(shoulders.norm(dim=-1), torch.ones(4), atol=1e-5)


@pytest.mark.parametrize(
    ("rule", "expected"), [("reflected", [2, 1, 0, 1, 2, 3, 2, 1]), ("repeated", [2, 3, 0, 1, 2, 3, 0, 1])]
)
def test_short_sequences_are_reflected_or_repeated(rule, expected):
    keypoints = np.ones((4, 17, 3), np.float32) * np.arange(4, dtype=np.float32)[:, None, None]
    walk = {SequenceKey("1", "nm", 1, 0): (np.arange(4, dtype=np.int32), keypoints)}
    store = KeypointStore.of(
        table_of_sequences(walk, PoseInfo("test", 320, 240, 25.0)), settings("pixels", rule), torch.device("cpu")
    )
    window = store.windows(torch.tensor([0]), torch.arange(-2, 6)[None])
    assert window[0, :, 0, 0].tolist() == expected
