"""Trees of any data set: what its folders name, or a list that names each sequence."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from drawn_silhouettes import made_up_masks
from pydantic import ValidationError

from gaitcore.errors import ConfigError, DataError
from gaitcore.keys import sequence_names
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.report import read_report, write_report
from gaitcore.modalities.silhouettes.reading import read_silhouettes
from gaitcore.settings.data import Tree

POSES = np.full((2, 17, 3), 0.5) + np.array([100, 50, 0])


def save(root: Path, *places: str) -> None:
    for place in places:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_bytes(pickle.dumps(POSES))


def read(root, tree: Tree | None, source_format: str = "pickle_tree"):
    table, report = read_poses(
        source_format, root, dataset="walks", frame_width=320, frame_height=240, fps=25, tree=tree
    )
    return sequence_names(table.sequences), list(zip(report["file"], report["reason"], strict=True))


def refused(root, tree: Tree | None, source_format: str = "pickle_tree") -> str:
    with pytest.raises((ConfigError, DataError)) as caught:
        read(root, tree, source_format)
    return str(caught.value)


# Each tree as the users of OpenGait and FastPoseGait hold it.
TREES = {
    "casia_b": ({}, ["001/nm-01/090/090.pkl"], ["001-nm-01-090"]),
    "oumvlp": (
        {"folders": "subject/sequence/view", "constant": {"condition": "nm"}},
        ["00001/00/000/000.pkl", "00001/01/000/000.pkl", "00010/00/090/090.pkl", "00009/00/090/090.pkl"],
        ["00001-nm-00-000", "00001-nm-01-000", "00009-nm-00-090", "00010-nm-00-090"],
    ),
    "grew": (
        {"folders": "subject/sequence/view", "constant": {"condition": "nm"}},
        ["00001/01/79XJefi8/79XJefi8.pkl", "00001train/00/4XPn5Z28/4XPn5Z28.pkl", "probe/03/etaGVnWf/etaGVnWf.pkl"],
        ["00001-nm-01-79XJefi8", "00001train-nm-00-4XPn5Z28", "probe-nm-03-etaGVnWf"],
    ),
    "gait3d": (
        {"folders": "subject/view/sequence", "constant": {"condition": "nm"}},
        ["0000/camid0_videoid2/seq0/seq0.pkl", "0000/camid10_videoid2/seq0/seq0.pkl"],
        ["0000-nm-seq0-camid0_videoid2", "0000-nm-seq0-camid10_videoid2"],
    ),
    "ccpg": (
        {"folders": "subject/condition/view_sequence"},
        ["000/U0_D0_BG/00_1/a.pkl", "000/U0_D0/01_2_x/a.pkl"],
        ["000-U0_D0-2_x-01", "000-U0_D0_BG-1-00"],
    ),
    "sustech1k": (
        {"folders": "subject/sequence-condition/view", "files": "03-*.pkl"},
        [
            "0000/00-nm/000/03-000-Camera-Pose.pkl",
            "0000/00-nm/000/11-sync-000-Camera-Pose.pkl",
            "0000/03-bg-cl/270-far/03-270-far-Camera-Pose.pkl",
        ],
        ["0000-bg_cl-03-270_far", "0000-nm-00-000"],
    ),
    "files": (
        {"folders": "subject-condition-sequence-view"},
        ["001-nm-01-090.pkl", "001-nm-02-090.pkl"],
        ["001-nm-01-090", "001-nm-02-090"],
    ),
    "a_level_that_names_nothing": (
        {"folders": "*/subject/condition-sequence/view"},
        ["train/001/nm-01/090/a.pkl", "test/002/nm-01/090/a.pkl"],
        ["001-nm-01-090", "002-nm-01-090"],
    ),
}


PROBES_BESIDE = {
    "folders": "subject/condition/sequence",
    "constant": {"view": "unknown"},
    "branches": [
        {"folders": "=03/sequence", "constant": {"subject": "probe", "condition": "03", "view": "unknown"}},
    ],
}


def test_probes_where_fastposegait_writes_them_have_the_keys_of_opengait(tmp_path):
    places = ["00001train/00/4XPn5Z28/4XPn5Z28.pkl", "00003/01/79XJefi8/79XJefi8.pkl", "03/etaGVnWf/etaGVnWf.pkl"]
    save(tmp_path / "fastposegait", *places)
    save(tmp_path / "opengait", *places[:2], "probe/03/etaGVnWf/etaGVnWf.pkl")
    names = ["00001train-00-4XPn5Z28-unknown", "00003-01-79XJefi8-unknown", "probe-03-etaGVnWf-unknown"]
    assert read(tmp_path / "fastposegait", Tree.model_validate(PROBES_BESIDE)) == (names, [])
    opengait = Tree.model_validate({**PROBES_BESIDE, "branches": []})
    assert read(tmp_path / "opengait", opengait) == (names, [])
    # Without the branch the folder 03 would be a subject, one number with 00003.
    assert "two spellings of one number" in refused(tmp_path / "fastposegait", opengait)


@pytest.mark.parametrize("name", TREES)
def test_the_trees_of_the_data_sets_are_read(tmp_path, name):
    settings, places, names = TREES[name]
    save(tmp_path, *places)
    assert read(tmp_path, Tree(**settings))[0] == names


def test_what_a_key_cannot_hold_is_changed_and_reported_once(tmp_path):
    save(tmp_path, *TREES["sustech1k"][1])
    _, report = read(tmp_path, Tree(**TREES["sustech1k"][0]))
    same = "since keys have no hyphen, dot or blank; other files alike are not listed"
    folder = str(tmp_path / "0000/03-bg-cl/270-far")
    assert report == [
        (folder, f"the condition bg-cl is called bg_cl, {same}"),
        (folder, f"the view 270-far is called 270_far, {same}"),
    ]


def test_a_name_that_cannot_be_a_key_is_reported(tmp_path):
    save(tmp_path, "001/nm-01/090/a.pkl", "001/nm-ä/090/a.pkl", "001/nm/090/a.pkl")
    names, report = read(tmp_path, None)
    assert names == ["001-nm-01-090"]
    expected = "expected subject/condition-sequence/view, e.g. 001/nm-01/090; the setting tree describes other folders"
    assert sorted(report) == [
        (str(tmp_path / "001/nm-ä/090"), f"names no sequence, {expected}"),
        (str(tmp_path / "001/nm/090"), f"names no sequence, {expected}"),
    ]


def test_a_name_in_another_tree_that_cannot_be_a_key_is_reported(tmp_path):
    save(tmp_path, "00001/00/090/a.pkl", "00001/ä/090/a.pkl")
    names, report = read(tmp_path, Tree(folders="subject/sequence/view", constant={"condition": "nm"}))
    assert names == ["00001-nm-00-090"]
    key = 'letters, digits, "_" and "+", 64 at most and a letter or digit first'
    assert report == [(str(tmp_path / "00001/ä/090"), f"names no sequence: sequence 'ä', expected {key}")]


def test_names_that_are_not_text_are_written_to_the_report(tmp_path):
    save(tmp_path / "walks", "001/nm-01/090/a.pkl", "001/a\nb/090/a.pkl", "001/\udcff/090/a.pkl")
    table, report = read_poses(
        "pickle_tree", tmp_path / "walks", dataset="walks", frame_width=320, frame_height=240, fps=25
    )
    write_report(report, tmp_path / "report.csv")
    assert sorted(read_report(tmp_path / "report.csv")["file"]) == [
        f"{tmp_path}/walks/001/\\udcff/090",
        f"{tmp_path}/walks/001/a\\nb/090",
    ]
    assert len(table) == 2


LIST = """path,subject,condition,sequence,view
a/x.pkl,001,nm,1,front
b,002,nm,2,side
c,003,nm,1,side
"""


def test_a_list_names_files_and_folders(tmp_path):
    save(tmp_path / "root", "a/x.pkl", "a/y.pkl", "b/z.pkl")
    (tmp_path / "walks.csv").write_text(LIST)
    names, report = read(tmp_path / "root", Tree(list=str(tmp_path / "walks.csv")))
    assert names == ["001-nm-1-front", "002-nm-2-side"]
    assert report == [(str(tmp_path / "walks.csv"), f"no 'c' in {tmp_path / 'root'}")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,subject\n", "{list}, line 1: no column 'condition', expected {expected}."),
        (LIST + "../x.pkl,1,nm,1,0\n", "{list}, line 5: path '../x.pkl', expected one inside {root}."),
        (LIST + "/x.pkl,1,nm,1,0\n", "{list}, line 5: path '/x.pkl', expected one inside {root}."),
        (b"path,\xff\n", "{list}: not UTF-8 text, expected {expected}."),
        (LIST + "x" * 200_000, "{list}: not CSV (field larger than field limit (131072)), expected {expected}."),
        (None, "{list}: cannot be read (No such file or directory), expected {expected}."),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(tmp_path, text, message):
    root, list_file = tmp_path / "root", tmp_path / "walks.csv"
    save(root, "a/x.pkl", "b/z.pkl")
    if text is not None:
        list_file.write_bytes(text if isinstance(text, bytes) else text.encode())
    expected = "a CSV with the columns path, subject, condition, sequence, view (data.tree.list)"
    assert refused(root, Tree(list=str(list_file))) == message.format(list=list_file, root=root, expected=expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"folders": "subject/sequence/view"},
            "names no condition; add it to folders, or to constant, e.g. {condition: nm}",
        ),
        (
            {"folders": "subject/condition-sequence/view/view"},
            "names the view twice, expected once in folders, constant or numbered",
        ),
        ({"folders": "subject/=train/view"}, '"=train" is the name of one folder, which can stand only above the keys'),
        ({"folders": "=../subject"}, '"=.." is not a level of folders'),
        ({"branches": [{}]}, 'the branch "subject/condition-sequence/view" does not begin with the folder it is'),
        ({"folders": "subject/../view"}, '".." is not a level of folders, expected subject, condition, sequence, view'),
        ({"files": "../*.pkl"}, '"../*.pkl" is not a pattern of file names, expected one like 03-*.pkl'),
        ({"folders": "subject/sequence/view", "constant": {"condition": "a-b"}}, '"a-b" is not a valid key'),
        ({"folders": "subject/sequence/view", "constant": {"condition": True}}, '"True" is not a valid key'),
    ],
)
def test_a_wrong_setting_is_refused(settings, message):
    with pytest.raises(ValidationError) as caught:
        Tree(**settings)
    assert message in str(caught.value)


def test_formats_without_a_tree_refuse_the_setting(tmp_path):
    assert refused(tmp_path, Tree(), "psymo_json") == (
        "data.tree is set, but data.format: psymo_json reads no tree; remove data.tree."
    )


def test_another_tree_names_its_layout_where_nothing_is_usable(tmp_path):
    tree = Tree(folders="subject/sequence/view", constant={"condition": "nm"})
    assert refused(tmp_path, tree) == (
        f"{tmp_path}: no usable sequence, expected a folder of subject/sequence/view/<any>.pkl (data.tree). "
        f"{tmp_path}: an empty folder, expected subject/sequence/view/<any>.pkl."
    )


def json_of_openpose(folder: Path, frames) -> None:
    """OUMVLP-Pose's form: one file a frame, 18 points."""
    folder.mkdir(parents=True)
    for frame in frames:
        values = np.column_stack([100 + np.arange(18), 50 + np.arange(18), np.full(18, 0.5)]).ravel().tolist()
        (folder / f"{frame:04d}_keypoints.json").write_text(json.dumps({"people": [{"pose_keypoints_2d": values}]}))


def test_folders_of_openpose_files_are_read(tmp_path):
    json_of_openpose(tmp_path / "00001" / "000_00", (21, 22))
    json_of_openpose(tmp_path / "00001" / "015_01", (3,))
    (tmp_path / "00001" / "000_00" / "notes.json").write_text("{}")
    tree = Tree(folders="subject/view_sequence", constant={"condition": "nm"})
    names, report = read(tmp_path, tree, "openpose_json")
    assert names == ["00001-nm-00-000", "00001-nm-01-015"]
    assert [reason for _, reason in report] == [
        "18 points, read as OpenPose's model COCO (COCO-18); other files alike are not listed",
        "names no frame, expected a file named like 0012_keypoints.json",
    ]


def test_files_of_alphapose_in_a_tree_are_read(tmp_path):
    points = np.column_stack([100 + np.arange(17), 50 + np.arange(17), np.full(17, 0.5)])
    entry = {"image_id": "1.jpg", "keypoints": points.ravel().tolist()}
    for place in ("001/nm-01/090.json", "001/nm-02/090/alphapose-results.json"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(json.dumps([entry]))
    assert read(tmp_path, Tree(), "alphapose_json") == (["001-nm-01-090", "001-nm-02-090"], [])


def test_silhouettes_of_another_tree_are_read(tmp_path):
    root, table = tmp_path / "root", tmp_path / "silhouettes.parquet"
    place = root / "00001" / "00" / "090" / "090.pkl"
    place.parent.mkdir(parents=True)
    place.write_bytes(pickle.dumps(made_up_masks(7)))
    tree = Tree(folders="subject/sequence/view", constant={"condition": "nm"})
    sequences, report = read_silhouettes("opengait_pickles", root, table, dataset="walks", tree=tree)
    assert sequence_names(sequences) == ["00001-nm-00-090"]
    assert len(report) == 0
    with pytest.raises(ConfigError) as caught:
        read_silhouettes("psymo_png", root, table, dataset="walks", tree=tree)
    assert str(caught.value) == (
        "data.silhouettes.tree is set, but data.silhouettes.format: psymo_png reads no tree; remove "
        "data.silhouettes.tree."
    )
