"""Drawing the skeletons on the frames, to check the poses by eye.

Left limbs are orange, right limbs blue, the rest white; the surer a joint, the brighter. Frames without a pose are
shown unchanged.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from gaitcore.files import replacing
from gaitcore.keys import sequence_names
from gaitcore.modalities.keypoints.skeleton import JOINTS, LINKS
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.modalities.keypoints.video.decoding import Decoder, UnusableVideo

LEFT, RIGHT, MIDDLE = (255, 140, 0), (40, 140, 255), (255, 255, 255)  # red, green, blue
PICTURES = 8  # in a strip
STRIP_HEIGHT = 240  # pixels
CAPTION_HEIGHT = 24
_SCALE = 2  # a small frame is drawn twice as large, so that the lines hide less
_SMALL = 480  # pixels of height


def draw_sequence(video: Path, poses: Path, sequence: str, *, strip: Path, video_out: Path) -> None:
    """Draw one sequence of a pose table on the video it was made from.

    Args:
        video: the source.
        poses: the pose table; where it lacks the sequence, the frames are shown without a skeleton.
        sequence: its name, e.g. 001-nm-01-090.
        strip: PNG to write, eight frames evenly spread over those with a pose.
        video_out: MP4 to write, every frame. For a source that cannot be read, one black frame with a message.
    """
    table = PoseTable.read(poses)
    info, poses_by_frame = table.info, sequence_poses(table, sequence)
    frames = Decoder(video, info.frame_width, info.frame_height, info.fps).frames()
    pictures, caption = {}, f"{sequence}: {len(poses_by_frame)} frames with a pose"
    with replacing(video_out) as unfinished, _Writer(unfinished, info.fps) as writer:
        try:
            for number, picture in _drawn(frames, poses_by_frame):
                writer.add(picture)
                pictures[number] = resized(picture, STRIP_HEIGHT)
        except UnusableVideo as error:
            caption = f"{sequence}: {error}"
        if not pictures:
            pictures = {0: np.zeros((CAPTION_HEIGHT, PICTURES * STRIP_HEIGHT, 3), np.uint8)}
            writer.add(captioned(pictures[0], caption))
    strip_frames = spread(sorted(set(poses_by_frame) & set(pictures)) or sorted(pictures))
    write_png(strip, captioned(np.concatenate([pictures[number] for number in strip_frames], axis=1), caption))


class _Writer:
    """An MP4 file of pictures (H, W, 3) of RGB bytes; the first gives the size."""

    def __init__(self, path: Path, fps: float) -> None:
        self._container = av.open(str(path), "w", format="mp4")
        self._stream = self._container.add_stream("h264", rate=Fraction(fps).limit_denominator(1000))
        self._stream.pix_fmt = "yuv420p"

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._container.mux(self._stream.encode())
        self._container.close()

    def add(self, picture: np.ndarray) -> None:
        height, width = (side - side % 2 for side in picture.shape[:2])  # the codec wants even sides
        if not self._stream.codec_context.is_open:
            self._stream.width, self._stream.height = width, height
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
        self._container.mux(self._stream.encode(frame))


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a picture (H, W, 3) of RGB bytes, whole or not at all."""
    _, png = cv2.imencode(".png", picture[..., ::-1])
    with replacing(path) as unfinished:
        unfinished.write_bytes(png.tobytes())


def captioned(picture: np.ndarray, text: str) -> np.ndarray:
    """A picture with a line of text above it."""
    bar = np.zeros((CAPTION_HEIGHT, picture.shape[1], 3), np.uint8)
    place = (CAPTION_HEIGHT // 3, CAPTION_HEIGHT * 3 // 4)
    cv2.putText(bar, text, place, cv2.FONT_HERSHEY_SIMPLEX, CAPTION_HEIGHT / 40, MIDDLE, 1, cv2.LINE_AA)
    return np.concatenate([bar, picture])


def draw_skeleton(image: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """A copy of a frame (H, W, 3) of RGB bytes with the skeleton (17, 3), pixels and confidence, on it."""
    image, points = image.copy(), keypoints[:, :2]
    width = max(1, round(image.shape[0] / 240))
    for a, b in LINKS:
        sure = float(np.clip(keypoints[[a, b], 2].min(), 0.3, 1))
        colour = [int(sure * channel) for channel in _colour(a, b)]
        cv2.line(image, _pixel(points[a]), _pixel(points[b]), colour, width, cv2.LINE_AA)
    for joint, point in enumerate(points):
        cv2.circle(image, _pixel(point), width + 1, _colour(joint, joint), cv2.FILLED, cv2.LINE_AA)
    return image


def _drawn(
    frames: Iterator[tuple[int, np.ndarray]], poses: Mapping[int, np.ndarray]
) -> Iterator[tuple[int, np.ndarray]]:
    for number, image in frames:
        scale = _SCALE if image.shape[0] < _SMALL else 1
        picture = resized(image, scale * image.shape[0])
        if number in poses:
            picture = draw_skeleton(picture, poses[number] * (scale, scale, 1))
        yield number, picture


def sequence_poses(table: PoseTable, sequence: str) -> dict[int, np.ndarray]:
    """frame -> keypoints (17, 3) of one sequence."""
    one = table.select([name == sequence for name in sequence_names(table.sequences)])
    return dict(zip(one.frame.tolist(), one.keypoints, strict=True))


def spread(frames: list[int]) -> list[int]:
    """At most eight of the frames, evenly spread."""
    number = min(PICTURES, len(frames))
    return [frames[n] for n in np.linspace(0, len(frames) - 1, number).round().astype(int)]


def _colour(a: int, b: int) -> tuple[int, int, int]:
    sides = {JOINTS[joint].partition("_")[0] for joint in (a, b)}
    return {"left": LEFT, "right": RIGHT}.get(sides.pop(), MIDDLE) if len(sides) == 1 else MIDDLE


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def resized(image: np.ndarray, height: int) -> np.ndarray:
    """The image at another height, its width in proportion."""
    width = round(image.shape[1] * height / image.shape[0])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
