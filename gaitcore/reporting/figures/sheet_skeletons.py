"""The skeletons of a contact sheet: the middle frame of a sequence in the camera frame."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX, INDEX
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.percent import in_percent
from gaitcore.reporting.figures.sheet_scale import draw_scale
from gaitcore.reporting.figures.skeleton_drawing import (
    CONFIDENCE,
    THICK,
    THIN,
    confidence_scale,
    draw_frame,
    draw_shadow,
    draw_skeleton,
    outside,
)

FIRST, LAST = "#D0D0D0", "#9A9A9A"  # colours of the skeleton at the first and at the last frame
FEET = [INDEX["left_ankle"], INDEX["right_ankle"]]


class Skeletons:
    """The cells of poses.parquet, see :class:`gaitcore.reporting.figures.contact_sheet.Cells`."""

    name = "skeleton"
    whole: tuple[str, ...] = ("frames", "first_frame", "shown_frame", "last_frame")

    def __init__(self, poses: Path) -> None:
        self.table = PoseTable.read(poses)
        self.sequences = self.table.sequences
        self.aspect = self.table.info.frame_width / self.table.info.frame_height
        self.scale = confidence_scale(self.table.keypoints)

    def choose(self, rows: np.ndarray) -> None:
        """All frames are in memory already."""

    def numbers(self, row: int) -> dict[str, Any]:
        """The numbers of a sequence, as the CSV has them."""
        frame, keypoints = self.table.frame[self._frames(row)], self.table.keypoints[self._frames(row)]
        return {
            "frames": len(frame),
            "first_frame": frame[0],
            "shown_frame": frame[len(frame) // 2],
            "last_frame": frame[-1],
            "points_outside_percent": round(in_percent(outside(keypoints, self.table.info).mean()), 3),
            "mean_confidence": round(_mean_confidence(keypoints), 3),
        }

    def draw_border(self, axes: Axes) -> None:
        """Draw the camera frame."""
        draw_frame(axes, self.table.info)

    def draw(self, axes: Axes, row: int, line: float) -> str:
        """Draw the middle frame on top of the first and last ones and the arrow between their feet."""
        keypoints = self.table.keypoints[self._frames(row)]
        draw_shadow(axes, keypoints[0], line, FIRST)
        draw_shadow(axes, keypoints[-1], line, LAST)
        start, end = keypoints[0, FEET, :2].mean(axis=0), keypoints[-1, FEET, :2].mean(axis=0)
        style = {"arrowstyle": "-|>,head_width=0.12,head_length=0.24", "color": LAST, "linewidth": line, "shrinkA": 0}
        way = axes.annotate("", end, start, arrowprops=style | {"shrinkB": 0}, annotation_clip=False)
        if way.arrow_patch is not None:
            way.arrow_patch.set_clip_path(axes.patch)  # without it the arrow would reach into other cells
        middle = keypoints[len(keypoints) // 2]
        draw_skeleton(axes, middle, line, self.scale)
        outliers = int(outside(middle, self.table.info).sum())
        return f"{outliers} out" if outliers else ""

    def draw_legend(self, figure: Figure, bottom: float, line: float) -> None:
        """Draw the legend of the lines and the colour bar of the confidence."""
        height = figure.get_size_inches()[1]
        styles = {
            "left side": (THICK, "black"),
            "right side": (THIN, "black"),
            "first frame": (THIN, FIRST),
            "last frame": (THIN, LAST),
        }
        handles = [
            Line2D([], [], color=colour, lw=line * width, label=label) for label, (width, colour) in styles.items()
        ]
        place = {"bbox_to_anchor": (0.04, (bottom + 0.2) / height), "bbox_transform": figure.transFigure}
        figure.legend(handles=handles, loc="lower left", ncols=4, borderaxespad=0, **place)
        draw_scale(figure, bottom, ScalarMappable(self.scale, CONFIDENCE), "Confidence")

    def caption(self, below: str) -> str:
        """What a cell shows, and the mean confidence and points outside the frame of all sequences."""
        info = self.table.info
        confidence = _mean_confidence(self.table.keypoints)
        outliers = in_percent(outside(self.table.keypoints, info).mean())
        return (
            "The skeleton of the middle frame is drawn in the camera frame of "
            f"{info.frame_width} × {info.frame_height} pixels; joints are darker with higher confidence, and the left "
            "side has thick lines. "
            "The first frame is light grey, the last dark grey; the arrow connects the feet in the two. "
            f"Over all sequences, the mean confidence is {confidence:.2f}, and {outliers:.2f}% of the points "
            "lie outside the frame."
        )

    def _frames(self, row: int) -> slice:
        return slice(self.table.offsets[row], self.table.offsets[row + 1])


def _mean_confidence(keypoints: np.ndarray) -> float:
    return keypoints[..., CHANNEL_INDEX["confidence"]].mean(dtype=float)
