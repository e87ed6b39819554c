"""A silhouette or a gait energy image in its square of 64 x 64 pixels, white on black."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from gaitcore.modalities.silhouettes.pretreatment import SIZE
from gaitcore.modalities.silhouettes.table import read_blocks
from gaitcore.reporting.figures.skeleton_drawing import BORDER, MARGIN

WHITE = 255


class EnergyImage(NamedTuple):
    """The mean of a sequence's silhouettes (64, 64), from 0 to 1, their number, and the first and last frame's."""

    mean: np.ndarray
    frames: int
    first: int
    last: int


def energy_images(path: Path, sequences: pd.DataFrame, rows: np.ndarray) -> dict[int, EnergyImage]:
    """The gait energy images of some sequences of a silhouette table, read a block at a time.

    Args:
        path: silhouettes.parquet.
        sequences: its sequences, as ``list_sequences`` returns them.
        rows: which of them.
    """
    rows = np.sort(rows)
    keep = np.isin(np.arange(len(sequences)), rows)
    owner = np.repeat(rows, sequences["frames"].to_numpy()[rows])  # of each frame
    sums = {int(row): np.zeros((SIZE, SIZE)) for row in rows}
    numbers: dict[int, list[int]] = {int(row): [] for row in rows}
    start = 0
    for block in read_blocks(path, keep):
        owners = owner[start : start + len(block.frame)]
        start += len(block.frame)
        for row in np.unique(owners).tolist():
            sums[row] += block.masks[owners == row].sum(axis=0, dtype=np.int64)
            numbers[row] += block.frame[owners == row].tolist()
    return {
        row: EnergyImage(sums[row] / (WHITE * len(frames)), len(frames), frames[0], frames[-1])
        for row, frames in numbers.items()
    }


def draw_square(axes: Axes) -> None:
    """The square of 64 x 64 pixels as a border, in the middle of axes of any shape; a margin around it is visible."""
    draw_bordered(axes, SIZE, SIZE)


def draw_bordered(axes: Axes, height: int, width: int) -> None:
    """A border of height x width pixels in the middle of axes of any shape; a margin around it is visible."""
    pixel = max(width / axes.bbox.width, height / axes.bbox.height)  # in the units of the axes' box
    across, down = ((0.5 + MARGIN) * pixel * side for side in (axes.bbox.width, axes.bbox.height))
    axes.set_xlim(width / 2 - across, width / 2 + across)
    axes.set_ylim(height / 2 + down, height / 2 - down)
    axes.set_axis_off()
    axes.add_patch(Rectangle((0, 0), width, height, facecolor="none", edgecolor=BORDER, linewidth=0.5))


def show_silhouette(axes: Axes, image: np.ndarray) -> AxesImage:
    """Draw an image (64, 64), from 0 to 1, in the axes of :func:`draw_square`."""
    return show_grey(axes, image)


def show_grey(axes: Axes, image: np.ndarray) -> AxesImage:
    """Draw an image (H, W), from 0 to 1, in the axes of :func:`draw_bordered`."""
    limits = axes.get_xlim(), axes.get_ylim()
    height, width = image.shape
    place: dict[str, Any] = {"extent": (0, width, height, 0), "interpolation": "nearest", "aspect": "auto"}
    shown = axes.imshow(image, cmap="gray", vmin=0, vmax=1, **place)
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])
    return shown
