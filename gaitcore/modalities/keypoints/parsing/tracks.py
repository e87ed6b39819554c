"""Finding the walker among several people: detections are linked to tracks, and tracks to the largest series.

A walk has one subject, but a detector also finds bystanders. Detections are linked from frame to
frame where their boxes overlap (as in Bochinski et al., High-speed tracking-by-detection, AVSS 2017); the walker is
the series of tracks, one after the other, with the largest sum of box heights. A person who is not seen for longer than
the setting ``gap`` is not linked to whoever comes next, as in SORT (Bewley et al., ICIP 2016) and ByteTrack (Zhang et
al., ECCV 2022). Beside longer tracks, those shorter than ``shortest`` are taken for false detections.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from gaitcore.settings.data import Tracking

# Measured on PsyMo: 99 % of the links between consecutive frames with one person overlap by 0.5 or more.
_LEAST_OVERLAP = 0.3
# The largest change of one person between two tracks: bystanders in PsyMo differ by more in size or in position.
_MOST_GROWTH = 2.0
_FARTHEST = 2.0  # in heights of the larger box
_SLACK = 1e-6  # of a frame, for rounding
_LISTED = 5  # tracks in one sentence


class Box(NamedTuple):
    """A person's bounding box: left, top, width and height in pixels."""

    x: float
    y: float
    width: float
    height: float


class Detection(NamedTuple):
    """One person in one frame; ``keypoints`` is (17, 3): x, y in pixels, confidence."""

    frame: int
    box: Box
    keypoints: np.ndarray


class ManyTracksError(ValueError):
    """There are more tracks than a walk can have."""


class Walker(NamedTuple):
    """The walker among several people; all numbers are positions in the list of detections.

    Attributes:
        kept: the walker's detections, at most one per frame, in the order of the frames.
        others: the tracks of other people, each in the order of its frames, by their first frames.
        short: the tracks that are too short to be a person's, where others are long enough.
    """

    kept: list[int]
    others: list[list[int]]
    short: list[list[int]]


def find_walker(
    detections: Sequence[Detection], fps: float, tracking: Tracking, most_tracks: int | None = None
) -> Walker:
    """The walker's detections, and the tracks of everybody else.

    Two tracks, one after the other within ``tracking.gap`` seconds, are the same person if they are near each other and
    of about the same size; tracks that share frames are different people. ``fps`` is in frames per second.

    Raises:
        ManyTracksError: there are more than ``most_tracks`` tracks, for which the time is quadratic.
    """
    gap = tracking.gap * fps + _SLACK
    linked = _link(detections, gap, most_tracks)
    linked.sort(key=lambda track: detections[track[0]].frame)
    tracks = [track for track in linked if len(track) >= tracking.shortest * fps - _SLACK] or linked
    first, last = (_boxes([detections[track[end]].box for track in tracks]) for end in (0, -1))
    first_frame, last_frame = (np.array([detections[track[end]].frame for track in tracks]) for end in (0, -1))
    total = np.array([sum(detections[n].box.height for n in track) for track in tracks])
    before = np.full(len(tracks), -1)  # the track before each one in the best series that ends with it
    for this in range(1, len(tracks)):
        missing = first_frame[this] - last_frame[:this]
        same = _same_person(last[:this], first[this]) & (missing > 0) & (missing <= gap)
        if same.any():
            before[this] = np.where(same, total[:this], -np.inf).argmax()
            total[this] += total[before[this]]
    series = []
    this = int(total.argmax()) if tracks else -1
    while this >= 0:
        series.append(this)
        this = int(before[this])
    return Walker(
        [n for track in reversed(series) for n in tracks[track]],
        [track for position, track in enumerate(tracks) if position not in series],
        [track for track in linked if track not in tracks],
    )


def left_out(detections: Sequence[Detection], walker: Walker, fps: float, tracking: Tracking) -> str | None:
    """Which tracks are not the walker's, in one sentence for the report; None where there are none."""
    if not walker.others and not walker.short:
        return None
    kept = [detections[n].frame for n in walker.kept]
    parts = []
    for track in walker.others[:_LISTED]:
        frames = [detections[n].frame for n in track]
        away = max(frames[0] - kept[-1], kept[0] - frames[-1]) / fps
        beyond = f", {away:.1f} s away" if away > tracking.gap else ""
        parts.append(f"a person in {_counted(frames)}{beyond}")
    if len(walker.others) > _LISTED:
        parts.append(f"{len(walker.others) - _LISTED} more")
    if walker.short:
        tracks = "1 track" if len(walker.short) == 1 else f"{len(walker.short)} tracks"
        parts.append(f"{tracks} shorter than {tracking.shortest:g} s")
    return f"the walker is in {_counted(kept)}; left out: {', '.join(parts)} (data.tracking)"


def _counted(frames: Sequence[int]) -> str:
    return f"1 frame, {frames[0]}" if len(frames) == 1 else f"{len(frames)} frames, {frames[0]} to {frames[-1]}"


def _link(detections: Sequence[Detection], gap: float, most_tracks: int | None) -> list[list[int]]:
    """Tracks: positions of detections, at most one per frame, each overlapping one at most ``gap`` frames before."""
    tracks: list[list[int]] = []
    living: list[int] = []  # the tracks that may go on
    order = sorted(range(len(detections)), key=lambda n: detections[n].frame)
    for frame, group in groupby(order, key=lambda n: detections[n].frame):
        in_frame = list(group)
        living = [track for track in living if frame - detections[tracks[track][-1]].frame <= gap]
        ends = _boxes([detections[tracks[track][-1]].box for track in living])
        matched = dict(_matches(ends, _boxes([detections[n].box for n in in_frame])))
        begun = []
        for position, n in enumerate(in_frame):
            if position in matched:
                tracks[living[matched[position]]].append(n)
            else:
                begun.append(len(tracks))
                tracks.append([n])
            if most_tracks is not None and len(tracks) > most_tracks:
                raise ManyTracksError
        living += begun
    return tracks


def _boxes(boxes: Sequence[Box]) -> np.ndarray:
    """(N, 4) float64: left, top, width, height."""
    return np.array(boxes, np.float64).reshape(len(boxes), len(Box._fields))


def _matches(tracked: np.ndarray, boxes: np.ndarray) -> Iterator[tuple[int, int]]:
    """(position in ``boxes``, position in ``tracked``) of the boxes that overlap most, each used once."""
    overlaps = _overlaps(boxes, tracked)
    while overlaps.size and overlaps.max() >= _LEAST_OVERLAP:
        position, track = np.unravel_index(overlaps.argmax(), overlaps.shape)
        overlaps[position] = overlaps[:, track] = 0
        yield int(position), int(track)


def _overlaps(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """:func:`overlap` of each box (N, 4) with each other one (M, 4): (N, M)."""
    a, b = boxes[:, None], others[None]
    sides = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.maximum(sides, 0).prod(axis=-1)
    union = a[..., 2] * a[..., 3] + b[..., 2] * b[..., 3] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, a fraction."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    shared = max(width, 0) * max(height, 0)
    union = a.width * a.height + b.width * b.height - shared
    return shared / union if union > 0 else 0.0


def _same_person(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Whether boxes (N, 4) before a gap may be of the person of the box (4,) after it: (N,) bool."""
    smaller, larger = np.minimum(before[:, 3], after[3]), np.maximum(before[:, 3], after[3])
    centres = before[:, :2] + before[:, 2:] / 2 - after[:2] - after[2:] / 2
    distance = np.hypot(centres[:, 0], centres[:, 1])
    return (larger <= _MOST_GROWTH * smaller) & (distance <= _FARTHEST * larger)
