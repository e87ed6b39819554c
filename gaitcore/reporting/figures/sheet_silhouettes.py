"""The silhouettes of a contact sheet: the gait energy image of a sequence."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from gaitcore.modalities.silhouettes.pretreatment import COLUMNS, SIZE
from gaitcore.modalities.silhouettes.table import list_sequences
from gaitcore.percent import in_percent
from gaitcore.reporting.figures.sheet_scale import draw_scale
from gaitcore.reporting.figures.silhouette_drawing import draw_square, energy_images, show_silhouette


class Silhouettes:
    """The cells of silhouettes.parquet, see :class:`gaitcore.reporting.figures.contact_sheet.Cells`."""

    name = "silhouette"
    whole: tuple[str, ...] = ("silhouettes", "first_silhouette", "last_silhouette")
    aspect = 1.0

    def __init__(self, silhouettes: Path) -> None:
        self.path = silhouettes
        self.sequences = list_sequences(silhouettes)

    def choose(self, rows: np.ndarray) -> None:
        """Read the frames of these sequences, and of no other: a table may be larger than memory."""
        self.images = energy_images(self.path, self.sequences, rows)

    def numbers(self, row: int) -> dict[str, Any]:
        """The numbers of a sequence, as the CSV has them."""
        image = self.images[row]
        return {
            "silhouettes": image.frames,
            "first_silhouette": image.first,
            "last_silhouette": image.last,
            "area_outside_percent": round(_outside_percent(image.mean), 3),
        }

    def draw_border(self, axes: Axes) -> None:
        """Draw the square of 64 x 64 pixels."""
        draw_square(axes)

    def draw(self, axes: Axes, row: int, line: float) -> str:
        """Draw the gait energy image."""
        show_silhouette(axes, self.images[row].mean)
        return ""

    def draw_legend(self, figure: Figure, bottom: float, line: float) -> None:
        """Draw the scale of the gait energy images."""
        draw_scale(figure, bottom, ScalarMappable(Normalize(0, 1), "gray"), "Mean silhouette")

    def caption(self, below: str) -> str:
        """What a cell shows, and how much of it lies outside the columns that networks take."""
        outliers = _outside_percent(sum(image.mean for image in self.images.values()))
        shown = f"Below each {below} is" if below else "A cell shows"
        return (
            f"{shown} the gait energy image of the sequence, the mean of its silhouettes of {SIZE} × {SIZE} pixels. "
            f"Networks take the middle {COLUMNS.stop - COLUMNS.start} columns; {outliers:.2f}% of the area shown lies "
            "outside them."
        )


def _outside_percent(image: np.ndarray | int) -> float:
    """The percentage of an image (64, 64) outside the columns that networks take."""
    outside = np.delete(np.asarray(image), COLUMNS, axis=1)
    return float(in_percent(outside.sum() / (np.sum(image) or 1)))
