"""Several pose tables become one, unless they do not go together."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from report_entries import refusal

from gaitcore.errors import DataError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.merging import merge_shards
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, combined_digest, table_of_sequences
from gaitcore.modalities.report import DropReport, read_report

INFO = PoseInfo("walks", 320, 240, 25.0, "BlazePose", "mediapipe 0.10.21", "", "ab" * 32)


def shard(folder, subject, info=INFO, frames=3):
    """A shard of one sequence whose every x is ten times the subject's number; its report has one line."""
    number = int(subject)
    poses = {
        SequenceKey(subject, "nm", 1, 90): (np.arange(1, frames + 1), np.full((frames, 17, 3), (10 * number, 10, 1)))
    }
    path = folder / f"{subject}.parquet"
    table_of_sequences(poses if frames else {}, replace(info, source_digest=f"digest {subject}")).write(path)
    report = DropReport()
    report.add(f"{subject}.avi", "nobody found", sequence=f"{subject}-nm-01-090", frame=7)
    if not frames:
        report.add(f"{subject}.avi", "left out: no pose in any of 9 frames", sequence=f"{subject}-nm-01-090")
    report.to_frame().to_csv(path.with_suffix(".csv"), index=False)
    return path


def merge(folder, shards, left_out=(), **options):
    outputs = {"poses": folder / "poses.parquet", "report": folder / "poses_report.csv"}
    return merge_shards(shards, [path.with_suffix(".csv") for path in shards], left_out, **outputs, **options)


error = partial(refusal, merge)


def test_shards_become_one_table_one_report_and_one_sentence(tmp_path, caplog):
    shards = [shard(tmp_path, "002"), shard(tmp_path, "001", frames=2), shard(tmp_path, "003", frames=0)]
    others = [("a.txt", "no video: ...", None, ""), ("gone.avi", "left out: no file", None, "")]
    sentence = merge(tmp_path, shards, [("walk.avi", "names no sequence", None, ""), *others])
    assert caplog.messages == [
        "3 of 5 videos gave no pose: walk.avi: names no sequence; gone.avi: no file; 003.avi: no pose in any of 9 "
        "frames. Replace or remove the files, or correct the settings named.",
        f"38% of the frames were left out (3 of 8), most often: nobody found (3); see {tmp_path}/poses_report.csv",
    ]
    assert sentence == (
        f"2 of 5 videos are in {tmp_path}/poses.parquet (5 frames); 3 were left out, see {tmp_path}/poses_report.csv"
    )
    table = PoseTable.read(tmp_path / "poses.parquet")
    assert table.sequences[["subject", "frames"]].to_numpy().tolist() == [["001", 2], ["002", 3]]
    assert table.keypoints[:, 0, 0].tolist() == [10, 10, 20, 20, 20]
    digest = combined_digest((f"{subject}.parquet", f"digest {subject}") for subject in ("002", "001", "003"))
    assert table.info == replace(INFO, source_digest=digest)
    report = read_report(tmp_path / "poses_report.csv")
    assert report["file"].tolist() == ["walk.avi", "a.txt", "gone.avi", "002.avi", "001.avi", "003.avi", "003.avi"]
    assert report["frame"].astype(object).where(report["frame"].notna(), None).tolist() == [
        None,
        None,
        None,
        7,
        7,
        7,
        None,
    ]


def test_files_that_are_no_videos_are_listed_and_not_counted(tmp_path):
    left_out = [("notes.txt", "no video: the ending '.txt', expected .avi", None, "")]
    assert merge(tmp_path, [shard(tmp_path, "001")], left_out).startswith("1 of 1 videos are in ")
    assert read_report(tmp_path / "poses_report.csv")["file"].tolist() == ["notes.txt", "001.avi"]


def test_a_pose_table_in_fractions_or_with_raw_scores_passes_the_same_door(tmp_path):
    keypoints = np.full((3, 17, 3), (0.5, 0.25, 6.5))
    path = tmp_path / "poses.parquet"
    table_of_sequences({SequenceKey("001", "nm", 1, 90): (np.arange(3), keypoints)}, INFO).write(path)
    camera = {"dataset": "test", "frame_width": INFO.frame_width, "frame_height": INFO.frame_height, "fps": INFO.fps}
    with pytest.raises(
        DataError, match=r"no usable frame, expected x and y in pixels .* coordinates from 0\.25 to 0\.5"
    ):
        read_poses("pose_table", path, **camera)
    table_of_sequences({SequenceKey("001", "nm", 1, 90): (np.arange(3), keypoints * (100, 100, 1))}, INFO).write(path)
    _, report = read_poses("pose_table", path, **camera)
    assert report["reason"].tolist() == ["confidences from 6.5 to 6.5, expected 0 to 1.5; they are kept"]


def test_two_estimators_are_refused_unless_the_setting_allows_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # short paths, since a long message is shortened
    other = replace(INFO, source="HRNet-W32 384x288", source_version="torch 2.13.0", weights_digest="cd" * 32)
    shards = [path.relative_to(tmp_path) for path in (shard(tmp_path, "001"), shard(tmp_path, "002", other))]
    assert error(tmp_path, shards) == (
        f"{shards[1]}: poses of HRNet-W32 384x288 (torch 2.13.0, weights cdcdcdcdcdcd), expected BlazePose (mediapipe "
        f"0.10.21, weights abababababab) as in {shards[0]}; confidences and errors of two estimators do not compare. "
        "Make all poses with one, or set data.mixed_pose_sources: true."
    )
    assert not (tmp_path / "poses.parquet").exists()
    merge(tmp_path, shards, mixed_sources=True)
    assert PoseTable.read(tmp_path / "poses.parquet").info.source == "BlazePose + HRNet-W32 384x288"


def test_two_sets_of_weights_are_two_estimators(tmp_path):
    shards = [shard(tmp_path, "001"), shard(tmp_path, "002", replace(INFO, weights_digest="cd" * 32))]
    assert "weights cdcdcdcdcdcd), expected BlazePose" in error(tmp_path, shards)


def test_another_frame_size_is_refused(tmp_path):
    shards = [shard(tmp_path, "001"), shard(tmp_path, "002", replace(INFO, frame_width=640))]
    assert error(tmp_path, shards, mixed_sources=True) == (
        f"{shards[1]}: frame_width is 640, expected 320 as in {shards[0]}; merge only tables alike."
    )


def test_a_sequence_in_two_tables_is_refused(tmp_path):
    (tmp_path / "other").mkdir()
    shards = [shard(tmp_path, "001"), shard(tmp_path / "other", "001")]
    assert error(tmp_path, shards) == (
        f"{shards[1]}: sequence 001-nm-01-090 is in {shards[0]} too, expected it once; remove one."
    )


def test_no_pose_at_all_is_one_sentence_with_the_first_reasons(tmp_path):
    shards = [shard(tmp_path, f"00{number}", frames=0) for number in range(1, 6)]
    assert error(tmp_path, shards) == (
        "No video gave a pose: 001.avi: no pose in any of 9 frames; 002.avi: no pose in any of 9 frames; 003.avi: no "
        "pose in any of 9 frames; and 2 more. Replace or remove the files, or correct the settings named."
    )


def read_tables(paths, **changes):
    camera = {"frame_width": 320, "frame_height": 240, "fps": 25, **changes}
    return read_poses("pose_table", paths, dataset="both", **camera)[0]


def test_pose_tables_made_before_are_read_as_one(tmp_path):
    paths = [shard(tmp_path, "001"), shard(tmp_path, "002")]
    table = read_tables(paths)
    assert table.sequences["subject"].tolist() == ["001", "002"]
    assert (table.info.dataset, table.info.source) == ("both", "BlazePose")
    with pytest.raises(DataError) as caught:
        read_tables(paths, fps=30)
    assert str(caught.value) == f"{paths[0]}: fps is 25.0, expected 30.0 (data.fps)."


def test_pose_tables_of_two_estimators_are_refused_too(tmp_path):
    paths = [shard(tmp_path, "001"), shard(tmp_path, "002", replace(INFO, source="HRNet"))]
    with pytest.raises(DataError, match="Make all poses with one, or set data"):
        read_tables(paths)
    assert len(read_tables(paths, mixed_sources=True).sequences) == 2
