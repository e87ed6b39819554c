"""A subject's videos and poses -> one shard of the silhouette table, and a report of what it leaves out.

A frame has a silhouette if it has a pose, in whose box the walker is looked for, and has the number it has there.
Videos are processed in parallel, one per thread, and are kept in a scratch folder until the shard is written: as those
of poses, see ``keypoints.video.extraction``.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gaitcore.digests import file_digest
from gaitcore.keys import KEY_COLUMNS, SequenceKey
from gaitcore.modalities.frame_table import combined_digest
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, sequence_digests
from gaitcore.modalities.keypoints.video.decoding import Decoder, Note, UnusableVideo, count_frames
from gaitcore.modalities.keypoints.video.progress import FrameProgress
from gaitcore.modalities.keypoints.video.resuming import Kept, PerThread, VideoScratch, concerning
from gaitcore.modalities.report import LEFT_OUT, DropReport, left_out_videos, write_report
from gaitcore.modalities.silhouettes.pretreatment import SIZE, aligned, is_dark
from gaitcore.modalities.silhouettes.table import SilhouetteInfo, Walk, write_walks
from gaitcore.modalities.silhouettes.video.masks import walker_mask
from gaitcore.modalities.silhouettes.video.segmenters import Segmenter, check_installed, make_segmenter
from gaitcore.modalities.silhouettes.walks import walk_of
from gaitcore.settings.data import Segmenter as Settings

PRETREATMENT = "cut and aligned as published (GaitSet)"
NO_POSE = "no pose in this frame, so no box in which to look for the walker"

_SHOWN = 12  # digits of a digest that stand in a source's name

log = logging.getLogger(__name__)


class ShardOutputs(NamedTuple):
    """Files of a shard: a table and a CSV like silhouettes_report.csv; the folder ``scratch`` is removed at the end."""

    silhouettes: Path
    report: Path
    scratch: Path


def extract_subject(
    videos: Mapping[str, str], poses: Path, settings: Settings, outputs: ShardOutputs, *, threads: int, code: str
) -> None:
    """Make the shard of one subject; videos without a pose have neither frames nor lines in it.

    Args:
        videos: sequence's name -> path of the video.
        poses: the subject's shard of poses, made from the same videos.
        settings: the network, and the probability from which a pixel is the walker's.
        outputs: files to write; silhouettes of an earlier run in ``scratch`` are used if video, poses, settings and
            code are the same.
        threads: number of videos processed at a time.
        code: digest of the code.

    Raises ConfigError or DataError where the segmenter is not available or its output is not a mask, DataError where
    the poses are damaged.
    """
    check_installed(settings)
    segmenters = PerThread(lambda: make_segmenter(settings))
    table = PoseTable.read(poses)
    walks = dict(_walks_with_poses(table))
    digests = {
        key.name: combined_digest([("video", file_digest(videos[key.name])), ("poses", digest)])
        for key, digest in zip(walks, sequence_digests(poses), strict=True)
    }
    scratch = VideoScratch(outputs.scratch, f"{code} {settings.model_dump_json()}")
    subject = next(iter(videos)).partition("-")[0]
    with FrameProgress(subject, sum(count_frames(Path(videos[name])) for name in digests)) as progress:

        def extract(key: SequenceKey) -> None:
            path = Path(videos[key.name])
            if scratch.read(key.name, digests[key.name]) is not None:
                progress.skip(count_frames(path))
                return
            decoder = Decoder(path, table.info.frame_width, table.info.frame_height, table.info.fps)
            with concerning(videos[key.name], "making its silhouettes"):
                masks = _masks_of(decoder, walks[key], segmenters.own, settings.threshold, progress.frame)
            scratch.write(key.name, digests[key.name], masks)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(extract, walks))
    report = DropReport()
    finished = _finished(list(walks), videos, digests, scratch, report)
    info = SilhouetteInfo(table.info.dataset, source_of(segmenters.own, settings, table.info), PRETREATMENT)
    write_walks(outputs.silhouettes, finished, info)
    lines = report.to_frame()
    for video in left_out_videos(lines):
        log.info("left out: %s", video)
    write_report(lines, outputs.report)
    scratch.remove()


def source_of(segmenter: Segmenter, settings: Settings, poses: PoseInfo) -> str:
    """What made the silhouettes: the network, the threshold, and the estimator of the poses that gave the boxes."""
    name, version, weights = segmenter.identity
    return f"{name} ({version}, {weights[:_SHOWN]}), threshold {settings.threshold:g}, boxes of poses by {poses.source}"


def _walks_with_poses(table: PoseTable) -> Iterator[tuple[SequenceKey, dict[int, np.ndarray]]]:
    """Each sequence of a table, and its keypoints (17, 3) by frame."""
    rows = table.sequences[list(KEY_COLUMNS)].itertuples(index=False)
    for row, start, stop in zip(rows, table.offsets[:-1], table.offsets[1:], strict=True):
        frames = table.frame[start:stop].tolist()
        yield SequenceKey(*row), dict(zip(frames, table.keypoints[start:stop], strict=True))


def _masks_of(
    decoder: Decoder,
    poses: Mapping[int, np.ndarray],
    segmenter: Segmenter,
    threshold: float,
    done: Callable[[], object],
) -> Kept:
    """The silhouettes of one video in the frames that have a pose, and a note of each frame without one."""
    masks: dict[int, np.ndarray] = {}
    notes: list[Note] = []
    try:
        for frame, image in decoder.frames():
            mask = walker_mask(image, poses[frame], segmenter, threshold) if frame in poses else None
            if mask is None:
                notes.append(Note(frame, NO_POSE))
            elif is_dark(mask):
                notes.append(Note(frame, f"{np.count_nonzero(mask)} pixels of the walker, expected 40 or more"))
            else:
                masks[frame] = aligned(mask)
            done()
        if not masks:
            notes.append(Note(None, f"{LEFT_OUT}no silhouette in any of {len(notes)} frames"))
    except UnusableVideo as error:
        notes.append(Note(None, f"{LEFT_OUT}{error}"))
    stacked = np.array([*masks.values()], np.uint8).reshape(-1, SIZE, SIZE)
    return Kept({"frame": np.array([*masks], np.int32), "masks": stacked}, notes)


def _finished(
    keys: list[SequenceKey],
    videos: Mapping[str, str],
    digests: Mapping[str, str],
    scratch: VideoScratch,
    report: DropReport,
) -> Iterator[Walk]:
    """The walks of all finished videos, one in memory at a time; ``report`` gets their notes."""
    for key in keys:
        kept = scratch.read(key.name, digests[key.name])
        if kept is None:
            raise FileNotFoundError(f"{key.name}: its silhouettes are gone from the scratch folder")
        for frame, reason in kept.notes:
            report.add(videos[key.name], reason, sequence=key.name, frame=frame)
        log.info("%s: %d frames, %d lines in the report", key.name, len(kept.arrays["frame"]), len(kept.notes))
        frames, masks = kept.arrays["frame"].tolist(), kept.arrays["masks"]
        yield from walk_of(key, Path(videos[key.name]), frames, masks, digests[key.name], report)
