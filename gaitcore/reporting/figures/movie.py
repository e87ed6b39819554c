"""The pictures of a movie of one sequence: its skeleton in the camera frame, at the speed of the recording."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

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
from gaitcore.reporting.figures.skeleton_drawing import (
    BY_HAND,
    CONFIDENCE,
    draw_frame,
    draw_skeleton,
)

LONGER_SIDE, NARROWEST = 480, 340  # pixels: of the camera frame, margin included; of the picture, for its texts
LETTER = 6.5  # pixels of width, on average
ABOVE, BELOW = 24, 34  # pixels above and below the frame: for the line of text, for the colour bar
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

    ``frames`` are the numbers of the frames with a pose, ascending. One picture represents each gap between them.
    """
    step = max(1, int(np.ceil(fps / FASTEST)))
    pictured = [frame for frame in frames if (frame - frames[0]) % step == 0]
    return sorted({*pictured, *(frame + step for frame in pictured)})


def durations(bounds: list[int], fps: float) -> np.ndarray:
    """The duration of each picture between ``bounds`` in hundredths of a second; rounding errors do not add up."""
    ends = np.round(100 * (np.array(bounds) - bounds[0]) / fps).astype(int)
    return np.minimum(np.diff(ends), LONGEST)


def movie_pictures(
    sequence: str, keypoints: Mapping[int, np.ndarray], bounds: list[int], info: PoseInfo, scale: Normalize
) -> Iterator[Image.Image]:
    """A picture for each frame and for each gap between frames.

    Args:
        sequence: its name, written above each picture.
        keypoints: frame number -> (17, 3), in pixels.
        bounds: as :func:`picture_bounds` returns them.
        info: the camera frame and the frame rate.
        scale: of the confidences, for all pictures.
    """
    longest = f"{sequence}   frames {bounds[-1]} to {bounds[-1]} missing   {bounds[-1] / info.fps:.2f} s"
    still = _still(longest, info, scale)
    canvas = FigureCanvasAgg(still.figure)
    palette = Image.new("P", (1, 1))
    palette.putpalette(PALETTE.tobytes())
    for start, end in pairwise(bounds):
        if start in keypoints:
            label, artists = f"frame {start}", list[Artist](draw_skeleton(still.axes, keypoints[start], LINE, scale))
        else:
            label = f"frame {start} missing" if end == start + 1 else f"frames {start} to {end - 1} missing"
            no_pose = still.axes.text(0.5, 0.5, "no pose", transform=still.axes.transAxes, ha="center", color="#777777")
            artists = [no_pose]
        still.line.set_text(f"{sequence}   {label}   {(start - bounds[0]) / info.fps:.2f} s")
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        yield picture.quantize(palette=palette, dither=Image.Dither.NONE)
        for artist in artists:
            artist.remove()


class _Still(NamedTuple):
    """What all pictures share: the camera frame, the colour bar of the confidence, and a line of text to be set."""

    figure: Figure
    axes: Axes
    line: Text


def _still(longest: str, info: PoseInfo, scale: Normalize) -> _Still:
    """The shared parts of the pictures; ``longest`` is the longest text of the line."""
    scaling = LONGER_SIDE / max(info.frame_width, info.frame_height)
    across, down = (max(1, round(scaling * side)) for side in (info.frame_width, info.frame_height))
    width, height = max(across, NARROWEST, round(LETTER * len(longest))), down + ABOVE + BELOW
    figure = Figure((width / DPI, height / DPI), dpi=DPI, layout=BY_HAND)
    axes = figure.add_axes(((width - across) / 2 / width, BELOW / height, across / width, down / height))
    draw_frame(axes, info)
    bar = figure.add_axes((0.5, 22 / height, 0.46, 6 / height))
    figure.colorbar(ScalarMappable(scale, CONFIDENCE), cax=bar, orientation="horizontal").outline.set_linewidth(0.5)
    bar.tick_params(length=2, pad=1)
    figure.text(0.48, 25 / height, "confidence", ha="right", va="center", size=7)
    return _Still(figure, axes, figure.text(10 / width, 1 - ABOVE / 2 / height, longest, va="center"))
