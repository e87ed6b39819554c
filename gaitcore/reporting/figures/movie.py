"""The pictures of a movie of one sequence, at the speed of the recording.

Its skeleton in the camera frame, its silhouette, or one beside the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from gaitcore.modalities.keypoints.table import PoseInfo
from gaitcore.reporting.figures.silhouette_drawing import WHITE, draw_square, show_silhouette
from gaitcore.reporting.figures.skeleton_drawing import (
    BY_HAND,
    CONFIDENCE,
    draw_frame,
    draw_skeleton,
)
from gaitcore.reporting.figures.style import SMALL

LONGER_SIDE, NARROWEST = 480, 340  # pixels: of the camera frame, margin included; of the picture, for its texts
LETTER = 6.5  # pixels of width, on average
ABOVE, BELOW = 24, 34  # pixels above and below the frame: for the line of text, for the colour bar
SQUARE, GAP, EDGE = 320, 8, 8  # pixels: side of a silhouette's square, margin included; between panels; below a square
DPI = 100
# The confidence's colours, three paler versions of them for the soft edges of lines, and greys: under 256 in all.
_COLOURS = CONFIDENCE(np.linspace(0, 1, 48))[:, :3]
_PALER = [1 - share * (1 - _COLOURS) for share in (1, 0.75, 0.5, 0.25)]
_GREYS = np.repeat(np.linspace(0, 1, 16)[:, None], 3, axis=1)
PALETTE = np.round(255 * np.concatenate([*_PALER, _GREYS])).astype(np.uint8)
LINE = 1.0  # points, the finest
FASTEST = 50  # pictures a second: viewers slow faster GIFs down
LONGEST = 65535  # hundredths of a second, the longest duration of a picture in GIF


def picture_bounds(frames: list[int], fps: float) -> list[int]:
    """The frame number at which each picture begins, and the first one after the last picture.

    ``frames`` are the numbers of the frames there are, ascending. One picture represents each gap between them.
    """
    step = max(1, int(np.ceil(fps / FASTEST)))
    pictured = [frame for frame in frames if (frame - frames[0]) % step == 0]
    return sorted({*pictured, *(frame + step for frame in pictured)})


def durations(bounds: list[int], fps: float) -> np.ndarray:
    """The duration of each picture between ``bounds`` in hundredths of a second; rounding errors do not add up."""
    ends = np.round(100 * (np.array(bounds) - bounds[0]) / fps).astype(int)
    return np.minimum(np.diff(ends), LONGEST)


class Panel(Protocol):
    """One view of each frame.

    Attributes:
        name: of what is drawn, for the text of a frame without it.
        below: pixels needed below the panel.
    """

    name: str
    below: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, margin included."""

    @property
    def frames(self) -> Mapping[int, np.ndarray]:
        """What there is of each frame, by its number."""

    def draw_still(self, figure: Figure, axes: Axes) -> None:
        """Draw what all pictures share."""

    def draw(self, axes: Axes, frame: int) -> Sequence[Artist]:
        """Draw a frame and return its artists."""


@dataclass(frozen=True, eq=False)
class SkeletonPanel:
    """The skeletons of a sequence in the camera frame.

    Attributes:
        frames: frame number -> (17, 3), in pixels.
        info: the camera frame.
        scale: of the confidences, for all pictures.
    """

    frames: Mapping[int, np.ndarray]
    info: PoseInfo
    scale: Normalize
    name = "pose"
    below = BELOW

    @property
    def size(self) -> tuple[int, int]:
        """The camera frame, its longer side of 480 pixels."""
        scaling = LONGER_SIDE / max(self.info.frame_width, self.info.frame_height)
        return max(1, round(scaling * self.info.frame_width)), max(1, round(scaling * self.info.frame_height))

    def draw_still(self, figure: Figure, axes: Axes) -> None:
        """Draw the camera frame and the colour bar of the confidence."""
        height = figure.get_size_inches()[1] * DPI
        draw_frame(axes, self.info)
        bar = figure.add_axes((0.5, 22 / height, 0.46, 6 / height))
        colours = figure.colorbar(ScalarMappable(self.scale, CONFIDENCE), cax=bar, orientation="horizontal")
        colours.outline.set_linewidth(0.5)
        bar.tick_params(length=2, pad=1)
        figure.text(0.48, 25 / height, "confidence", ha="right", va="center", size=SMALL)

    def draw(self, axes: Axes, frame: int) -> Sequence[Artist]:
        """Draw the skeleton of a frame."""
        return draw_skeleton(axes, self.frames[frame], LINE, self.scale)


@dataclass(frozen=True, eq=False)
class SilhouettePanel:
    """The silhouettes of a sequence, as the table has them.

    Attributes:
        frames: frame number -> (64, 64) uint8.
    """

    frames: Mapping[int, np.ndarray]
    name = "silhouette"
    below = EDGE
    size = (SQUARE, SQUARE)

    def draw_still(self, figure: Figure, axes: Axes) -> None:
        """Draw the square of 64 x 64 pixels."""
        draw_square(axes)

    def draw(self, axes: Axes, frame: int) -> Sequence[Artist]:
        """Draw the silhouette of a frame."""
        return [show_silhouette(axes, self.frames[frame] / WHITE)]


def movie_pictures(sequence: str, panels: Sequence[Panel], bounds: list[int], fps: float) -> Iterator[Image.Image]:
    """A picture for each frame and for each gap between frames.

    Args:
        sequence: its name, written above each picture.
        panels: what is drawn of each frame, from left to right.
        bounds: as :func:`picture_bounds` returns them for the frames of any panel.
        fps: frames per second.
    """
    longest = f"{sequence}   frames {bounds[-1]} to {bounds[-1]} missing   {bounds[-1] / fps:.2f} s"
    still = _still(longest, panels)
    canvas = FigureCanvasAgg(still.figure)
    palette = Image.new("P", (1, 1))
    palette.putpalette(PALETTE.tobytes())
    for start, end in pairwise(bounds):
        if any(start in panel.frames for panel in panels):
            label = f"frame {start}"
        else:
            label = f"frame {start} missing" if end == start + 1 else f"frames {start} to {end - 1} missing"
        artists = [
            artist for panel, axes in zip(panels, still.axes, strict=True) for artist in _drawn(panel, axes, start)
        ]
        still.line.set_text(f"{sequence}   {label}   {(start - bounds[0]) / fps:.2f} s")
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        yield picture.quantize(palette=palette, dither=Image.Dither.NONE)
        for artist in artists:
            artist.remove()


def _drawn(panel: Panel, axes: Axes, frame: int) -> Sequence[Artist]:
    """The artists of one frame, or of the text that it is missing."""
    if frame in panel.frames:
        return panel.draw(axes, frame)
    return [axes.text(0.5, 0.5, f"no {panel.name}", transform=axes.transAxes, ha="center", color="#777777")]


class _Still(NamedTuple):
    """What all pictures share: the axes of each panel, and a line of text to be set."""

    figure: Figure
    axes: list[Axes]
    line: Text


def _still(longest: str, panels: Sequence[Panel]) -> _Still:
    """The shared parts of the pictures; ``longest`` is the longest text of the line."""
    across = sum(panel.size[0] for panel in panels) + GAP * (len(panels) - 1)
    tallest, below = max(panel.size[1] for panel in panels), max(panel.below for panel in panels)
    width, height = max(across, NARROWEST, round(LETTER * len(longest))), tallest + ABOVE + below
    figure = Figure((width / DPI, height / DPI), dpi=DPI, layout=BY_HAND)
    axes = []
    left = (width - across) / 2
    for panel in panels:
        wide, high = panel.size
        bottom = below + (tallest - high) / 2
        axes.append(figure.add_axes((left / width, bottom / height, wide / width, high / height)))
        panel.draw_still(figure, axes[-1])
        left += wide + GAP
    return _Still(figure, axes, figure.text(10 / width, 1 - ABOVE / 2 / height, longest, va="center"))
