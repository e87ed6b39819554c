"""Who is one person over the frames: by overlap, within a gap of bounded length, without specks."""

import json

import numpy as np
import pytest

from gaitcore.errors import ConfigError
from gaitcore.modalities.keypoints.parsing.tracks import Box, Detection, ManyTracksError, Walker, find_walker, left_out
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.settings.data import Tracking
from gaitcore.settings.files import load_config

FPS = 25.0
NOBODY = np.empty((0, 3))


def walk(frames, x: float = 100.0, step: float = 4.0, height: float = 200.0) -> list[Detection]:
    """One person who moves ``step`` pixels a frame from ``x`` in frame 0."""
    return [Detection(n, Box(x + step * n, 20.0, height / 2, height), NOBODY) for n in frames]


def found(detections, fps: float = FPS, **settings) -> tuple[list[int], str | None]:
    """The walker's frames, and the sentence of the report."""
    tracking = Tracking(**settings)
    walker = find_walker(detections, fps, tracking)
    return [detections[n].frame for n in walker.kept], left_out(detections, walker, fps, tracking)


def test_two_strangers_77_frames_apart_are_two_tracks():
    """The second one comes where the first one left, in the same size; only the time tells them apart."""
    first, second = walk(range(1, 81), step=0), walk(range(158, 219), step=0)
    detections = first + second
    walker = find_walker(detections, FPS, Tracking())
    assert walker == Walker(list(range(80)), [list(range(80, 141))], [])
    assert left_out(detections, walker, FPS, Tracking()) == (
        "the walker is in 80 frames, 1 to 80; left out: a person in 61 frames, 158 to 218, 3.1 s away (data.tracking)"
    )


def test_strangers_who_do_not_overlap_are_two_tracks_as_well():
    first, second = walk(range(80), step=0), walk(range(157, 218), x=320, step=0)
    assert found(first + second)[0] == list(range(80))
    assert found(first + second, gap=4)[0] == [*range(80), *range(157, 218)]


@pytest.mark.parametrize("step", [0.5, 6.0])  # 6: after the gap the boxes do not overlap enough
def test_one_walker_hidden_for_10_frames_is_one(step):
    frames = [*range(40), *range(50, 90)]
    assert found(walk(frames, step=step)) == (frames, None)


@pytest.mark.parametrize(("gap", "joined"), [(1.0, True), (0.96, False)])
def test_the_gap_is_in_seconds_between_two_frames_with_the_person(gap, joined):
    """Frames 39 and 64 are 25 frames apart, at 25 frames a second one second."""
    frames = [*range(40), *range(64, 80)]
    assert found(walk(frames), gap=gap)[0] == (frames if joined else frames[:40])
    assert found(walk(frames), fps=50, gap=0.5)[0] == frames


def test_a_short_false_detection_does_not_bridge_two_tracks():
    """Nearer than the gap on both sides: with it, both would be the walker."""
    first, speck, second = walk(range(40), step=0), walk([60], x=450, step=0), walk(range(80, 110), x=800, step=0)
    detections = [*first, *speck, *second]
    frames, reason = found(detections)
    assert frames == list(range(40))
    assert reason == (
        "the walker is in 40 frames, 0 to 39; left out: a person in 30 frames, 80 to 109, 1.6 s away, 1 track shorter "
        "than 0.1 s (data.tracking)"
    )
    assert found(detections, shortest=0)[0] == [*range(40), 60, *range(80, 110)]


def test_where_every_track_is_short_none_is_left_out():
    assert found(walk([3, 4])) == ([3, 4], None)
    assert found(walk([3, 4], step=300), fps=5)[0] == [3, 4]  # at 5 frames a second boxes do not overlap


def test_only_five_of_many_people_are_named():
    others = [one for n in range(7) for one in walk(range(5), x=500 + 300 * n, height=100 - n)]
    _, reason = found([*walk(range(10)), *others])
    assert reason == (
        "the walker is in 10 frames, 0 to 9; left out: "
        + "a person in 5 frames, 0 to 4, " * 5
        + "2 more (data.tracking)"
    )


def test_more_tracks_than_a_walk_has_are_refused():
    strangers = [one for n in range(4) for one in walk([n], x=1000 * n)]
    with pytest.raises(ManyTracksError):
        find_walker(strangers, FPS, Tracking(), most_tracks=3)
    assert len(find_walker(strangers, FPS, Tracking(), most_tracks=4).kept) == 1


def test_a_reader_takes_the_settings_and_reports_what_was_cut(tmp_path):
    """AlphaPose's file of one sequence: at a gap of a second the second person is left out."""
    entries = [
        {"image_id": f"{n}.jpg", "keypoints": [100.0, 20.0, 0.9] * 16 + [150.0, 200.0, 0.9], "box": [100, 20, 100, 200]}
        for n in [*range(1, 31), *range(107, 121)]
    ]
    (tmp_path / "001-nm-01-090.json").write_text(json.dumps(entries))
    camera = {"dataset": "walks", "frame_width": 640, "frame_height": 480, "fps": 25}
    table, report = read_poses("alphapose_json", tmp_path, **camera)
    assert table.frame.tolist() == list(range(1, 31))
    reason = (
        "the walker is in 30 frames, 1 to 30; left out: a person in 14 frames, 107 to 120, 3.1 s away (data.tracking)"
    )
    assert report["reason"].tolist() == [
        reason,
        *["another person, box 100 x 200 px, the walker is not in this frame"] * 14,
    ]
    joined, _ = read_poses("alphapose_json", tmp_path, **camera, tracking=Tracking(gap=4))
    assert joined.frame.tolist() == [*range(1, 31), *range(107, 121)]
    with pytest.raises(ConfigError) as caught:
        read_poses("pickle_tree", tmp_path, **camera, tracking=Tracking())
    assert str(caught.value) == (
        "data.tracking is set, but data.format: pickle_tree does not use it; remove data.tracking."
    )


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"format": "video", "video": {"estimator": "mediapipe"}}, "video.people is exactly_one"),
        ({"format": "openpose_json", "people": "first"}, "people is first"),
    ],
)
def test_the_settings_are_refused_where_nobody_is_followed(data, key):
    with pytest.raises(ConfigError) as caught:
        load_config("config.yaml", {"experiment": "casia_b", "data": {**data, "tracking": {"gap": 2}}})
    name = key.split()[0]
    assert (
        f"data.tracking is set, but data.{key}, which follows nobody; remove data.tracking, or set data.{name}: track."
        in str(caught.value)
    )
