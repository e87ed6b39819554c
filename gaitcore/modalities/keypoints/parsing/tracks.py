"""Finding the walker among several people: detections are linked to tracks, and tracks to the largest series.

A walk has one subject, but a detector also finds bystanders. Detections are linked from frame to
frame where their boxes overlap (as in Bochinski et al., High-speed tracking-by-detection, AVSS 2017); the walker is
the series of tracks, one after the other, with the largest sum of box heights.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

# Measured on PsyMo: 99 % of the links between consecutive frames with one person overlap by 0.5 or more.
_LEAST_OVERLAP = 0.3
# The largest change of one person between two tracks: bystanders in PsyMo differ by more in size or in position.
_MOST_GROWTH = 2.0
_FARTHEST = 2.0  # in heights of the larger box


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


def find_walker(detections: Sequence[Detection], most_tracks: int | None = None) -> list[int]:
    """The positions of the walker's detections in ``detections``, at most one per frame, in the order of the frames.

    Two tracks, one after the other, are the same person if they are near each other and of about the same size; tracks
    that share frames are different people.

    Raises:
        ManyTracksError: there are more than ``most_tracks`` tracks, for which the time is quadratic.
    """
    tracks = _link(detections, most_tracks)
    tracks.sort(key=lambda track: detections[track[0]].frame)
    first, last = (_boxes([detections[track[end]].box for track in tracks]) for end in (0, -1))
    first_frame, last_frame = (np.array([detections[track[end]].frame for track in tracks]) for end in (0, -1))
    total = np.array([sum(detections[n].box.height for n in track) for track in tracks])
    before = np.full(len(tracks), -1)  # the track before each one in the best series that ends with it
    for this in range(1, len(tracks)):
        same = _same_person(last[:this], first[this]) & (last_frame[:this] < first_frame[this])
        if same.any():
            before[this] = np.where(same, total[:this], -np.inf).argmax()
            total[this] += total[before[this]]
    series = []
    this = int(total.argmax()) if tracks else -1
    while this >= 0:
        series.append(this)
        this = int(before[this])
    return [n for track in reversed(series) for n in tracks[track]]


def _link(detections: Sequence[Detection], most_tracks: int | None) -> list[list[int]]:
    """Tracks: positions of detections, at most one per frame, each overlapping the previous one."""
    tracks: list[list[int]] = []
    ends = np.empty((0, len(Box._fields)))  # each track's last box, and room for more
    order = sorted(range(len(detections)), key=lambda n: detections[n].frame)
    for _, group in groupby(order, key=lambda n: detections[n].frame):
        in_frame = list(group)
        boxes = _boxes([detections[n].box for n in in_frame])
        matched = dict(_matches(ends[: len(tracks)], boxes))
        for position, n in enumerate(in_frame):
            track = matched.get(position, len(tracks))
            if track == len(tracks):
                tracks.append([])
                if most_tracks is not None and track >= most_tracks:
                    raise ManyTracksError
            if track >= len(ends):
                ends = np.concatenate([ends, np.empty((len(ends) + 16, ends.shape[1]))])
            tracks[track].append(n)
            ends[track] = boxes[position]
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
