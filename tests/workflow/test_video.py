"""From videos to the tables with the real workflow: drawn walkers, and ONNX systems that see them."""

import json
from pathlib import Path

import pytest

for package in ("av", "cv2", "onnx", "onnxruntime"):
    pytest.importorskip(package, reason="poses from video need more packages: make video")
pytestmark = [pytest.mark.workflow, pytest.mark.video]

import yaml
from drawn_video import settings, write_walk
from scratch_workflow import TINY, Workflow

from gaitcore.digests import file_digest
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.modalities.report import read_report

SUBJECTS, WALKS, VIEWS = (1, 2, 3, 4), (("nm", 1), ("nm", 5), ("bg", 1), ("cl", 1)), (36, 126)
LEFT_OUT = ("001-nm-01-036.mp4", "holiday.avi", "002-nm-06-036.avi")


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """A workflow that has made its tables from 32 videos, and three files that are of no use."""
    workflow = Workflow.new(tmp_path_factory.mktemp("filmed"))
    videos = workflow.folder / "data" / "raw" / "films"
    for subject in SUBJECTS:
        for condition, sequence in WALKS:
            for view in VIEWS:
                write_walk(videos / f"{subject:03d}", subject, condition, sequence, view, frames=28)
    for name in LEFT_OUT:
        (videos / name).write_text("no video")
    experiment = yaml.safe_load(TINY)
    experiment["experiment"] = "films"
    experiment["data"] = {
        "dataset": "drawn walkers",
        "format": "video",
        "path": "data/raw/films",
        "video": settings(workflow.folder / "systems"),
    }
    experiment["protocol"] |= {"split": "2/2", "splits": {"2/2": {"train": "1-2", "test": "3-4"}}}
    experiment |= {"compare": ["gaitmixer"], "seeds": [0]}
    experiment["training"] = {"epochs": 1, "batch": {"subjects": 2, "sequences": 8}}
    (workflow.folder / "experiments" / "films.yaml").write_text(yaml.safe_dump(experiment))
    workflow.experiment = "films"
    done = workflow.snakemake("tables", experiment="films")
    assert done.returncode == 0, done.stdout
    workflow.printed = done.stdout
    return workflow


def results(filmed, name):
    return filmed.folder / "results" / "films" / name


def planned(filmed, *arguments):
    """What a dry run would do."""
    return filmed.snakemake("tables", "-n", *arguments, experiment="films").stdout


def test_the_tables_are_made_from_videos(filmed):
    table = results(filmed, "tables/table2.md").read_text()
    assert "drawn walkers" in table
    assert "| GaitMixer" in table
    poses = PoseTable.read(results(filmed, "poses.parquet"))
    assert len(poses.sequences) == len(SUBJECTS) * len(WALKS) * len(VIEWS)
    assert poses.info.source == "ONNX pose"
    run = json.loads(results(filmed, "gaitmixer/seed-0/run.json").read_text())
    assert run["settings"]["data"]["video"]["estimator"] == "onnx"


def test_what_was_left_out_is_counted_at_the_end_and_listed(filmed):
    assert "32 of 35 videos are in results/films/poses.parquet" in filmed.printed
    assert "3 were left out, see results/films/poses_report.csv" in filmed.printed
    report = read_report(results(filmed, "poses_report.csv"))
    reasons = {Path(file).name: reason for file, reason in zip(report["file"], report["reason"], strict=True)}
    assert reasons["001-nm-01-036.mp4"].startswith("sequence twice, data/raw/films/001/001-nm-01-036.avi is used")
    assert reasons["holiday.avi"] == "names no sequence, expected a name like 001-nm-01-090.avi, or data.video.list"
    assert reasons["002-nm-06-036.avi"].startswith("left out: not a video that can be read (")


def test_a_second_run_has_nothing_to_do_and_the_rules_pass_the_linter(filmed):
    assert "Nothing to be done" in planned(filmed)
    linted = filmed.snakemake("--lint", experiment="films")
    assert linted.returncode == 0, linted.stdout


def test_a_subjects_shard_is_made_again_without_the_others(filmed):
    """A video more: its subject is done again; the others' shards stay as they are, though the tables change."""
    before = {subject: results(filmed, f"poses/{subject:03d}.parquet").stat().st_mtime_ns for subject in SUBJECTS}
    video = filmed.folder / "data" / "raw" / "films" / "004" / "004-bg-02-036.avi"
    write_walk(video.parent, 4, "bg", 2, 36, frames=28)
    plan = planned(filmed)
    assert "Estimating the poses of subject 004 of films" in plan
    assert "Estimating the poses of subject 003 of films" not in plan
    done = filmed.snakemake("poses", experiment="films")
    assert done.returncode == 0, done.stdout
    assert "33 of 36 videos are in results/films/poses.parquet" in done.stdout
    after = {subject: results(filmed, f"poses/{subject:03d}.parquet").stat().st_mtime_ns for subject in SUBJECTS}
    assert [subject for subject in SUBJECTS if after[subject] != before[subject]] == [4]


def test_a_shard_that_was_made_is_not_made_again_when_others_fail(filmed):
    shards = {name: results(filmed, f"poses/{name}.parquet") for name in ("002", "003")}
    digests = {name: file_digest(shard) for name, shard in shards.items()}
    for shard in shards.values():
        shard.unlink()
    obstacle = results(filmed, "poses/unfinished/002")
    obstacle.write_text("a file where the scratch folder should be")
    wanted = [f"results/films/poses/{name}.parquet" for name in shards]
    done = filmed.snakemake("--keep-going", *wanted, experiment="films")
    assert done.returncode == 1
    assert "FileExistsError" in done.stdout
    assert shards["003"].exists()
    made = shards["003"].stat().st_mtime_ns
    obstacle.unlink()
    done = filmed.snakemake(*wanted, experiment="films")
    assert done.returncode == 0, done.stdout
    assert {name: file_digest(shard) for name, shard in shards.items()} == digests
    assert shards["003"].stat().st_mtime_ns == made


def test_the_skeleton_is_drawn_on_a_few_sequences(filmed):
    done = filmed.snakemake("overlay", experiment="films")
    assert done.returncode == 0, done.stdout
    strips = sorted(path.name for path in results(filmed, "overlay").glob("*.png"))
    assert len(strips) == 6
    assert all(results(filmed, "overlay").joinpath(name).with_suffix(".mp4").exists() for name in strips)


def test_weights_that_are_missing_stop_before_any_work(filmed):
    changed = ("data={format: video, video: {weights: nowhere.onnx}}",)
    done = filmed.snakemake("tables", "-n", "--config", "experiment=films", *changed, experiment="films")
    assert done.returncode == 1
    assert "nowhere.onnx: no such file; docs/poses.md says where to get weights." in done.stdout
    assert "Traceback" not in done.stdout
