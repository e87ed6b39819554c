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


def find_walker(detections: Sequence[Detection]) -> list[int]:
    """The positions of the walker's detections in ``detections``, at most one per frame, in the order of the frames.

    Two tracks, one after the other, are the same person if they are near each other and of about the same size; tracks
    that share frames are different people.
    """
    tracks = _link(detections)
    tracks.sort(key=lambda track: detections[track[0]].frame)
    height = [sum(detections[n].box.height for n in track) for track in tracks]
    best: list[tuple[float, list[int]]] = []  # of the series ending with each track: total height, its tracks
    for this, track in enumerate(tracks):
        earlier = (
            best[other] for other in range(this) if _same_person(detections[tracks[other][-1]], detections[track[0]])
        )
        total, series = max(earlier, key=lambda one: one[0], default=(0.0, []))
        best.append((total + height[this], [*series, this]))
    _, walker = max(best, key=lambda one: one[0], default=(0.0, []))
    return [n for track in walker for n in tracks[track]]


def _link(detections: Sequence[Detection]) -> list[list[int]]:
    """Tracks: positions of detections, at most one per frame, each overlapping the previous one."""
    tracks: list[list[int]] = []
    order = sorted(range(len(detections)), key=lambda n: detections[n].frame)
    for _, group in groupby(order, key=lambda n: detections[n].frame):
        in_frame = list(group)
        matched = dict(_matches([detections[track[-1]].box for track in tracks], [detections[n].box for n in in_frame]))
        for position, n in enumerate(in_frame):
            if position in matched:
                tracks[matched[position]].append(n)
            else:
                tracks.append([n])
    return tracks


def _matches(tracked: list[Box], boxes: list[Box]) -> Iterator[tuple[int, int]]:
    """(position in ``boxes``, position in ``tracked``) of the boxes that overlap most, each used once."""
    overlaps = np.array([[overlap(a, b) for b in tracked] for a in boxes]).reshape(len(boxes), len(tracked))
    while overlaps.size and overlaps.max() >= _LEAST_OVERLAP:
        position, track = np.unravel_index(overlaps.argmax(), overlaps.shape)
        overlaps[position] = overlaps[:, track] = 0
        yield int(position), int(track)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, a fraction."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    shared = max(width, 0) * max(height, 0)
    union = a.width * a.height + b.width * b.height - shared
    return shared / union if union > 0 else 0.0


def _same_person(before: Detection, after: Detection) -> bool:
    a, b = before.box, after.box
    smaller, larger = sorted((a.height, b.height))
    distance = np.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2)
    near = larger <= _MOST_GROWTH * smaller and distance <= _FARTHEST * larger
    return before.frame < after.frame and bool(near)
