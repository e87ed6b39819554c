"""The frames of a video at a constant rate, and a note of every defect of the file.

Windows of frames are steps in time, so frames are taken at the times of ``data.fps``: frame n is the one nearest to
(n - 1) / fps seconds after the first. A video of that rate gives every frame; a faster one, or one of varying rate,
gives the nearest ones; a slower one cannot be used. Pixels that are not square are made so by a change of the width.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import NamedTuple

import av
import av.error
import numpy as np
from av.stream import Disposition

_SLOWER = 0.95  # of data.fps: below, too many times would have no frame
_FASTER = 1.01
_UNSTEADY = 0.25  # of the usual time between two frames


class Note(NamedTuple):
    """A line of the report: about one frame (counted from 1), or about the whole video (None)."""

    frame: int | None
    reason: str


class UnusableVideo(Exception):  # noqa: N818 - no error: the video is left out
    """A video without usable frames; the message is the reason."""


@dataclass(frozen=True)
class Frame:
    """A decoded frame: its number in the file from 1, seconds since the first, RGB bytes (H, W, 3)."""

    number: int
    time: float
    image: np.ndarray


@dataclass
class Decoder:
    """A video, decoded once from beginning to end.

    width, height: required size of the upright frames, with square pixels. fps: frames per second to yield. notes:
    filled while frames are decoded.
    """

    path: Path
    width: int
    height: int
    fps: float
    notes: list[Note] = field(default_factory=list)

    def frames(self) -> Iterator[tuple[int, np.ndarray]]:
        """Frame number at ``fps``, from 1, and image (H, W, 3) of RGB bytes.

        Raises UnusableVideo for a file that is no video, is of another size, or too slow.
        """
        try:
            with av.open(str(self.path)) as container:
                stream = _moving(container)
                if stream is None:
                    raise UnusableVideo("no video in it, expected a stream of pictures")
                self._check_rate(stream.average_rate)
                yield from _nearest(self._timed(container, stream), self.fps)
        except (av.error.FFmpegError, OSError) as error:
            raise UnusableVideo(f"not a video that can be read ({error.strerror})") from None

    def _check_rate(self, rate: Fraction | None) -> None:
        if rate and rate < _SLOWER * self.fps:
            raise UnusableVideo(f"{float(rate):g} frames/s, expected {self.fps:g} (data.fps)")
        if rate and rate > _FASTER * self.fps:
            self.notes.append(Note(None, f"{float(rate):g} frames/s, taken at the times of {self.fps:g} (data.fps)"))

    def _timed(self, container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[Frame]:
        """Every good frame, upright."""
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"err_detect": "explode"}  # an error is an error, not a grey patch
        clock = _Clock(stream.average_rate or Fraction(self.fps))
        number = 0
        for frame in _decoded(container, stream):
            number += 1
            if isinstance(frame, str):
                self.notes.append(Note(number, frame))
                clock.skip()
                continue
            image = self._upright(frame, number, stream.sample_aspect_ratio or Fraction(1))
            if image is not None:
                yield Frame(number, clock.seconds(frame.time, number), image)
        if not number:
            raise UnusableVideo("no frame in it that can be read")
        if stream.frames > number:
            self.notes.append(Note(number, f"cut short: the file ends after {number} of {stream.frames} frames"))
        if clock.irregular:
            shortest, longest = (1000 * time for time in clock.extremes)
            reason = f"varying frame rate, {shortest:.0f} to {longest:.0f} ms between frames"
            self.notes.append(Note(clock.irregular, f"{reason}; taken at the times of {self.fps:g} frames/s"))

    def _upright(self, frame: av.VideoFrame, number: int, aspect: Fraction) -> np.ndarray | None:
        """The image with square pixels, turned as the metadata say; None, and a note, where it is damaged.

        ``aspect`` is a pixel's width over its height.
        """
        if frame.is_corrupt:
            self.notes.append(Note(number, "broken frame, its data are damaged"))
            return None
        width, quarters = round(frame.width * aspect), round(frame.rotation / 90)
        stretched = width != frame.width
        size = (frame.height, width) if quarters % 2 else (width, frame.height)
        if size != (self.width, self.height):
            square = f" once its pixels of {_ratio(aspect)} are square" if stretched else ""
            raise UnusableVideo(
                f"{size[0]} x {size[1]} pixels{square}, expected {self.width} x {self.height} (data.frame_width, "
                "data.frame_height)"
            )
        if stretched:
            self._note_once(f"pixels of {_ratio(aspect)}, stretched from {frame.width} to {width} columns")
            image: np.ndarray = frame.to_ndarray(format="rgb24", width=width, height=frame.height)
        else:
            image = frame.to_ndarray(format="rgb24")
        if frame.rotation:
            self._note_once(f"turned by {-frame.rotation} degrees clockwise, as its metadata say")
            image = np.ascontiguousarray(np.rot90(image, quarters))
        return image

    def _note_once(self, reason: str) -> None:
        if Note(None, reason) not in self.notes:
            self.notes.append(Note(None, reason))


def _ratio(aspect: Fraction) -> str:
    return f"{aspect.numerator}:{aspect.denominator}"


def _moving(container: av.container.InputContainer) -> av.VideoStream | None:
    """The first stream of pictures that is no cover of a sound file."""
    streams = (one for one in container.streams.video if not one.disposition & Disposition.attached_pic)
    return next(streams, None)


class Camera(NamedTuple):
    """What a video's header and its first frame tell: size of the upright frame in pixels, frames per second, frames.

    ``frames`` is 0 where the header does not say it.
    """

    width: int
    height: int
    fps: float
    frames: int


def read_camera(path: Path) -> Camera | None:
    """The camera of a video; None for a file that is no video or whose rate is not known."""
    try:
        with av.open(str(path)) as container:
            stream = _moving(container)
            if stream is None or not stream.average_rate:
                return None
            frame = next((frame for frame in _decoded(container, stream) if not isinstance(frame, str)), None)
            if frame is None:
                return None
            width = round(frame.width * (stream.sample_aspect_ratio or Fraction(1)))
            turned = round(frame.rotation / 90) % 2
            size = (frame.height, width) if turned else (width, frame.height)
            return Camera(*size, float(stream.average_rate), stream.frames)
    except (av.error.FFmpegError, OSError):
        return None


def count_frames(path: Path) -> int:
    """The number of frames in a video's header; 0 where it is absent or cannot be read."""
    try:
        with av.open(str(path)) as container:
            stream = _moving(container)
            return stream.frames if stream else 0
    except (av.error.FFmpegError, OSError):
        return 0


def _decoded(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame | str]:
    """Frames, or the reason why one cannot be decoded."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError as error:
            yield f"the file is damaged from here on ({error.strerror})"
            return
        try:
            yield from packet.decode()
        except av.error.EOFError:
            return
        except av.error.FFmpegError as error:
            yield f"broken frame ({error.strerror})"


class _Clock:
    """Seconds since the first frame, and the first frame after an irregular interval."""

    def __init__(self, rate: Fraction) -> None:
        self._usual = float(1 / rate)
        self._first: float | None = None
        self._last: float | None = None
        self.irregular: int | None = None
        self.extremes = (np.inf, 0.0)

    def skip(self) -> None:
        """A frame is missing, so the time to the next one is not measured."""
        self._last = None

    def seconds(self, time: float | None, number: int) -> float:
        """Seconds from the first frame to this one, whose time in the file is ``time``."""
        if time is None:  # the container has no times: they follow from the rate
            time = (number - 1) * self._usual
        if self._first is None:
            self._first = time
        if self._last is not None:
            between = time - self._last
            shortest, longest = self.extremes
            self.extremes = (min(shortest, between), max(longest, between))
            if self.irregular is None and abs(between - self._usual) > _UNSTEADY * self._usual:
                self.irregular = number
        self._last = time
        return time - self._first


def _nearest(frames: Iterable[Frame], fps: float) -> Iterator[tuple[int, np.ndarray]]:
    """For each tick of ``fps``, counted from 1, the nearest of the frames that have it as their nearest tick.

    A frame half-way between two ticks is assigned to the earlier.
    """
    tick, best, distance = 0, None, 0.0
    for frame in frames:
        position = frame.time * fps
        nearest = ceil(position - 0.5)
        if best is None or nearest > tick:
            if best is not None:
                yield tick + 1, best.image
            tick, best, distance = nearest, frame, abs(position - nearest)
        elif abs(position - nearest) < distance:
            best, distance = frame, abs(position - nearest)
    if best is not None:
        yield tick + 1, best.image
