"""Silhouettes cut out of drawn videos: in the right place, with the poses' frame numbers, resumable, and merged."""

import logging
import sys

import numpy as np
import pytest

for package in ("av", "cv2", "onnx", "onnxruntime"):
    pytest.importorskip(package, reason="silhouettes from video need more packages: make video")
pytestmark = pytest.mark.video

import cv2
from drawn_video import constant_model, draw_body, drawn_on, segmenter, settings, walked, write_video, write_walk
from resumable_extraction import extract as extract_poses

from gaitcore.digests import file_digest
from gaitcore.errors import ConfigError, DataError
from gaitcore.keys import SequenceKey, sequence_names
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, table_of_sequences
from gaitcore.modalities.keypoints.video.listing import find_videos
from gaitcore.modalities.report import read_report
from gaitcore.modalities.silhouettes.pretreatment import aligned
from gaitcore.modalities.silhouettes.table import list_sequences, read_info, read_walks
from gaitcore.modalities.silhouettes.video.extraction import NO_POSE, ShardOutputs, extract_subject
from gaitcore.modalities.silhouettes.video.masks import walker_mask
from gaitcore.modalities.silhouettes.video.merging import merge_shards
from gaitcore.modalities.silhouettes.video.onnx_masks import OnnxSegmenter
from gaitcore.modalities.silhouettes.video.overlay import draw_masks
from gaitcore.modalities.silhouettes.video.segmenters import check_installed, make_segmenter
from gaitcore.settings.data import Segmenter, Video

FRAMES = 12
CAMERA = PoseInfo("drawn walkers", 320, 240, 25.0, source="a pencil")


def overlap(a, b):
    """Intersection over union of two masks of truth values."""
    return (a & b).sum() / (a | b).sum()


def sure(points):
    """Keypoints (17, 3) that are all sure."""
    return np.column_stack([points, np.ones(len(points))]).astype(np.float32)


def outputs_in(folder):
    return ShardOutputs(folder / "001.parquet", folder / "001.csv", folder / "unfinished" / "001")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return Segmenter.model_validate(segmenter(tmp_path_factory.mktemp("networks")))


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """Videos of a subject with a body, and the joints that were drawn."""
    folder = tmp_path_factory.mktemp("filmed")
    joints = {
        f"001-nm-01-{view:03d}": write_walk(folder / "001", 1, "nm", 1, view, FRAMES, draw_body) for view in (36, 90)
    }
    return find_videos([folder]).videos, joints


@pytest.fixture
def poses(tmp_path, filmed):
    """The subject's shard of poses, as if drawn joints were estimates; frames 3 and 7 of the second video have none."""
    keyed = {}
    for name, joints in filmed[1].items():
        frames = [n for n in range(1, FRAMES + 1) if name.endswith("036") or n not in (3, 7)]
        keyed[SequenceKey(*name.split("-"))] = (np.array(frames), np.stack([sure(joints[n - 1]) for n in frames]))
    table_of_sequences(keyed, CAMERA).write(tmp_path / "poses.parquet")
    return tmp_path / "poses.parquet"


def test_the_mask_of_a_drawn_walker_is_the_drawing(network):
    tool = make_segmenter(network)
    for view in (0, 36, 90, 162):
        for points in walked(2, "bg", 1, view)[:20:4]:
            image = draw_body(points)
            mask = walker_mask(image, sure(points), tool, network.threshold)
            assert (mask.shape, mask.dtype, set(np.unique(mask))) == ((240, 320), np.uint8, {0, 255})
            assert overlap(mask > 0, drawn_on(image)) > 0.97


def test_poses_and_silhouettes_of_one_video_have_the_same_frames(tmp_path, filmed, network):
    """From videos alone: joints estimated by one ONNX model, the walker cut out by another."""
    videos, joints = filmed
    shard = extract_poses(tmp_path / "poses", videos, Video.model_validate(settings(tmp_path / "models")), threads=2)
    outputs = outputs_in(tmp_path)
    extract_subject(videos, shard.poses, network, outputs, threads=2, code="c0de")
    table, walks = PoseTable.read(shard.poses), list(read_walks(outputs.silhouettes))
    assert [walk.key.name for walk in walks] == sequence_names(table.sequences) == list(videos)
    assert np.concatenate([walk.frame for walk in walks]).tolist() == table.frame.tolist()
    assert [len(walk.frame) for walk in walks] == [FRAMES, FRAMES]
    silhouettes, tool = np.concatenate([walk.masks for walk in walks]), make_segmenter(network)
    for image, pose, silhouette in zip(
        (draw_body(points) for name in videos for points in joints[name]), table.keypoints, silhouettes, strict=True
    ):
        mask = walker_mask(image, pose, tool, 0.5)
        assert overlap(mask > 0, drawn_on(image)) > 0.96
        assert (silhouette == aligned(mask)).all()
    assert read_report(outputs.report).empty
    info = read_info(outputs.silhouettes)
    assert info.dataset == "drawn walkers"
    assert info.source.startswith("ONNX masks (onnxruntime ")
    assert info.source.endswith(f", {network.sha256[:12]}), threshold 0.5, boxes of poses by ONNX pose")


def test_a_frame_without_a_pose_is_listed_and_the_others_keep_their_numbers(tmp_path, filmed, poses, network):
    videos, outputs = filmed[0], outputs_in(tmp_path)
    extract_subject(videos, poses, network, outputs, threads=1, code="c0de")
    first, second = read_walks(outputs.silhouettes)
    assert first.frame.tolist() == list(range(1, 13))
    assert second.frame.tolist() == [1, 2, 4, 5, 6, 8, 9, 10, 11, 12]
    report = read_report(outputs.report)
    assert report[["file", "sequence", "frame", "reason"]].to_numpy().tolist() == [
        [videos["001-nm-01-090"], "001-nm-01-090", frame, NO_POSE] for frame in (3, 7)
    ]


def test_frames_in_which_nobody_is_seen_are_listed(tmp_path, poses, filmed, network):
    """The poses are those of a walker, but of this video four frames are black, and a second one is no video."""
    frames = [draw_body(points) for points in filmed[1]["001-nm-01-036"]]
    dark = write_video(tmp_path / "001-nm-01-036.avi", [*frames[:8], *([np.zeros_like(frames[0])] * 4)])
    broken = tmp_path / "001-nm-01-090.avi"
    broken.write_text("no video")
    outputs = outputs_in(tmp_path)
    videos = {dark.stem: str(dark), broken.stem: str(broken)}
    extract_subject(videos, poses, network, outputs, threads=1, code="c0de")
    (walk,) = read_walks(outputs.silhouettes)
    assert walk.frame.tolist() == list(range(1, 9))
    report = read_report(outputs.report)
    assert report["frame"].fillna(0).tolist() == [9, 10, 11, 12, 0, 0]
    assert set(report["reason"][:4]) == {"0 pixels of the walker, expected 40 or more"}
    assert report["reason"][4:].tolist() == [
        "left out: not a video that can be read (Invalid data found when processing input)",
        "no usable frame, the sequence is left out",
    ]


def test_a_run_that_ended_early_goes_on_and_threads_do_not_change_the_bytes(tmp_path, filmed, poses, network, caplog):
    whole = outputs_in(tmp_path / "whole")
    extract_subject(filmed[0], poses, network, whole, threads=1, code="c0de")
    cut = outputs_in(tmp_path / "cut")
    cut.report.mkdir(parents=True)  # a folder where the report should be: the shard cannot be finished
    with pytest.raises(OSError, match=r"001\.csv"):
        extract_subject(filmed[0], poses, network, cut, threads=2, code="c0de")
    assert len(list(cut.scratch.iterdir())) == 2
    cut.report.rmdir()
    caplog.clear()
    with caplog.at_level(logging.INFO):
        extract_subject(filmed[0], poses, network, cut, threads=2, code="c0de")
    assert caplog.messages[0].startswith("0 frames in ")
    assert file_digest(cut.silhouettes) == file_digest(whole.silhouettes)
    assert file_digest(cut.report) == file_digest(whole.report)
    assert not cut.scratch.exists()


def test_other_poses_are_segmented_again(tmp_path, filmed, poses, network, caplog):
    outputs = outputs_in(tmp_path)
    outputs.report.mkdir(parents=True)
    with pytest.raises(OSError, match=r"001\.csv"):
        extract_subject(filmed[0], poses, network, outputs, threads=1, code="c0de")
    outputs.report.rmdir()
    table = PoseTable.read(poses)
    table.keypoints[table.offsets[1] :, :, 0] += 1
    table.write(poses)
    caplog.clear()
    with caplog.at_level(logging.INFO):
        extract_subject(filmed[0], poses, network, outputs, threads=1, code="c0de")
    assert caplog.messages[0].startswith(f"{FRAMES} frames in ")  # the second video's alone


def test_somebody_else_and_specks_are_not_in_the_mask(network):
    (points,) = walked(2, "nm", 1, 90)[10:11]
    alone = draw_body(points)
    image = alone.copy()
    left, top = points.min(axis=0).astype(int)
    right, bottom = points.max(axis=0).astype(int)
    image[top - 12 : top - 10, left + 4 : left + 6] = 255  # above the head, in the square but outside the box
    image[bottom - 40 : bottom, right + 30 : right + 40] = 255  # a leg of somebody behind
    places = ((y, x) for y in range(top, bottom) for x in range(left, right))
    y, x = next((y, x) for y, x in places if not alone[y - 3 : y + 5, x - 3 : x + 5].any())
    image[y : y + 2, x : x + 2] = 255  # in the box, but not at the body
    assert drawn_on(image).sum() > drawn_on(alone).sum() + 300
    mask = walker_mask(image, sure(points), make_segmenter(network), 0.5)
    assert not mask[drawn_on(image) & (cv2.blur(alone, (7, 7)).max(axis=2) == 0)].any()
    assert overlap(mask > 0, drawn_on(alone)) > 0.97


def test_shards_become_one_table_and_one_report(tmp_path, filmed, poses, network):
    first = outputs_in(tmp_path)
    extract_subject(filmed[0], poses, network, first, threads=1, code="c0de")
    joints = write_walk(tmp_path / "videos", 2, "nm", 1, 36, FRAMES, draw_body)
    keyed = {SequenceKey("002", "nm", "01", "036"): (np.arange(2, 13), np.stack([sure(one) for one in joints[1:]]))}
    table_of_sequences(keyed, CAMERA).write(tmp_path / "poses2.parquet")
    second = ShardOutputs(tmp_path / "002.parquet", tmp_path / "002.csv", tmp_path / "unfinished" / "002")
    videos = find_videos([tmp_path / "videos"]).videos
    extract_subject(videos, tmp_path / "poses2.parquet", network, second, threads=1, code="c0de")
    table, report = tmp_path / "silhouettes.parquet", tmp_path / "silhouettes_report.csv"
    shards, reports = [first.silhouettes, second.silhouettes], [first.report, second.report]
    said = merge_shards(shards, reports, silhouettes=table, report=report)
    assert said == f"3 videos are in {table} (33 frames); 3 frames were left out, see {report}"
    assert list_sequences(table).to_numpy().tolist() == [
        ["001", "nm", "01", "036", 12],
        ["001", "nm", "01", "090", 10],
        ["002", "nm", "01", "036", 11],
    ]
    merged = list(read_walks(table))
    apart = [walk for shard in shards for walk in read_walks(shard)]
    assert [walk.frame.tolist() for walk in merged] == [walk.frame.tolist() for walk in apart]
    assert all((a.masks == b.masks).all() for a, b in zip(merged, apart, strict=True))
    assert read_info(table).source == read_info(first.silhouettes).source
    assert read_report(report)["frame"].tolist() == [3, 7, 1]

    other = network.model_copy(update={"threshold": 0.9})
    extract_subject(videos, tmp_path / "poses2.parquet", other, second, threads=1, code="c0de")
    with pytest.raises(DataError) as caught:
        merge_shards(shards, reports, silhouettes=table, report=report)
    assert str(caught.value).startswith(f"{second.silhouettes}: silhouettes by ONNX masks (onnxruntime ")
    assert ", threshold 0.9, boxes of poses by a pencil, expected ONNX masks (" in str(caught.value)


def test_shards_without_a_silhouette_are_refused(tmp_path, network):
    video = write_video(tmp_path / "001-nm-01-090.avi", [np.zeros((240, 320, 3), np.uint8)] * 2)
    table_of_sequences({}, CAMERA).write(tmp_path / "poses.parquet")
    outputs = outputs_in(tmp_path)
    extract_subject({video.stem: str(video)}, tmp_path / "poses.parquet", network, outputs, threads=1, code="c0de")
    assert list(read_walks(outputs.silhouettes)) == []
    files = {"silhouettes": tmp_path / "silhouettes.parquet", "report": tmp_path / "report.csv"}
    with pytest.raises(DataError, match=r"^No video gave a silhouette: none has a pose; poses_report\.csv says why\.$"):
        merge_shards([outputs.silhouettes], [outputs.report], **files)


def test_the_strip_shows_the_masks_on_the_frames_and_the_silhouettes_below(tmp_path, filmed, poses, network):
    videos, outputs, name = filmed[0], outputs_in(tmp_path), "001-nm-01-090"
    extract_subject(videos, poses, network, outputs, threads=1, code="c0de")
    strip = tmp_path / "strip.png"
    draw_masks(videos[name], poses, outputs.silhouettes, name, network, strip=strip)
    picture = cv2.imread(str(strip))
    assert picture.shape == (24 + 240 + 128, 8 * 320, 3)
    _, walk = read_walks(outputs.silhouettes)
    joints = filmed[1][name]
    for n, frame in enumerate((1, 2, 5, 6, 8, 9, 11, 12)):
        column = picture[24:, 320 * n : 320 * (n + 1)]
        green = column[:240, :, 1].astype(int) - column[:240, :, 0] > 60
        assert overlap(green, drawn_on(draw_body(joints[frame - 1]))) > 0.6  # joints of other colours are no greener
        below = column[240::2, 96:224:2, 0]
        assert (below == walk.masks[walk.frame.tolist().index(frame)]).all()


def test_a_video_that_cannot_be_read_has_a_strip_with_the_reason(tmp_path, poses, network, filmed):
    outputs = outputs_in(tmp_path)
    extract_subject(filmed[0], poses, network, outputs, threads=1, code="c0de")
    broken = tmp_path / "001-nm-02-090.avi"
    broken.write_text("no video")
    draw_masks(broken, poses, outputs.silhouettes, broken.stem, network, strip=tmp_path / "strip.png")
    picture = cv2.imread(str(tmp_path / "strip.png"))
    assert picture[:24].max() == 255
    assert np.ptp(picture[24:]) == 0


def model_giving(folder, array):
    path = constant_model(folder / "other.onnx", (1, 3, 16, 16), array)
    return OnnxSegmenter(path, file_digest(path))


@pytest.mark.parametrize("shape", [(1, 16, 16), (1, 1, 16, 16), (1, 1, 8, 8)])
def test_one_map_is_the_persons_whatever_its_size(tmp_path, shape):
    found = model_giving(tmp_path, np.full(shape, 0.25)).probabilities(np.zeros((16, 16, 3), np.uint8))
    assert (found.shape, found.dtype) == ((16, 16), np.float32)
    assert (found == 0.25).all()


def test_of_two_maps_the_second_is_the_persons(tmp_path):
    both = np.stack([np.full((16, 16), 0.75), np.full((16, 16), 0.25)])[None]
    assert (model_giving(tmp_path, both).probabilities(np.zeros((16, 16, 3), np.uint8)) == 0.25).all()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            np.zeros((1, 3, 16, 16)),
            "gives (1, 3, 16, 16), expected (1, 1, height, width), or 2 for background and person.",
        ),
        (np.zeros((1, 256)), "gives (1, 256), expected (1, 1, height, width), or 2 for background and person."),
        (
            np.full((1, 1, 16, 16), -4.5),
            "gives values from -4.5 to -4.5, expected probabilities from 0 to 1; add a sigmoid or softmax to the "
            "model.",
        ),
    ],
)
def test_a_model_of_another_kind_is_refused(tmp_path, output, sentence):
    with pytest.raises(DataError) as caught:
        model_giving(tmp_path, output).probabilities(np.zeros((16, 16, 3), np.uint8))
    assert str(caught.value) == f"{tmp_path / 'other.onnx'}: {sentence}"


def test_a_file_with_another_digest_is_refused(network):
    other = network.model_copy(update={"sha256": "ab" * 32})
    with pytest.raises(DataError, match=r"expected (ab){32} \(data\.silhouettes\.segmenter\.sha256\)"):
        make_segmenter(other)


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(ConfigError) as caught:
        check_installed(Segmenter())
    assert str(caught.value) == (
        "Silhouettes from video (segmenter mediapipe) need packages that are not installed: mediapipe. Install them "
        "with: make video"
    )
