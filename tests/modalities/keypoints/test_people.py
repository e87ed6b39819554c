"""OUMVLP-Pose's frames with several people: the three rules by which one is kept."""

import json
import pickle

import numpy as np
import pytest

from gaitcore.errors import ConfigError, DataError
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.settings.data import Tree

CAMERA = {"dataset": "OUMVLP", "frame_width": 1280, "frame_height": 980, "fps": 25, "pose_source": "AlphaPose"}
TREE = Tree(folders="subject/view_sequence", constant={"condition": "nm"})


def person(x: float, height: float = 200) -> dict:
    points = [(x + joint, 100 + height * joint / 18, 0.5) for joint in range(18)]
    return {"pose_keypoints_2d": [value for point in points for value in point]}


@pytest.fixture
def walk(tmp_path):
    """The walker at 100, 110, ...; a smaller bystander is the first one in the second frame; nobody in the fourth."""
    folder = tmp_path / "poses" / "00001" / "000_00"
    folder.mkdir(parents=True)
    frames = {21: [person(100)], 22: [person(900, 50), person(110)], 23: [person(120), person(905, 50)], 24: []}
    for frame, people in frames.items():
        (folder / f"{frame:04d}_keypoints.json").write_text(json.dumps({"people": people}))
    return folder


def index(tmp_path, places):
    path = tmp_path / "index" / "00001" / "00" / "000" / "pose_selection_idx.pkl"
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps(places))
    return path


def read(tmp_path, **options):
    table, report = read_poses("openpose_json", tmp_path / "poses", **CAMERA, tree=TREE, **options)
    return table, report["reason"].tolist()


def noses(table):
    return list(zip(table.frame.tolist(), table.keypoints[:, 0, 0].tolist(), strict=True))


def test_the_tracker_follows_the_walker_and_the_others_are_reported(tmp_path, walk):
    table, reasons = read(tmp_path)
    assert noses(table) == [(21, 100), (22, 110), (23, 120)]
    assert sum(reason.startswith("another person") for reason in reasons) == 2
    assert "nobody found" in reasons
    assert table.info.source == "AlphaPose"


def test_the_first_person_is_the_old_published_rule(tmp_path, walk):
    table, reasons = read(tmp_path, people="first")
    assert noses(table) == [(21, 100), (22, 900), (23, 120)]
    assert "2 of 4 frames have several people, the first one is kept (data.people)" in reasons
    assert table.info.source == "AlphaPose, the first person of each frame"


def test_the_index_names_the_person_of_each_frame(tmp_path, walk):
    index(tmp_path, {"0021": 0, "0022": np.int64(1), "0023": 2})
    table, reasons = read(tmp_path, people="index", people_index=str(tmp_path / "index"))
    assert noses(table) == [(21, 100), (22, 110)]
    assert "person 2 of 2 in the index of people, the frame is left out" in reasons
    assert "2 of 4 frames have several people, the one that the index names is kept (data.people)" in reasons
    assert table.info.source == "AlphaPose, the person that silhouettes chose"


def test_a_frame_that_the_index_lacks_is_left_out_and_reported(tmp_path, walk):
    index(tmp_path, {"0021": 0})
    table, reasons = read(tmp_path, people="index", people_index=str(tmp_path / "index"))
    assert noses(table) == [(21, 100)]
    assert reasons.count("no entry for this frame in the index of people, the frame is left out") == 2


@pytest.mark.parametrize(
    ("places", "found"),
    [
        ([1, 2], "holds a list"),
        ({"0021": "x"}, "'0021' is 'x'"),
        ({21: 0}, "21 is 0"),
        (len, "the pickle needs builtins.len"),
    ],
)
def test_an_index_that_is_none_is_refused(tmp_path, walk, places, found):
    path = index(tmp_path, places)
    with pytest.raises(DataError) as caught:
        read(tmp_path, people="index", people_index=str(tmp_path / "index"))
    assert str(caught.value).startswith(f"{path}: {found}, expected OpenGait's choice of people, a dict ")


def test_a_missing_index_is_named(tmp_path, walk):
    with pytest.raises(DataError) as caught:
        read(tmp_path, people="index", people_index=str(tmp_path / "index"))
    path = tmp_path / "index/00001/00/000/pose_selection_idx.pkl"
    assert str(caught.value).startswith(
        f"{path}: cannot be read (No such file or directory), expected OpenGait's choice"
    )


def test_the_odd_names_of_subject_1_are_read_and_a_frame_counts_once(tmp_path, walk):
    (walk / "00001_000_00_0025_keypoints.json").write_text(json.dumps({"people": [person(140)]}))
    (walk / "0026_keypoints_x.json").write_text(json.dumps({"people": [person(150)]}))
    (walk / "00001-0021_keypoints.json").write_text(json.dumps({"people": [person(500)]}))
    table, reasons = read(tmp_path, people="first")
    assert [frame for frame, _ in noses(table)] == [21, 22, 23, 25, 26]
    assert sum(reason.startswith("frame again, ") for reason in reasons) == 1


def test_formats_without_people_refuse_the_rule(tmp_path, walk):
    with pytest.raises(ConfigError) as caught:
        read_poses("pickle_tree", tmp_path / "poses", **CAMERA, people="first")
    assert str(caught.value) == (
        "data.people is first, but data.format: pickle_tree does not use it; remove data.people."
    )
