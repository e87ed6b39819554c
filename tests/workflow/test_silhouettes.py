"""Silhouettes go from pictures to silhouettes.parquet in the real DAG, beside poses or alone."""

import json

import numpy as np
import pytest
from drawn_silhouettes import raw_frame, save_picture, write_casia_b
from scratch_workflow import Workflow

from gaitcore.artefacts.split import read_split
from gaitcore.modalities.report import read_report
from gaitcore.modalities.silhouettes.pretreatment import aligned
from gaitcore.modalities.silhouettes.table import list_sequences, read_blocks, read_info

pytestmark = pytest.mark.workflow

NAMES = [
    f"{subject:03d}-{walk}-{view}"
    for subject in range(1, 5)
    for walk in ("bg-01", "cl-01", "nm-01", "nm-05")
    for view in ("000", "090")
]

BESIDE = """\
experiment: beside
extends: tiny
data:
  modality: [keypoints, silhouettes]
  silhouettes: {format: casia_b_png, path: data/raw/drawn}
"""

NETWORK = '''
"""The mean of all silhouettes, mapped linearly."""
from torch import nn
TITLE = "MeanSilhouette"
MODALITY = "silhouettes"
MAP = None
class MeanSilhouette(nn.Module):
    def __init__(self, frames, joints, in_channels, embedding_dim):
        super().__init__()
        self.head = nn.Linear(64 * 44, embedding_dim)
    def forward(self, x):
        return nn.functional.normalize(self.head(x.mean(dim=1).flatten(1)), dim=-1)
'''

ALONE = """\
experiment: alone
extends: tiny
extensions: mine
data:
  dataset: drawn
  modality: silhouettes
  path: data/raw/nowhere.csv
  walkers: null
  silhouettes: {format: casia_b_png, path: data/raw/drawn, source: a pencil}
protocol:
  split: 2/2
  splits:
    2/2: {train: 1-2, test: 3-4}
  min_frames: 21
  min_frames_of: {silhouettes: 6}
compare: [meansilhouette]
seeds: [0]
network: {frames: 5, embedding_dim: 8}
systems:
  meansilhouette:
    training:
      batch: {subjects: 2, sequences: 4}
      augmentation: {mirror: 0, point_noise: 0, joint_noise: 0}
"""


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    workflow = Workflow.new(tmp_path_factory.mktemp("silhouettes"))
    drawn = write_casia_b(workflow.folder / "data" / "raw" / "drawn", NAMES)
    (drawn / "001" / "bg-01" / "000" / "001-bg-01-000-004.png").write_bytes(b"no picture")
    (workflow.folder / "experiments" / "beside.yaml").write_text(BESIDE)
    (workflow.folder / "experiments" / "alone.yaml").write_text(ALONE)
    (workflow.folder / "mine" / "networks").mkdir(parents=True)
    (workflow.folder / "mine" / "networks" / "meansilhouette.py").write_text(NETWORK)
    return workflow


@pytest.fixture(scope="module")
def beside(workflow):
    done = workflow.snakemake("silhouettes", experiment="beside")
    assert done.returncode == 0, done.stdout
    return workflow.folder / "results" / "beside"


def test_the_table_holds_every_picture_that_is_one(beside):
    table = beside / "silhouettes.parquet"
    sequences = list_sequences(table)
    assert sequences["frames"].tolist() == [5] + [6] * (len(NAMES) - 1)
    assert ["-".join(key) for key in sequences[["subject", "condition", "sequence", "view"]].to_numpy()] == NAMES
    (first, *_) = read_blocks(table, np.arange(len(NAMES)) == 1)
    np.testing.assert_array_equal(first.masks, np.stack([aligned(raw_frame(n, width=22)) for n in range(1, 7)]))
    info = read_info(table)
    assert (info.dataset, info.source) == ("tiny walkers", "background subtraction (CASIA-B PNG)")


def test_the_report_names_the_file_that_is_no_picture(beside):
    report = read_report(beside / "silhouettes_report.csv")
    assert report[["file", "sequence", "frame", "reason"]].to_numpy().tolist() == [
        ["data/raw/drawn/001/bg-01/000/001-bg-01-000-004.png", "001-bg-01-000", 4, "not a PNG picture"]
    ]


def test_a_second_run_has_nothing_to_do(workflow, beside):
    assert "Nothing to be done" in workflow.snakemake("silhouettes", experiment="beside").stdout


def test_an_edit_of_the_reader_or_of_a_picture_reads_again_and_another_reader_does_not(workflow, beside):
    def plan():
        return workflow.planned(workflow.snakemake("silhouettes", "-n", experiment="beside").stdout)

    readers = workflow.folder / "gaitcore" / "modalities" / "silhouettes" / "readers"
    again = {"read_silhouettes": 1, "silhouettes": 1}
    for name, jobs in {"opengait_pickles": {}, "casia_b_png": again}.items():
        file = readers / f"{name}.py"
        text = file.read_text()
        file.write_text(f"{text}\n# an edit\n")
        assert plan() == jobs, name
        file.write_text(text)
    picture = workflow.folder / "data" / "raw" / "drawn" / "002" / "nm-01" / "000" / "002-nm-01-000-001.png"
    save_picture(picture, raw_frame(9))
    assert plan() == again


def test_the_poses_beside_them_are_the_same_and_list_the_sequences(workflow, beside):
    done = workflow.snakemake("results/beside/split.csv", experiment="beside")
    assert done.returncode == 0, done.stdout
    assert len(read_split(beside / "split.csv")) > len(NAMES)


def test_the_target_ends_with_a_sentence_where_there_are_none(workflow):
    done = workflow.snakemake("silhouettes")
    assert done.returncode == 1
    assert "tiny has no silhouettes: data.modality is keypoints." in done.stdout


def test_a_folder_that_is_not_there_ends_in_one_sentence(workflow):
    config = ("data={modality: [keypoints, silhouettes], silhouettes: {format: psymo_png, path: nowhere}}",)
    done = workflow.snakemake("silhouettes", config=config)
    assert done.returncode == 1
    assert (
        "nowhere: no such folder, expected a folder with SSS_VV_D_RUN_COND/FFF.png, e.g. 000_45_1_0_nm/17.png."
        in done.stdout
    )


def test_silhouettes_alone_go_to_the_tables_without_any_poses(workflow):
    done = workflow.snakemake("tables", experiment="alone")
    assert done.returncode == 0, done.stdout
    results = workflow.folder / "results" / "alone"
    assert not (results / "poses.parquet").exists()
    assert read_info(results / "silhouettes.parquet").source == "a pencil"
    split = read_split(results / "split.csv")
    assert split["role"].value_counts().to_dict() == {"train": 15, "probe": 12, "gallery": 4, "excluded": 1}
    record = json.loads((results / "meansilhouette" / "seed-0" / "run.json").read_text())
    assert record["channels"] == ["silhouette"]
    assert set(record["inputs"]) == {"silhouettes.parquet", "split.csv"}
    assert record["settings"]["data"] == {
        "dataset": "drawn",
        "modality": ["silhouettes"],
        "silhouettes": {
            **{"format": "casia_b_png", "path": ["data/raw/drawn"], "source": "a pencil"},
            **{"tree": None, "bodies": None, "segmenter": None},
        },
    }
    manifest = json.loads((results / "manifest.json").read_text())
    assert list(manifest["sources"]) == ["data/raw/drawn"]
    assert manifest["artefacts"]["silhouettes.parquet"]["from"] == ["data/raw/drawn"]
    assert workflow.jobs(experiment="alone") == {}
