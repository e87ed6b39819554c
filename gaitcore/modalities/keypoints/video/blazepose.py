"""MediaPipe's BlazePose (full): a detector of people and an estimator of 33 points, weights inside the wheel.

Bazarevsky et al., "BlazePose: on-device real-time body pose tracking", 2020. The two networks are used apart: the
detector on a frame, the estimator on the square around a box. MediaPipe's own tracking from frame to frame, which
follows one person and smooths the motion, is not used: the poses of a frame depend on that frame alone.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from mediapipe.framework.formats.rect_pb2 import NormalizedRect

from gaitcore.modalities.keypoints.parsing.tracks import Box, overlap
from gaitcore.modalities.keypoints.skeleton import CHANNELS, NUM_JOINTS
from gaitcore.modalities.keypoints.video.mediapipe_graphs import model_identity, open_graph
from gaitcore.settings.data import Video

# The points of BlazePose that are COCO's 17, in COCO's order.
COCO = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
SQUARE = 1.25  # side of the estimator's square, in larger sides of the box
# The detector scales a frame to 224 x 224 pixels and misses small people. Where it finds nobody, or a person smaller
# than this part of the longer side, it also runs on tiles of half the frame.
SMALL = 1 / 3
_SAME = 0.3  # overlap of two boxes of one person
_CUT = 0.1  # of its height: a box that extends further out of its tile is left to the next tile

_DETECTION = """
input_stream: "image"
output_stream: "detections"
num_threads: 1
node {
  calculator: "PoseDetectionCpu"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
}
"""
_LANDMARKS = """
input_stream: "image"
input_stream: "square"
input_side_packet: "complexity"
output_stream: "landmarks"
num_threads: 1
node {
  calculator: "PoseLandmarkByRoiCpu"
  input_side_packet: "MODEL_COMPLEXITY:complexity"
  input_stream: "IMAGE:image"
  input_stream: "ROI:square"
  output_stream: "LANDMARKS:landmarks"
}
"""
_NAME = "MediaPipe BlazePose full"
_FULL = 1  # model complexity
_WHOLE = NormalizedRect(x_center=0.5, y_center=0.5, width=1, height=1)


def make_detector(video: Video) -> "BlazePoseDetector":
    """BlazePose's detector; nothing to fetch."""
    return BlazePoseDetector(video.detector.score)


def make_estimator(_: Video) -> "BlazePoseEstimator":
    """BlazePose's estimator; nothing to fetch."""
    return BlazePoseEstimator()


class BlazePoseDetector:
    """People by BlazePose's detector, down to about a sixth of the frame's longer side."""

    def __init__(self, score: float) -> None:
        self.score = score
        self.identity = model_identity(_NAME, "pose_detection/pose_detection.tflite")
        self._graph = open_graph(_DETECTION)

    def detect(self, image: np.ndarray) -> list[Box]:
        """Everybody in a frame (H, W, 3) of RGB bytes, the surest first."""
        limit = SMALL * max(image.shape[:2])
        people = self._people(image)
        large = [one for one in people if one[1].height >= limit]
        if not people or len(large) < len(people):
            people = large + (self._people_in_tiles(image) or people)
        return _distinct(people)

    def _people_in_tiles(self, image: np.ndarray) -> list[tuple[float, Box]]:
        height, width = image.shape[:2]
        people = []
        for x, y, side in _tiles(width, height):
            tile = np.ascontiguousarray(image[y : y + side, x : x + side])
            for score, box in self._people(tile):
                if _whole(box, x, y, tile.shape, image.shape):
                    people.append((score, Box(box.x + x, box.y + y, box.width, box.height)))
        return people

    def _people(self, image: np.ndarray) -> list[tuple[float, Box]]:
        """Score and box of everybody in one image.

        The network's two points are the middle of the hips and a point as far from it as the furthest part of the body.
        """
        height, width = image.shape[:2]
        people = []
        for detection in self._graph.process({"image": image}).detections or ():
            hips, reach = detection.location_data.relative_keypoints[:2]
            x, y = hips.x * width, hips.y * height
            radius = float(np.hypot(reach.x * width - x, reach.y * height - y))
            if detection.score[0] >= self.score:
                people.append((detection.score[0], Box(x - radius / 2, y - radius, radius, 2 * radius)))
        return people


class BlazePoseEstimator:
    """Keypoints by BlazePose's 33-point network; its confidence is the point's "visibility", 0 to 1."""

    batch = 1  # MediaPipe takes one image at a time

    def __init__(self) -> None:
        self.identity = model_identity(_NAME, "pose_landmark/pose_landmark_full.tflite")
        self._graph = open_graph(_LANDMARKS, {"complexity": _FULL}, square=_WHOLE)

    def estimate(self, images: Sequence[np.ndarray], boxes: Sequence[Box]) -> np.ndarray:
        """Keypoints (N, 17, 3), pixels and confidence; see :class:`.estimators.Estimator`."""
        return np.stack([self._one(image, box) for image, box in zip(images, boxes, strict=True)])

    def _one(self, image: np.ndarray, box: Box) -> np.ndarray:
        height, width = image.shape[:2]
        side = SQUARE * max(box.width, box.height)
        square = NormalizedRect(
            x_center=(box.x + box.width / 2) / width,
            y_center=(box.y + box.height / 2) / height,
            width=side / width,
            height=side / height,
        )
        landmarks = self._graph.process({"image": image, "square": square}).landmarks
        if landmarks is None:
            return np.full((NUM_JOINTS, len(CHANNELS)), np.nan, np.float32)
        points = (landmarks.landmark[index] for index in COCO)
        return np.array([(point.x * width, point.y * height, point.visibility) for point in points], np.float32)


def _tiles(width: int, height: int) -> Iterator[tuple[int, int, int]]:
    """Left, top and side of squares of half the longer side, each overlapping the next by half or more."""
    side = max(width, height) // 2
    for y in _starts(height, side):
        for x in _starts(width, side):
            yield x, y, side


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    steps = int(np.ceil((length - side) / (side / 2)))
    return np.linspace(0, length - side, steps + 1).astype(int).tolist()


def _whole(box: Box, x: int, y: int, tile: tuple[int, ...], image: tuple[int, ...]) -> bool:
    """Whether a box of a tile that stands at x, y lies in it, or is cut by the frame's own edge."""
    (tile_height, tile_width), (height, width) = tile[:2], image[:2]
    outside = [0.0]
    outside += [-box.x] if x > 0 else []
    outside += [-box.y] if y > 0 else []
    outside += [box.x + box.width - tile_width] if x + tile_width < width else []
    outside += [box.y + box.height - tile_height] if y + tile_height < height else []
    return max(outside) <= _CUT * box.height


def _distinct(people: list[tuple[float, Box]]) -> list[Box]:
    """One box of each person, the surest; the surest person first."""
    kept: list[Box] = []
    for _, box in sorted(people, reverse=True):
        if all(overlap(box, other) < _SAME for other in kept):
            kept.append(box)
    return kept
