"""One sequence of each view and condition in its camera frame, to check that the data were read correctly."""

from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath

from gaitcore.errors import DataError
from gaitcore.keys import canonical, natural, view_title
from gaitcore.modalities.keypoints.skeleton import CHANNEL_INDEX, INDEX
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable
from gaitcore.percent import in_percent
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.skeleton_drawing import (
    BY_HAND,
    CONFIDENCE,
    THICK,
    THIN,
    confidence_scale,
    draw_frame,
    draw_shadow,
    draw_skeleton,
    outside,
)
from gaitcore.reporting.figures.style import PAGE, condition_title, counted
from gaitcore.settings.experiment import Config

# The sections of the configuration that this figure depends on.
SECTIONS = "data protocol tables"


FIRST, LAST = "#D0D0D0", "#9A9A9A"  # colours of the skeleton at the first and at the last frame
FEET = [INDEX["left_ankle"], INDEX["right_ankle"]]
# inches: longest side of a cell, lowest row; heights of the whole figure, of the line of views, of the legend
LARGEST, LEAST_ROW, PAGE_HEIGHT, TITLE, LEGEND = 1.15, 0.2, 8.5, 0.2, 0.5


def draw(config: Config, *, poses: Path) -> Drawing:
    """Draw the figure from poses.parquet.

    The numbers, one row for each condition and view: condition, view, subject, sequence (empty where there is
    none), frames, first_frame, shown_frame, last_frame (as numbered in the source),
    points_outside_percent (the percentage of the sequence's points outside the camera frame) and mean_confidence.

    Raises:
        DataError: the table holds no sequence.
    """
    table = PoseTable.read(poses)
    if not len(table):
        raise DataError(f"{poses}: no sequences, expected at least one; poses_report.csv beside it says why.")
    chosen = chosen_sequences(table.sequences)
    conditions = _in_order(config, set(chosen["condition"]))
    views = sorted(chosen["view"].unique(), key=natural)
    grid = pd.MultiIndex.from_product([conditions, views], names=["condition", "view"])
    cells = chosen.reset_index(names="row").set_index(["condition", "view"]).reindex(grid)
    subject = str(chosen["subject"].iloc[0])
    numbers = _numbers(table, cells)
    return Drawing(_figure(config, table, cells, subject), numbers, _caption(config, table, numbers, subject))


def chosen_sequences(sequences: pd.DataFrame) -> pd.DataFrame:
    """One row of a table's ``sequences`` for each condition and view in the data; the index is kept.

    Each is the first sequence of the subject with most conditions and views, or of the next subject where it has none.
    """
    firsts = sequences.drop_duplicates(["subject", "condition", "view"])
    most = firsts.groupby("subject")["view"].transform("size").sort_values(ascending=False, kind="stable")
    return firsts.loc[most.index].drop_duplicates(["condition", "view"])


def _in_order(config: Config, conditions: set[str]) -> list[str]:
    known = dict.fromkeys([*config.protocol.gallery, *config.protocol.probes, *sorted(conditions, key=natural)])
    return [condition for condition in known if condition in conditions]


def _frames_of(table: PoseTable, row: int) -> slice:
    return slice(table.offsets[row], table.offsets[row + 1])


def _numbers(table: PoseTable, cells: pd.DataFrame) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for (condition, view), (_, cell) in zip(cells.index, cells.iterrows(), strict=True):
        rows.append({"condition": condition, "view": view})
        if pd.notna(cell["row"]):
            frames = _frames_of(table, int(cell["row"]))
            frame, keypoints = table.frame[frames], table.keypoints[frames]
            rows[-1] |= {"subject": cell["subject"], "sequence": cell["sequence"], "frames": len(frame)}
            rows[-1] |= {"first_frame": frame[0], "shown_frame": frame[len(frame) // 2], "last_frame": frame[-1]}
            rows[-1] |= {"points_outside_percent": round(in_percent(outside(keypoints, table.info).mean()), 3)}
            rows[-1] |= {"mean_confidence": round(_mean_confidence(keypoints), 3)}
    whole = ("frames", "first_frame", "shown_frame", "last_frame")
    return pd.DataFrame(rows).astype(dict.fromkeys(whole, "Int64"))


class _Grid(NamedTuple):
    """The positions of the cells, in inches."""

    columns: int
    blocks: int  # of rows, each with its own views
    rows: int  # of a block
    left: float
    width: float  # of a cell
    height: float
    row: float  # from one row to the next

    @property
    def figure_height(self) -> float:
        return self.blocks * (TITLE + self.rows * self.row) + LEGEND


def _grid(titles: list[str], views: int, info: PoseInfo) -> _Grid:
    """The grid whose number of views in a row makes the cells of a page largest."""
    labels = max(TextPath((0, 0), title, size=8).get_extents().width for title in titles) / 72 + 0.1
    grids = [_grid_of(blocks, len(titles), views, labels, info) for blocks in range(1, views + 1)]
    return max(grids, key=lambda grid: (round(grid.width, 3), -grid.blocks))


def _grid_of(blocks: int, rows: int, views: int, labels: float, info: PoseInfo) -> _Grid:
    aspect = info.frame_width / info.frame_height
    columns = ceil(views / blocks)
    tallest = (PAGE_HEIGHT - LEGEND - blocks * TITLE) / (blocks * rows)
    width = min((PAGE - labels) / columns, LARGEST, min(LARGEST, max(tallest, LEAST_ROW)) * aspect)
    left = labels + (PAGE - labels - columns * width) / 2
    return _Grid(columns, blocks, rows, left, width, width / aspect, max(width / aspect, LEAST_ROW))


def _figure(config: Config, table: PoseTable, cells: pd.DataFrame, subject: str) -> Figure:
    conditions, views = cells.index.unique("condition"), cells.index.unique("view")
    titles = [condition_title(config, condition) for condition in conditions]
    grid = _grid(titles, len(views), table.info)
    figure = Figure((PAGE, grid.figure_height), layout=BY_HAND)
    scale = confidence_scale(table.keypoints)
    axes = dict(zip(cells.index, _cell_axes(figure, grid, titles, list(views)), strict=True))
    line = min(0.8, max(0.25, 0.6 * grid.height))
    for place, (_, cell) in zip(cells.index, cells.iterrows(), strict=True):
        draw_frame(axes[place], table.info)
        if pd.isna(cell["row"]):
            _write(axes[place], (0.5, 0.5), "none", ha="center", va="center")
            continue
        _draw_walk(axes[place], table.keypoints[_frames_of(table, int(cell["row"]))], table.info, line, scale)
        if cell["subject"] != subject:
            _write(axes[place], (0.08, 0.92), cell["subject"], ha="left", va="top")
    _draw_legend(figure, scale, line)
    return figure


def _cell_axes(figure: Figure, grid: _Grid, titles: list[str], views: list[str]) -> Iterator[Axes]:
    """The axes of each condition's views in turn, with a title for every row and column."""
    width, height = figure.get_size_inches()
    for number, title in enumerate(titles):
        for place, view in enumerate(views):
            block, column = divmod(place, grid.columns)
            top = height - TITLE - block * (TITLE + grid.rows * grid.row) - number * grid.row
            left, centre = grid.left + column * grid.width, top - grid.row / 2
            if number == 0:
                x = left + grid.width / 2
                figure.text(x / width, (top + 0.02) / height, view_title(view), ha="center", va="bottom", size=7)
            if column == 0:
                figure.text((left - 0.05) / width, centre / height, title, ha="right", va="center")
            bottom = centre - grid.height / 2
            yield figure.add_axes(
                (left / width, bottom / height, grid.width / width, grid.height / height),
                label=f"{title} {canonical(view)}",
            )


def _draw_walk(axes: Axes, keypoints: np.ndarray, info: PoseInfo, line: float, scale: Normalize) -> None:
    """Draw the middle frame of (T, 17, 3) on top of the first and last ones and the arrow between their feet."""
    draw_shadow(axes, keypoints[0], line, FIRST)
    draw_shadow(axes, keypoints[-1], line, LAST)
    start, end = keypoints[0, FEET, :2].mean(axis=0), keypoints[-1, FEET, :2].mean(axis=0)
    style = {"arrowstyle": "-|>,head_width=0.12,head_length=0.24", "color": LAST, "linewidth": line, "shrinkA": 0}
    way = axes.annotate("", end, start, arrowprops=style | {"shrinkB": 0}, annotation_clip=False)
    if way.arrow_patch is not None:
        way.arrow_patch.set_clip_path(axes.patch)  # without it the arrow would reach into other cells
    middle = keypoints[len(keypoints) // 2]
    draw_skeleton(axes, middle, line, scale)
    outliers = int(outside(middle, info).sum())
    if outliers:
        _write(axes, (0.92, 0.08), f"{outliers} out", ha="right", va="bottom")


def _write(axes: Axes, place: tuple[float, float], text: str, **alignment: Any) -> None:
    axes.text(*place, text, transform=axes.transAxes, size=6, color="#444444", zorder=5, **alignment)


def _draw_legend(figure: Figure, scale: Normalize, line: float) -> None:
    """Draw the legend of the lines and the colour bar of the confidence below the cells."""
    height = figure.get_size_inches()[1]
    styles = {
        "left side": (THICK, "black"),
        "right side": (THIN, "black"),
        "first frame": (THIN, FIRST),
        "last frame": (THIN, LAST),
    }
    handles = [Line2D([], [], color=colour, lw=line * width, label=label) for label, (width, colour) in styles.items()]
    place = {"bbox_to_anchor": (0.04, 0.2 / height), "bbox_transform": figure.transFigure}
    figure.legend(handles=handles, loc="lower left", ncols=4, borderaxespad=0, **place)
    axes = figure.add_axes((0.7, 0.22 / height, 0.26, 0.09 / height))
    bar = figure.colorbar(ScalarMappable(scale, CONFIDENCE), cax=axes, orientation="horizontal")
    bar.outline.set_linewidth(0.5)
    figure.text(0.685, 0.265 / height, "Confidence", ha="right", va="center", size=7)


def _caption(config: Config, table: PoseTable, numbers: pd.DataFrame, subject: str) -> str:
    info, sequences = table.info, table.sequences
    empty = numbers["subject"].isna()
    others = int(((numbers["subject"] != subject) & ~empty).sum())
    counts = (
        f"{counted(len(sequences), 'sequence')} of {counted(sequences['subject'].nunique(), 'subject')}, "
        f"{counted(numbers['view'].nunique(), 'view')}, {counted(numbers['condition'].nunique(), 'condition')}"
    )
    exceptions = f"; {counted(others, 'cell')} with other subjects, whose names are in the cell" * bool(others)
    exceptions += f"; {counted(int(empty.sum()), 'cell')} without any sequence" * bool(empty.any())
    confidence, outliers = _mean_confidence(table.keypoints), in_percent(outside(table.keypoints, info).mean())
    return (
        f"{config.data.dataset} as read ({counts}): the first sequence of subject {subject} from each view (columns) "
        f"in each condition (rows){exceptions}. The skeleton of the middle frame is drawn in the camera frame of "
        f"{info.frame_width} × {info.frame_height} pixels; joints are darker with higher confidence, and the left side "
        "has thick lines. "
        "The first frame is light grey, the last dark grey; the arrow connects the feet in the two. "
        f"Over all sequences, the mean confidence is {confidence:.2f}, and {outliers:.2f}% of the points "
        "lie outside the frame."
    )


def _mean_confidence(keypoints: np.ndarray) -> float:
    return keypoints[..., CHANNEL_INDEX["confidence"]].mean(dtype=float)
