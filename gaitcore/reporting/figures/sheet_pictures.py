"""The pictures of a contact sheet that an input transform makes of poses, e.g. skeleton maps."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from gaitcore import extensions
from gaitcore.modalities.keypoints.skeleton import CHANNELS
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.reporting.figures.sheet_scale import draw_scale
from gaitcore.reporting.figures.silhouette_drawing import draw_bordered, show_grey
from gaitcore.settings.input import Input

GAP = 2  # pixels between the pictures of a frame


class InputPictures:
    """The cells of what networks receive of poses.parquet, see :class:`~.contact_sheet.Cells`.

    Args:
        poses: poses.parquet.
        transform: the name of an input transform that declares ``PICTURES``.
    """

    whole: tuple[str, ...] = ()
    aspect = 1.0

    def __init__(self, poses: Path, transform: str) -> None:
        from gaitcore.modalities.keypoints.input import transform_of  # it imports torch, which takes seconds

        self.table = PoseTable.read(poses)
        self.sequences = self.table.sequences
        self.title = extensions.declared("inputs", transform)["PICTURES"]
        self.name = transform
        settings = Input(transform=transform, channels=CHANNELS, unit="pixels", short_sequences="excluded")
        values = self.table.row_keypoints.shape[-1]
        self.transform = transform_of(settings, values, self.table.info.frame_width)

    def choose(self, rows: np.ndarray) -> None:
        """Make the pictures of the middle frame of each of these sequences."""
        self.pictures = {int(row): self._pictures(int(row)) for row in rows}

    def numbers(self, row: int) -> dict[str, Any]:
        """The mean of each picture, from 0 (black) to 1."""
        means = self.pictures[row].mean(axis=(1, 2))
        return {f"mean_{name}": round(float(mean), 4) for name, mean in zip(self.transform.names, means, strict=True)}

    def draw_border(self, axes: Axes) -> None:
        """Draw the outline of the pictures."""
        draw_bordered(axes, *self._side_by_side(next(iter(self.pictures.values()))).shape)

    def draw(self, axes: Axes, row: int, line: float) -> str:
        """Draw the pictures of the middle frame side by side."""
        show_grey(axes, self._side_by_side(self.pictures[row]))
        return ""

    def draw_legend(self, figure: Figure, bottom: float, line: float) -> None:
        """Draw the scale of the pictures."""
        title = self.title[0].upper() + self.title[1:]
        draw_scale(figure, bottom, ScalarMappable(Normalize(0, 1), "gray"), title)

    def caption(self, below: str) -> str:
        """What a cell shows."""
        shown = f"Below each {below} are" if below else "A cell shows"
        height, width = next(iter(self.pictures.values())).shape[1:]
        return (
            f"{shown} the {self.title} of the middle frame, {width} × {height} pixels each, as networks receive them; "
            f"from left to right: {', '.join(self.transform.names)}."
        )

    def _pictures(self, row: int) -> np.ndarray:
        """(maps, H, W), from 0 to 1, of a sequence's middle frame."""
        import torch

        frames = slice(self.table.offsets[row], self.table.offsets[row + 1])
        keypoints = torch.from_numpy(self.table.row_keypoints[frames])
        prepared = self.transform.prepared(keypoints, torch.tensor([len(keypoints)]))
        middle = prepared[len(prepared) // 2]
        return self.transform(middle[None, None])[0, 0].numpy()

    @staticmethod
    def _side_by_side(pictures: np.ndarray) -> np.ndarray:
        gap = np.ones((pictures.shape[1], GAP))
        return np.concatenate([column for picture in pictures for column in (picture, gap)][:-1], axis=1)
