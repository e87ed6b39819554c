"""A subject's videos -> one shard of the pose table, and a report of what it leaves out.

Videos are processed in parallel, one per thread, each with a detector and an estimator of its own that compute in that
thread alone: the number of threads changes only the time. The poses of a video are kept in a scratch folder until the
shard is written, so that an interrupted run is resumed with the next video.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from gaitcore.digests import file_digest
from gaitcore.keys import parse_sequence_name
from gaitcore.modalities.keypoints.parsing.usable import usable_frames
from gaitcore.modalities.keypoints.table import PoseInfo, combined_digest, table_of_sequences
from gaitcore.modalities.keypoints.video.decoding import Decoder, count_frames
from gaitcore.modalities.keypoints.video.estimators import (
    Detector,
    Estimator,
    check_installed,
    make_detector,
    make_estimator,
)
from gaitcore.modalities.keypoints.video.people import Following, VideoPoses, walker_of
from gaitcore.modalities.keypoints.video.progress import FrameProgress
from gaitcore.modalities.keypoints.video.resuming import Kept, PerThread, VideoScratch, concerning
from gaitcore.modalities.report import DropReport, left_out_videos, write_report
from gaitcore.settings.data import Tracking, Video

log = logging.getLogger(__name__)

_SHOWN = 12  # digits of a digest that stand in a version


class ShardOutputs(NamedTuple):
    """Files of a shard: a pose table and a CSV like poses_report.csv; the folder ``scratch`` is removed at the end."""

    poses: Path
    report: Path
    scratch: Path


def extract_subject(
    videos: Mapping[str, str],
    info: PoseInfo,
    video: Video,
    outputs: ShardOutputs,
    *,
    threads: int,
    code: str,
    tracking: Tracking | None = None,
) -> None:
    """Make the shard of one subject; a bad video is left out, with the reason in the report.

    Args:
        videos: sequence's name -> path of the video.
        info: required frame size and rate of the videos; the table's info also has the estimator.
        video: how poses are made.
        outputs: files to write; poses of an earlier run in ``scratch`` are used if video, settings and code are the
            same.
        threads: number of videos processed at a time.
        code: digest of the code.
        tracking: how people are followed, if ``video.people`` is track.

    Raises ConfigError or DataError where the estimator or the detector is not available.
    """
    check_installed(video)
    tracking = tracking or Tracking()
    tools = _Tools(video, tracking)
    info = _with_source(info, tools)
    digests = {name: file_digest(path) for name, path in videos.items()}
    scratch = VideoScratch(outputs.scratch, f"{code} {info} {video.model_dump_json()} {tracking}")
    subject = next(iter(videos)).partition("-")[0]
    with FrameProgress(subject, sum(count_frames(Path(path)) for path in videos.values())) as progress:

        def extract(name: str) -> VideoPoses:
            kept = scratch.read(name, digests[name])
            if kept is not None:
                progress.skip(count_frames(Path(videos[name])))
                return _poses_of(kept)
            decoder = Decoder(Path(videos[name]), info.frame_width, info.frame_height, info.fps)
            with concerning(videos[name], "estimating its poses"):
                poses = walker_of(decoder, tools.detector, tools.estimator, tools.following, progress.frame)
            arrays = {"frame": poses.frame, "keypoints": poses.keypoints}
            scratch.write(name, digests[name], Kept(arrays, poses.notes))
            return poses

        with ThreadPoolExecutor(threads) as pool:
            poses = dict(zip(videos, pool.map(extract, videos), strict=True))
    digest = combined_digest((Path(videos[name]).name, digests[name]) for name in videos)
    _write(poses, videos, replace(info, source_digest=digest), outputs)
    scratch.remove()


class _Tools:
    """A detector and an estimator for each thread, made on first use."""

    def __init__(self, video: Video, tracking: Tracking) -> None:
        self._detectors = PerThread(lambda: make_detector(video))
        self._estimators = PerThread(lambda: make_estimator(video))
        self.following = Following(video.people, video.detect_every, tracking)

    @property
    def detector(self) -> Detector:
        return self._detectors.own

    @property
    def estimator(self) -> Estimator:
        return self._estimators.own


def _poses_of(kept: Kept) -> VideoPoses:
    return VideoPoses(kept.arrays["frame"], kept.arrays["keypoints"], kept.notes)


def _with_source(info: PoseInfo, tools: _Tools) -> PoseInfo:
    """The info with the estimator and its weights; its version includes the detector of people."""
    estimator, detector = tools.estimator.identity, tools.detector.identity
    people = f"people: {tools.following.people}, {detector.name} ({detector.version}, {detector.weights[:_SHOWN]})"
    version = f"{estimator.version}; {people}"
    return replace(info, source=estimator.name, source_version=version, weights_digest=estimator.weights)


def _write(poses: Mapping[str, VideoPoses], videos: Mapping[str, str], info: PoseInfo, outputs: ShardOutputs) -> None:
    report = DropReport()
    keyed = {}
    for name, one in poses.items():
        key = parse_sequence_name(name)
        usable = key and usable_frames(Path(videos[name]), key, one.frame, one.keypoints, info, report)
        if key and usable:
            keyed[key] = usable
    table_of_sequences(keyed, info).write(outputs.poses)
    for name, one in poses.items():
        for frame, reason in one.notes:
            report.add(videos[name], reason, sequence=name, frame=frame)
        log.info("%s: %d frames, %d lines in the report", name, len(one.frame), len(one.notes))
    lines = report.to_frame()
    for video in left_out_videos(lines):
        log.info("left out: %s", video)
    write_report(lines, outputs.report)
