"""A subject's shard: whole, resumable, the same with any number of threads, and honest about its source."""

import json
import logging
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from places import REPOSITORY

for package in ("av", "cv2", "onnx", "onnxruntime"):
    pytest.importorskip(package, reason="poses from video need more packages: make video")
pytestmark = pytest.mark.video

from drawn_video import settings, write_video, write_walk
from resumable_extraction import extract

from gaitcore.digests import code_digest, code_files, file_digest
from gaitcore.errors import ConfigError, DataError
from gaitcore.modalities.keypoints.table import PoseTable, combined_digest
from gaitcore.modalities.keypoints.video.estimators import check_installed, modules
from gaitcore.modalities.keypoints.video.listing import find_videos
from gaitcore.modalities.keypoints.video.resuming import concerning
from gaitcore.modalities.report import read_report
from gaitcore.settings.data import Video


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Three good videos of a subject, one with nobody in it, one that is none; and the settings of the models."""
    folder = tmp_path_factory.mktemp("source")
    for view in (0, 90, 180):
        write_walk(folder / "videos", 1, "nm", 1, view)
    write_video(folder / "videos" / "001-nm-02-000.avi", [np.zeros((240, 320, 3), np.uint8)] * 4)
    (folder / "videos" / "001-nm-02-090.avi").write_text("no video")
    return find_videos([folder / "videos"]).videos, Video.model_validate(settings(folder / "models"))


@pytest.fixture(scope="module")
def made(tmp_path_factory, source):
    """The shard, made by two threads, where a run of other code had left something unusable."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "unfinished" / "001").mkdir(parents=True)
    (folder / "unfinished" / "001" / "001-nm-01-000.0123456789abcdef.npz").write_bytes(b"of other code")
    return extract(folder, *source, threads=2)


def test_a_shard_holds_every_good_video_and_the_report_the_others(made, source):
    outputs = made
    table = PoseTable.read(outputs.poses)
    assert table.sequences[["subject", "condition", "sequence", "view"]].to_numpy().tolist() == [
        ["001", "nm", "01", view] for view in ("000", "090", "180")
    ]
    assert table.sequences["frames"].min() >= 40
    assert table.frame[:3].tolist() == [1, 2, 3]
    report = read_report(outputs.report)
    assert report[["file", "sequence", "reason"]].to_numpy().tolist() == [
        [
            source[0]["001-nm-02-000"],
            "001-nm-02-000",
            "left out: no pose in any of 4 frames: nobody found (4 frames)",
        ],
        [
            source[0]["001-nm-02-090"],
            "001-nm-02-090",
            "left out: not a video that can be read (Invalid data found when processing input)",
        ],
    ]
    assert not outputs.scratch.exists()


def test_a_shard_records_estimator_and_detector(made, source):
    videos, video = source
    info = PoseTable.read(made.poses).info
    assert (info.dataset, info.frame_width, info.frame_height, info.fps) == ("drawn walkers", 320, 240, 25.0)
    assert info.source == "ONNX pose"
    version = r"onnxruntime [\d.]+; people: exactly_one, YOLOX person \(onnxruntime [\d.]+, "
    assert pd.Series([info.source_version]).str.fullmatch(version + video.detector.sha256[:12] + r"\)").all()
    assert info.weights_digest == video.sha256
    assert info.source_digest == combined_digest((Path(path).name, file_digest(path)) for path in videos.values())


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_with_the_next_video_and_threads_do_not_change_the_bytes(
    tmp_path, source, made, caplog
):
    script = [sys.executable, REPOSITORY / "tests" / "resumable_extraction.py", tmp_path]
    process = subprocess.Popen([*script, json.dumps(source[0]), source[1].model_dump_json()])
    kept = tmp_path / "unfinished" / "001"
    while not list(kept.glob("*.npz")):
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert not (tmp_path / "001.parquet").exists()

    with caplog.at_level(logging.INFO):
        outputs = extract(tmp_path, *source, threads=3)
    (rest,) = re.findall(r"^(\d+) frames in", caplog.messages[0])
    assert 0 < int(rest) < len(PoseTable.read(made.poses)) + 4  # and the four frames with nobody
    assert file_digest(outputs.poses) == file_digest(made.poses)
    assert file_digest(outputs.report) == file_digest(made.report)
    assert not kept.exists()


def test_a_shard_of_bad_videos_alone_is_an_empty_table(tmp_path, source):
    videos = {name: path for name, path in source[0].items() if name.startswith("001-nm-02")}
    table = PoseTable.read(extract(tmp_path, videos, source[1], threads=2).poses)
    assert (len(table), len(table.sequences)) == (0, 0)


def test_an_unforeseen_error_names_the_video_and_keeps_its_cause():
    with pytest.raises(RuntimeError) as caught, concerning("films/001.avi", "estimating its poses"):
        raise ValueError("no such colour")
    assert str(caught.value) == (
        "films/001.avi: estimating its poses ended in an error (ValueError: no such colour); to go on without it, "
        "move it away"
    )
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(DataError, match=r"^weights$"), concerning("films/001.avi", "estimating its poses"):
        raise DataError("weights")


def test_a_package_that_is_missing_is_named(source, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError) as caught:
        check_installed(source[1])
    assert str(caught.value) == (
        "Poses from video (estimator onnx, detector yolox) need packages that are not installed: onnxruntime. Install "
        "them with: make video"
    )


def test_another_estimators_code_does_not_count(source):
    assert modules(source[1]) == (
        "gaitcore.modalities.keypoints.video.onnx_pose",
        "gaitcore.modalities.keypoints.video.yolox",
    )
    script = REPOSITORY / "workflow_scripts" / "extract_poses.py"
    assert code_digest(script) != code_digest(script, *modules(source[1]))
    files, video = code_files(script).keys(), "modalities/keypoints/video"
    assert {f"{video}/extraction.py", f"{video}/decoding.py", "modalities/keypoints/parsing/tracks.py"} <= files
    assert not files & {f"{video}/hrnet.py", f"{video}/blazepose.py", f"{video}/onnx_pose.py"}
