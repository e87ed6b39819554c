"""One folder of videos feeds both modalities: poses and silhouettes of drawn walkers, to one table of two systems."""

import json

import numpy as np
import pandas as pd
import pytest

for package in ("av", "cv2", "onnx", "onnxruntime"):
    pytest.importorskip(package, reason="silhouettes from video need more packages: make video")
pytestmark = [pytest.mark.workflow, pytest.mark.video]

import yaml
from drawn_video import draw_body, segmenter, settings, write_video, write_walk
from scratch_workflow import TINY, Workflow

from gaitcore.modalities.keypoints.table import list_sequences as list_poses
from gaitcore.modalities.report import read_report
from gaitcore.modalities.silhouettes.table import list_sequences, read_info

SUBJECTS, WALKS, VIEWS = (1, 2, 3, 4), (("nm", 1), ("nm", 5), ("bg", 1), ("cl", 1)), (36, 126)


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    """A workflow that has made its tables from 32 videos, and one with nobody in it."""
    workflow = Workflow.new(tmp_path_factory.mktemp("filmed"))
    videos = workflow.folder / "data" / "raw" / "films"
    for subject in SUBJECTS:
        for condition, sequence in WALKS:
            for view in VIEWS:
                write_walk(videos, subject, condition, sequence, view, 24, draw_body)
    write_video(videos / "001-nm-02-036.avi", [np.zeros((240, 320, 3), np.uint8)] * 4)
    experiment = yaml.safe_load(TINY)
    experiment["experiment"] = "films"
    experiment["data"] = {
        "dataset": "drawn walkers",
        "modality": ["keypoints", "silhouettes"],
        "format": "video",
        "path": "data/raw/films",
        "video": settings(workflow.folder / "networks"),
        "silhouettes": {"format": "video", "segmenter": segmenter(workflow.folder / "networks")},
    }
    experiment["protocol"] |= {"split": "2/2", "splits": {"2/2": {"train": "1-2", "test": "3-4"}}}
    experiment |= {"compare": ["gei", "body_statistics"], "seeds": [0]}
    (workflow.folder / "experiments" / "films.yaml").write_text(yaml.safe_dump(experiment))
    done = workflow.snakemake("tables", "overlay", experiment="films")
    assert done.returncode == 0, done.stdout
    workflow.printed = done.stdout
    return workflow


@pytest.fixture(scope="module")
def results(workflow):
    return workflow.folder / "results" / "films"


def test_both_modalities_have_the_same_walks_and_frames(results):
    poses, silhouettes = list_poses(results / "poses.parquet"), list_sequences(results / "silhouettes.parquet")
    assert len(poses) == len(SUBJECTS) * len(WALKS) * len(VIEWS)
    pd.testing.assert_frame_equal(poses, silhouettes)
    assert read_report(results / "silhouettes_report.csv").empty
    assert read_report(results / "poses_report.csv")["sequence"].tolist() == ["001-nm-02-036"]
    assert ", threshold 0.5, boxes of poses by ONNX pose" in read_info(results / "silhouettes.parquet").source


def test_both_systems_have_a_row_and_the_run_records_how_silhouettes_were_made(results):
    table = (results / "tables" / "table2.md").read_text()
    assert "32 videos are in results/films/silhouettes.parquet" in (results / "logs" / "silhouettes.log").read_text()
    assert table.count("GEI") >= 1
    record = json.loads((results / "gei" / "seed-0" / "run.json").read_text())
    assert record["settings"]["data"]["format"] == "video"
    assert record["settings"]["data"]["silhouettes"]["segmenter"]["kind"] == "onnx"


def test_strips_show_skeletons_and_masks_of_the_same_sequences(results):
    skeletons = sorted(path.name for path in (results / "overlay").glob("*.png"))
    assert len(skeletons) == 6
    assert sorted(path.name for path in (results / "overlay" / "silhouettes").glob("*.png")) == skeletons


def test_a_second_run_has_nothing_to_do_and_the_rules_pass_the_linter(workflow):
    assert workflow.jobs(experiment="films") == {}
    linted = workflow.snakemake("--lint", experiment="films")
    assert linted.returncode == 0, linted.stdout


def test_another_threshold_segments_again_and_estimates_no_pose(workflow):
    config = ("data={silhouettes: {segmenter: {threshold: 0.6}}}",)
    planned = workflow.planned(workflow.snakemake("tables", "-n", experiment="films", config=config).stdout)
    assert planned["extract_silhouettes"] == len(SUBJECTS)
    assert planned["merge_silhouettes"] == 1
    assert not planned.keys() & {"extract_poses", "merge_poses"}


def test_a_model_that_is_missing_stops_before_any_work(workflow):
    config = ("data={silhouettes: {segmenter: {weights: nowhere.onnx}}}",)
    done = workflow.snakemake("tables", "-n", experiment="films", config=config)
    assert done.returncode == 1
    assert "nowhere.onnx: no such file; docs/poses.md says where to get weights." in done.stdout
    assert "Traceback" not in done.stdout
