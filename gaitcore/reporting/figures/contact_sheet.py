"""One sequence of each view and condition, to check that the data were read correctly.

A cell shows its skeleton in the camera frame, the pictures that networks receive of it, its gait energy image, or one
below the other.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from gaitcore.errors import DataError
from gaitcore.keys import KEY_COLUMNS, canonical, natural, view_title
from gaitcore.protocols.sides import titled_names
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.sheet_pictures import InputPictures
from gaitcore.reporting.figures.sheet_silhouettes import Silhouettes
from gaitcore.reporting.figures.sheet_skeletons import Skeletons
from gaitcore.reporting.figures.skeleton_drawing import BY_HAND
from gaitcore.reporting.figures.style import PAGE, SMALL, TALLEST, condition_title
from gaitcore.settings.experiment import Config
from gaitcore.words import counted

# The settings that this figure depends on.
SECTIONS = "data.dataset protocol tables.conditions"


# inches: longest side of a cell, lowest row; heights of the line of views, of a legend
LARGEST, LEAST_ROW, TITLE, LEGEND = 1.15, 0.2, 0.2, 0.5


class Cells(Protocol):
    """What the cells of one modality show.

    Attributes:
        name: of what is drawn, for captions: "skeleton".
        sequences: the sequences of its table, one row each.
        aspect: width / height of a cell.
        whole: the numbers that are whole.
    """

    name: str
    sequences: pd.DataFrame
    aspect: float
    whole: tuple[str, ...]

    def choose(self, rows: np.ndarray) -> None:
        """Make these rows of ``sequences`` ready for all that follows."""

    def numbers(self, row: int) -> dict[str, Any]:
        """The numbers of a sequence, as the CSV has them."""

    def draw_border(self, axes: Axes) -> None:
        """Draw what a cell has with and without a sequence."""

    def draw(self, axes: Axes, row: int, line: float) -> str:
        """Draw a sequence, its finest line ``line`` points wide, and return a remark for the corner of the cell."""

    def draw_legend(self, figure: Figure, bottom: float, line: float) -> None:
        """Draw the legend, from ``bottom`` (inches) up."""

    def caption(self, below: str) -> str:
        """Sentences on what a cell shows; ``below`` is the name of the cells above it, or empty."""


def draw(
    config: Config, *, poses: Path | None = None, silhouettes: Path | None = None, pictures: Sequence[str] = ()
) -> Drawing:
    """Draw the figure from poses.parquet, silhouettes.parquet or both.

    The numbers, one row for each condition and view: condition, view, subject, sequence (empty where there is
    none). Of poses: frames, first_frame, shown_frame, last_frame (as numbered in the source), points_outside_percent
    (the percentage of the sequence's points outside the camera frame) and mean_confidence. Of silhouettes: silhouettes
    (their number), first_silhouette, last_silhouette (as numbered in the source) and area_outside_percent (the
    percentage of the gait energy image outside the columns that networks take). Of pictures: the mean of each one,
    from 0 to 1, e.g. mean_limbs.

    Args:
        config: the experiment's configuration.
        poses: poses.parquet.
        silhouettes: silhouettes.parquet.
        pictures: input transforms that make pictures of the poses, each of which has its row of cells.

    Raises:
        DataError: a table holds no sequence.
    """
    sheets: list[Cells] = [_filled(poses, Skeletons(poses))] if poses else []
    sheets += [InputPictures(poses, transform) for transform in pictures] if poses else []
    sheets += [_filled(silhouettes, Silhouettes(silhouettes))] if silhouettes else []
    every = _in_any(sheets)
    chosen = chosen_sequences(every)
    conditions = _in_order(config, set(chosen["condition"]))
    views = sorted(chosen["view"].unique(), key=natural)
    grid = pd.MultiIndex.from_product([conditions, views], names=["condition", "view"])
    cells = chosen.set_index(["condition", "view"]).reindex(grid)
    for sheet in sheets:
        sheet.choose(cells[sheet.name].dropna().to_numpy(int))
    subject = str(chosen["subject"].iloc[0])
    numbers = _numbers(sheets, cells)
    return Drawing(_figure(config, sheets, cells, subject), numbers, _caption(config, sheets, every, numbers, subject))


def _filled(path: Path, sheet: Cells) -> Cells:
    if not len(sheet.sequences):
        raise DataError(f"{path}: no sequences, expected at least one; {path.stem}_report.csv beside it says why.")
    return sheet


def _in_any(sheets: Sequence[Cells]) -> pd.DataFrame:
    """The sequences of all tables, those that are in most tables first, with their row in each table or NaN."""
    keys = list(KEY_COLUMNS)
    tables = [sheet.sequences[keys].assign(**{sheet.name: range(len(sheet.sequences))}) for sheet in sheets]
    every = tables[0]
    for table in tables[1:]:
        every = every.merge(table, how="outer", on=keys)
    order = every[keys].map(natural).assign(absent=every.isna().sum(axis=1))
    return every.loc[order.sort_values(["absent", *keys], kind="stable").index].reset_index(drop=True)


def chosen_sequences(sequences: pd.DataFrame) -> pd.DataFrame:
    """One row of ``sequences`` for each condition and view in the data; the index is kept.

    Each is the first sequence of the subject with most conditions and views, or of the next subject where it has none.
    """
    firsts = sequences.drop_duplicates(["subject", "condition", "view"])
    most = firsts.groupby("subject")["view"].transform("size").sort_values(ascending=False, kind="stable")
    return firsts.loc[most.index].drop_duplicates(["condition", "view"])


def _in_order(config: Config, conditions: set[str]) -> list[str]:
    known = dict.fromkeys([*titled_names(config.protocol), *sorted(conditions, key=natural)])
    return [condition for condition in known if condition in conditions]


def _numbers(sheets: Sequence[Cells], cells: pd.DataFrame) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for (condition, view), (_, cell) in zip(cells.index, cells.iterrows(), strict=True):
        rows.append({"condition": condition, "view": view})
        if pd.notna(cell["subject"]):
            rows[-1] |= {"subject": cell["subject"], "sequence": cell["sequence"]}
        for sheet in sheets:
            if pd.notna(cell[sheet.name]):
                rows[-1] |= sheet.numbers(int(cell[sheet.name]))
    return pd.DataFrame(rows).astype({column: "Int64" for sheet in sheets for column in sheet.whole})


class _Grid(NamedTuple):
    """The positions of the cells, in inches."""

    columns: int
    blocks: int  # of rows, each with its own views
    rows: int  # of a block
    left: float
    width: float  # of a cell
    height: float
    row: float  # from one row to the next
    legends: float  # height of all legends

    @property
    def figure_height(self) -> float:
        return self.blocks * (TITLE + self.rows * self.row) + self.legends


def _grid(titles: list[str], views: int, sheets: Sequence[Cells]) -> _Grid:
    """The grid whose number of views in a row makes the cells of a page largest."""
    labels = max(TextPath((0, 0), title, size=8).get_extents().width for title in titles) / 72 + 0.1
    grids = [_grid_of(blocks, len(titles), views, labels, sheets) for blocks in range(1, views + 1)]
    return max(grids, key=lambda grid: (round(grid.width, 3), -grid.blocks))


def _grid_of(blocks: int, conditions: int, views: int, labels: float, sheets: Sequence[Cells]) -> _Grid:
    aspect, rows, legends = sheets[0].aspect, conditions * len(sheets), LEGEND * len(sheets)
    columns = ceil(views / blocks)
    tallest = (TALLEST - legends - blocks * TITLE) / (blocks * rows)
    width = min((PAGE - labels) / columns, LARGEST, min(LARGEST, max(tallest, LEAST_ROW)) * aspect)
    left = labels + (PAGE - labels - columns * width) / 2
    return _Grid(columns, blocks, rows, left, width, width / aspect, max(width / aspect, LEAST_ROW), legends)


def _figure(config: Config, sheets: Sequence[Cells], cells: pd.DataFrame, subject: str) -> Figure:
    conditions, views = cells.index.unique("condition"), cells.index.unique("view")
    titles = [condition_title(config, condition) for condition in conditions]
    grid = _grid(titles, len(views), sheets)
    figure = Figure((PAGE, grid.figure_height), layout=BY_HAND)
    line = min(0.8, max(0.25, 0.6 * grid.height))
    places = product(conditions, sheets, views)
    axes_of_cells = _cell_axes(figure, grid, titles, [sheet.name for sheet in sheets], list(views))
    for (condition, sheet, view), axes in zip(places, axes_of_cells, strict=True):
        cell = cells.loc[(condition, view)]
        sheet.draw_border(axes)
        if pd.isna(cell[sheet.name]):
            _write(axes, (0.5, 0.5), "none", ha="center", va="center")
            continue
        remark = sheet.draw(axes, int(cell[sheet.name]), line)
        if remark:
            _write(axes, (0.92, 0.08), remark, ha="right", va="bottom")
        if cell["subject"] != subject:
            _write(axes, (0.08, 0.92), cell["subject"], ha="left", va="top")
    for number, sheet in enumerate(reversed(sheets)):
        sheet.draw_legend(figure, number * LEGEND, line)
    return figure


def _cell_axes(figure: Figure, grid: _Grid, titles: list[str], kinds: list[str], views: list[str]) -> Iterator[Axes]:
    """The axes of each condition's views in turn, a row for each kind of cells, with titles of rows and columns."""
    width, height = figure.get_size_inches()
    for number, (title, kind) in enumerate(product(titles, kinds)):
        for place, view in enumerate(views):
            block, column = divmod(place, grid.columns)
            top = height - TITLE - block * (TITLE + grid.rows * grid.row) - number * grid.row
            left, centre = grid.left + column * grid.width, top - grid.row / 2
            if number == 0:
                x = left + grid.width / 2
                figure.text(x / width, (top + 0.02) / height, view_title(view), ha="center", va="bottom", size=SMALL)
            if column == 0 and kind == kinds[0]:
                middle = top - len(kinds) * grid.row / 2
                figure.text((left - 0.05) / width, middle / height, title, ha="right", va="center")
            bottom = centre - grid.height / 2
            yield figure.add_axes(
                (left / width, bottom / height, grid.width / width, grid.height / height),
                label=f"{title} {canonical(view)}" + f" {kind}" * (kind != kinds[0]),
            )


def _write(axes: Axes, place: tuple[float, float], text: str, **alignment: Any) -> None:
    ground = {"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.5}  # silhouettes are on black
    axes.text(*place, text, transform=axes.transAxes, size=SMALL, color="#444444", zorder=5, bbox=ground, **alignment)


def _caption(config: Config, sheets: Sequence[Cells], every: pd.DataFrame, numbers: pd.DataFrame, subject: str) -> str:
    empty = numbers["subject"].isna()
    others = int(((numbers["subject"] != subject) & ~empty).sum())
    counts = (
        f"{counted(len(every), 'sequence')} of {counted(every['subject'].nunique(), 'subject')}, "
        f"{counted(numbers['view'].nunique(), 'view')}, {counted(numbers['condition'].nunique(), 'condition')}"
    )
    exceptions = f"; {counted(others, 'cell')} with other subjects, whose names are in the cell" * bool(others)
    exceptions += f"; {counted(int(empty.sum()), 'cell')} without any sequence" * bool(empty.any())
    above = ["", *(sheet.name for sheet in sheets)]
    return (
        f"Frames of {config.data.dataset} as read ({counts}): the first sequence of subject {subject} from each view "
        f"(columns) in each condition (rows){exceptions}. "
    ) + " ".join(sheet.caption(name) for sheet, name in zip(sheets, above, strict=False))
