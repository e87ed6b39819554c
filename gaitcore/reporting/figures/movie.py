"""One sequence as a moving picture: its skeleton in the camera frame, as fast as it was walked, as an animated GIF."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from gaitcore.errors import DataError
from gaitcore.files import replacing
from gaitcore.keys import parse_sequence_name, sequence_names
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.reporting.figures.drawing import STYLE
from gaitcore.reporting.figures.skeleton_drawing import (
    BY_HAND,
    CONFIDENCE,
    confidence_scale,
    draw_frame,
    draw_skeleton,
)
from gaitcore.reporting.figures.style import counted

LONGER_SIDE, NARROWEST = 480, 340  # pixels: of the camera frame, margin included; of the picture, for its texts
LETTER = 6.5  # pixels of width, on average
ABOVE, BELOW = 24, 34  # pixels around the frame: for the line of text, for the colours of the confidence
DPI = 100
# The confidence's colours, these three times paler for the soft edges of lines, and greys, each once: under 256 in all.
_COLOURS = CONFIDENCE(np.linspace(0, 1, 48))[:, :3]
_PALER = [1 - share * (1 - _COLOURS) for share in (1, 0.75, 0.5, 0.25)]
_GREYS = np.repeat(np.linspace(0, 1, 16)[:, None], 3, axis=1)
PALETTE = np.round(255 * np.concatenate([*_PALER, _GREYS])).astype(np.uint8)
LINE = 1.0  # points, the finest
FASTEST = 50  # pictures a second: viewers show a GIF's faster ones slowly
LONGEST = 65535  # hundredths of a second, the longest that GIF lets one picture stand


def write_movie(poses: Path, sequence: str, path: Path) -> None:
    """Write an animated GIF of one sequence, whole or not at all; equal poses give equal bytes.

    A picture stands as long as its frame did, to the hundredth of a second that GIF counts in. Where numbers are
    missing among the frames, one empty picture stands for them as long as they did, and says so. Of more than 50 frames
    a second only every second one (third, ...) is shown, at the same speed.

    Args:
        poses: the pose table.
        sequence: its name, e.g. 001-nm-01-090.
        path: of the GIF.

    Raises:
        DataError: ``sequence`` is no sequence's name, or that of none in the table.
    """
    table = PoseTable.read(poses)
    walk = table.select(_is_of(table, sequence, poses))
    found = dict(zip(walk.frame.tolist(), walk.keypoints, strict=True))
    bounds = picture_bounds(list(found), table.info.fps)
    with matplotlib.style.context(STYLE):
        pictures = _pictures(sequence, found, bounds, table.info, confidence_scale(table.keypoints))
        with replacing(path) as unfinished:
            next(pictures).save(
                unfinished,
                format="GIF",
                save_all=True,
                append_images=pictures,
                duration=(10 * durations(bounds, table.info.fps)).tolist(),
                loop=0,
                palette=PALETTE.tobytes(),  # for all pictures; without it, each would have its own
            )


def picture_bounds(frames: list[int], fps: float) -> list[int]:
    """The frame number at which each picture begins, and the one at which the last has ended.

    ``frames`` are the numbers of those with a pose, ascending. A gap between them begins one picture.
    """
    step = max(1, int(np.ceil(fps / FASTEST)))
    shown = [frame for frame in frames if (frame - frames[0]) % step == 0]
    return sorted({*shown, *(frame + step for frame in shown)})


def durations(bounds: list[int], fps: float) -> np.ndarray:
    """How long each picture between ``bounds`` stands, in hundredths of a second; no time is lost to rounding."""
    ends = np.round(100 * (np.array(bounds) - bounds[0]) / fps).astype(int)
    return np.minimum(np.diff(ends), LONGEST)


def _is_of(table: PoseTable, sequence: str, poses: Path) -> np.ndarray:
    """(S,) bool: which of the table's sequences has this name."""
    if parse_sequence_name(sequence) is None:
        raise DataError(f'"{sequence}" is not a valid sequence name; expected e.g. 001-nm-01-090.')
    names = sequence_names(table.sequences)
    if sequence not in names:
        alike = get_close_matches(sequence, names, n=1, cutoff=0)  # one, since thousands are too many to be listed
        hint = f'; did you mean "{alike[0]}"?' if alike else "."
        raise DataError(f"{poses}: no {sequence} among {counted(len(names), 'sequence')}{hint}")
    return np.array(names) == sequence


def _pictures(
    sequence: str, found: Mapping[int, np.ndarray], bounds: list[int], info: PoseInfo, scale: Normalize
) -> Iterator[Image.Image]:
    """A picture for each frame and for each gap between frames."""
    longest = f"{sequence}   frames {bounds[-1]} to {bounds[-1]} missing   {bounds[-1] / info.fps:.2f} s"
    still = _still(longest, info, scale)
    canvas = FigureCanvasAgg(still.figure)
    palette = Image.new("P", (1, 1))
    palette.putpalette(PALETTE.tobytes())
    for start, end in pairwise(bounds):
        if start in found:
            what, drawn = f"frame {start}", draw_skeleton(still.axes, found[start], LINE, scale)
        else:
            what = f"frame {start} missing" if end == start + 1 else f"frames {start} to {end - 1} missing"
            drawn = [still.axes.text(0.5, 0.5, "no pose", transform=still.axes.transAxes, ha="center", color="#777777")]
        still.line.set_text(f"{sequence}   {what}   {(start - bounds[0]) / info.fps:.2f} s")
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        yield picture.quantize(palette=palette, dither=Image.Dither.NONE)
        for artist in drawn:
            artist.remove()


class _Still(NamedTuple):
    """What does not move: the camera frame, the confidence's colours, and a line of text to be set."""

    figure: Figure
    axes: Axes
    line: Text


def _still(longest: str, info: PoseInfo, scale: Normalize) -> _Still:
    """``longest`` is the text that its line must have room for."""
    shrunk = LONGER_SIDE / max(info.frame_width, info.frame_height)
    across, down = (max(1, round(shrunk * side)) for side in (info.frame_width, info.frame_height))
    width, height = max(across, NARROWEST, round(LETTER * len(longest))), down + ABOVE + BELOW
    figure = Figure((width / DPI, height / DPI), dpi=DPI, layout=BY_HAND)
    axes = figure.add_axes(((width - across) / 2 / width, BELOW / height, across / width, down / height))
    draw_frame(axes, info)
    bar = figure.add_axes((0.5, 22 / height, 0.46, 6 / height))
    figure.colorbar(ScalarMappable(scale, CONFIDENCE), cax=bar, orientation="horizontal").outline.set_linewidth(0.5)
    bar.tick_params(length=2, pad=1)
    figure.text(0.48, 25 / height, "confidence", ha="right", va="center", size=7)
    return _Still(figure, axes, figure.text(10 / width, 1 - ABOVE / 2 / height, longest, va="center"))
