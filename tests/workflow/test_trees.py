"""A made-up tree of each layout that users have goes from files to tables in the real DAG."""

import pickle

import numpy as np
import pytest
from scratch_workflow import Workflow

from gaitcore.artefacts.split import read_split
from gaitcore.keys import sequence_names
from gaitcore.modalities.report import read_report

pytestmark = pytest.mark.workflow

OVERLAY = """\
experiment: NAME
extends: tiny
data:
  dataset: NAME
  format: pickle_tree
  path: data/raw/NAME
  tree: TREE
  walkers: null
protocol:
  kind: KIND
  split: 2/2
  splits:
    2/2: {train: 1-2, test: 3-4}
  gallery: GALLERY
  probes: PROBES
  min_frames: 21
compare: [gaitmixer]
seeds: [0]
training:
  batch: {subjects: 2, sequences: 4}
  repeat: {}
"""

# name -> files of subject {0}, data.tree, kind of protocol, gallery, probes
OUMVLP = (
    [f"{{0:05d}}/{sequence}/{view}/{view}.pkl" for sequence in ("00", "01") for view in ("000", "090")],
    "{folders: subject/sequence/view, constant: {condition: nm}}",
    ("cross_view", "{nm: ['01']}", "{nm: ['00']}"),
)
GAIT3D = (
    [f"{{0:04d}}/camid{camera}_videoid2/seq{n}/seq{n}.pkl" for n in (0, 1) for camera in (0, 10)],
    "{folders: subject/view/sequence, constant: {condition: nm}}",
    ("whole_gallery", "{nm: [seq1]}", "{nm: [seq0]}"),
)
SUSTECH1K = (
    [
        f"{{0:04d}}/{kind}/{view}/{number}-{view}-Camera-Pose.pkl"
        for kind in ("00-nm", "01-bg-cl")
        for view in ("000", "270-far")
        for number in ("03", "11-sync")
    ],
    "{folders: subject/sequence-condition/view, files: '03-*.pkl'}",
    ("cross_view", "{nm: ['00']}", "{bg_cl: ['01']}"),
)
LISTED = (
    [f"monday/{{0}}-{n}.pkl" for n in range(4)],
    "{list: data/raw/listed.csv}",
    ("cross_view", "{nm: [1]}", "{nm: [2]}"),
)
TREES = {"oumvlp": OUMVLP, "gait3d": GAIT3D, "sustech1k": SUSTECH1K, "listed": LISTED}


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    workflow = Workflow.new(tmp_path_factory.mktemp("trees"))
    raw, generator = workflow.folder / "data" / "raw", np.random.default_rng(0)
    for name, (files, tree, (kind, gallery, probes)) in TREES.items():
        for subject in range(1, 5):
            for file in files:
                path = raw / name / file.format(subject)
                path.parent.mkdir(parents=True, exist_ok=True)
                poses = generator.uniform(50, 200, (24, 17, 3))
                poses[..., 2] = 0.5
                path.write_bytes(pickle.dumps(poses))
        names = {"NAME": name, "TREE": tree, "KIND": kind, "GALLERY": gallery, "PROBES": probes}
        overlay = OVERLAY
        for word, text in names.items():
            overlay = overlay.replace(word, text)
        (workflow.folder / "experiments" / f"{name}.yaml").write_text(overlay)
    rows = [
        f"monday/{s}-{n}.pkl,{s:03d},nm,{1 + n // 2},{'front' if n % 2 else 'side'}"
        for s in range(1, 5)
        for n in range(4)
    ]
    (raw / "listed.csv").write_text("path,subject,condition,sequence,view\n" + "\n".join(rows) + "\n")
    return workflow


def split_of(workflow, name):
    return read_split(workflow.folder / "results" / name / "split.csv")


@pytest.mark.parametrize(
    ("name", "first", "reported"),
    [
        ("oumvlp", ["00001-nm-00-000", "00001-nm-00-090"], 0),
        ("gait3d", ["0001-nm-seq0-camid0_videoid2", "0001-nm-seq0-camid10_videoid2"], 0),
        ("sustech1k", ["0001-bg_cl-01-000", "0001-bg_cl-01-270_far"], 2),
        ("listed", ["001-nm-1-front", "001-nm-1-side"], 0),
    ],
)
def test_a_tree_is_split_by_its_names(workflow, name, first, reported):
    done = workflow.snakemake(f"results/{name}/split.csv", experiment=name)
    assert done.returncode == 0, done.stdout
    split = split_of(workflow, name)
    assert sequence_names(split)[:2] == first
    assert split["role"].value_counts().to_dict() == {"train": 8, "gallery": 4, "probe": 4}
    assert len(read_report(workflow.folder / "results" / name / "poses_report.csv")) == reported


@pytest.mark.parametrize("name", ["oumvlp", "gait3d"])
def test_a_tree_becomes_tables(workflow, name):
    done = workflow.snakemake("tables", experiment=name)
    assert done.returncode == 0, done.stdout
    assert (workflow.folder / "results" / name / "tables" / "table2.md").exists()


def test_a_changed_list_is_read_again(workflow):
    listed = workflow.folder / "data" / "raw" / "listed.csv"
    target = "results/listed/poses.parquet"
    assert workflow.snakemake(target, experiment="listed").returncode == 0
    assert "Nothing to be done" in workflow.snakemake(target, "-n", experiment="listed").stdout
    listed.write_text(listed.read_text().replace("001,nm,1,front", "001,nm,3,front"))
    assert "read_poses" in workflow.snakemake(target, "-n", experiment="listed").stdout
