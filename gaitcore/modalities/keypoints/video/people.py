"""One video -> the walker's keypoints in each frame, and the reason for every frame without them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np

from gaitcore.modalities.keypoints.parsing.tracks import Box, Detection, find_walker, left_out
from gaitcore.modalities.keypoints.skeleton import CHANNELS, NUM_JOINTS
from gaitcore.modalities.keypoints.video.decoding import Decoder, Note, UnusableVideo
from gaitcore.modalities.keypoints.video.estimators import Detector, Estimator
from gaitcore.modalities.report import LEFT_OUT, OTHERS
from gaitcore.settings.data import Tracking

EXACTLY_ONE, TRACK = "exactly_one", "track"
NOBODY = "nobody found"
_LOST = 0.3  # mean confidence of a person followed by keypoints alone, below which the person is lost
_BODY = 1.15  # of the keypoints' height: the eyes are below the top of the head, the ankles above the soles

_NO_POSE = np.full((NUM_JOINTS, len(CHANNELS)), np.nan, np.float32)

T = TypeVar("T")
Numbered = tuple[int, np.ndarray]


class VideoPoses(NamedTuple):
    """The poses of a video: frame (T,) from 1, keypoints (T, 17, 3), and notes on frames without a pose."""

    frame: np.ndarray
    keypoints: np.ndarray
    notes: list[Note]


class Following(NamedTuple):
    """How people are followed: ``people`` is exactly_one or track; the detector runs every ``detect_every`` frames."""

    people: str
    detect_every: int
    tracking: Tracking = Tracking()


def walker_of(
    decoder: Decoder,
    detector: Detector,
    estimator: Estimator,
    following: Following,
    done: Callable[[], object] = lambda: None,
) -> VideoPoses:
    """The walker of one video.

    Under ``exactly_one`` frames with more or fewer people are dropped, as in the published CASIA-B poses. Under
    ``track`` everybody is followed, and the walker is chosen at the end (:func:`.tracks.find_walker`).
    ``done`` is called after each frame.

    If no frame has a pose, the last note has no frame number and gives the reason.
    """
    detections: list[Detection] = []
    counts: dict[int, int] = {}  # people in each frame
    try:
        people = _follow if following.detect_every > 1 else _detect
        for frame, in_frame in people(decoder.frames(), detector, estimator, following):
            counts[frame] = len(in_frame)
            detections += in_frame
            done()
    except UnusableVideo as error:
        return _nothing([*decoder.notes, Note(None, f"{LEFT_OUT}{error}")])
    if following.people == TRACK:
        kept, dropped = _largest(detections, counts, decoder.fps, following.tracking)
    else:
        kept, dropped = _alone(detections, counts)
    if kept:
        frames = np.array([one.frame for one in kept], np.int32)
        return VideoPoses(frames, np.stack([one.keypoints for one in kept]), [*decoder.notes, *dropped])
    return _nothing([*decoder.notes, Note(None, f"{LEFT_OUT}no pose in any of {len(counts)} frames: {_why(dropped)}")])


def _detect(
    frames: Iterable[Numbered], detector: Detector, estimator: Estimator, following: Following
) -> Iterator[tuple[int, list[Detection]]]:
    """Everybody the detector finds in each frame; keypoints only of those who may be used, several frames at once."""
    alone = following.people == EXACTLY_ONE
    for batch in _batches(frames, estimator.batch):
        detected = [detector.detect(image) for _, image in batch]
        wanted = [(n, box) for n, boxes in enumerate(detected) for box in boxes if not alone or len(boxes) == 1]
        poses = _estimate(estimator, [batch[n][1] for n, _ in wanted], [box for _, box in wanted])
        for n, (frame, _) in enumerate(batch):
            known = [Detection(frame, box, pose) for (m, box), pose in zip(wanted, poses, strict=True) if m == n]
            unknown = [] if known else [Detection(frame, box, _NO_POSE) for box in detected[n]]
            yield frame, known or unknown


def _follow(
    frames: Iterable[Numbered], detector: Detector, estimator: Estimator, following: Following
) -> Iterator[tuple[int, list[Detection]]]:
    """Detection in some frames; in between, a person's box is made of the keypoints in the previous frame."""
    boxes: list[Box] = []
    for n, (frame, image) in enumerate(frames):
        if n % following.detect_every == 0:
            boxes = detector.detect(image) or boxes
        poses = _estimate(estimator, [image] * len(boxes), boxes)
        people = [Detection(frame, box, pose) for box, pose in zip(boxes, poses, strict=True) if _is_there(pose)]
        boxes = [box_of(person.keypoints) for person in people]
        yield frame, people


def _estimate(estimator: Estimator, images: Sequence[np.ndarray], boxes: Sequence[Box]) -> np.ndarray:
    """Keypoints of any number of boxes, at most a batch at once."""
    starts = range(0, len(boxes), estimator.batch)
    parts = [estimator.estimate(images[n : n + estimator.batch], boxes[n : n + estimator.batch]) for n in starts]
    return np.concatenate(parts) if parts else np.empty((0, *_NO_POSE.shape), np.float32)


def box_of(keypoints: np.ndarray) -> Box:
    """The box of a person with these keypoints (17, 3)."""
    low, high = keypoints[:, :2].min(axis=0), keypoints[:, :2].max(axis=0)
    centre, size = (low + high) / 2, (high - low) * _BODY
    return Box(*(centre - size / 2).tolist(), *size.tolist())


def _is_there(pose: np.ndarray) -> bool:
    return bool(np.isfinite(pose).all() and pose[:, 2].mean() >= _LOST)


def _alone(detections: list[Detection], counts: dict[int, int]) -> tuple[list[Detection], list[Note]]:
    """The people who are alone in their frame; all other frames are noted."""
    notes = [Note(frame, _people(count)) for frame, count in counts.items() if count != 1]
    alone = [one for one in detections if counts[one.frame] == 1]
    kept = [one for one in alone if np.isfinite(one.keypoints).all()]
    notes += [Note(one.frame, "a person, but no pose") for one in alone if not np.isfinite(one.keypoints).all()]
    return kept, sorted(notes)


def _largest(
    detections: list[Detection], counts: dict[int, int], fps: float, tracking: Tracking
) -> tuple[list[Detection], list[Note]]:
    """The walker; frames without him or her, and everybody else, are noted."""
    posed = [one for one in detections if np.isfinite(one.keypoints).all()]
    found = find_walker(posed, fps, tracking)
    kept = [posed[n] for n in found.kept]
    tracks = left_out(posed, found, fps, tracking)
    walker = {one.frame: one for one in kept}
    notes = []
    for frame in counts:
        if frame not in walker:
            notes.append(Note(frame, "the walker is not found" if counts[frame] else NOBODY))
    for one in posed:
        if one is not walker.get(one.frame):
            notes.append(Note(one.frame, f"{OTHERS}, box {one.box.width:.0f} x {one.box.height:.0f} px"))
    return kept, [*([Note(None, tracks)] if tracks else []), *sorted(notes)]


def _people(count: int) -> str:
    return NOBODY if count == 0 else f"{count} people, data.video.people expects exactly one"


def _why(notes: list[Note]) -> str:
    reasons = Counter(note.reason for note in notes)
    return ", ".join(f"{reason} ({number} frames)" for reason, number in reasons.most_common())


def _nothing(notes: list[Note]) -> VideoPoses:
    return VideoPoses(np.empty(0, np.int32), np.empty((0, *_NO_POSE.shape), np.float32), notes)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch
