"""The content of a table, independent of LaTeX, Markdown and HTML: numbers and plain text."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from gaitcore.artefacts.summary import MEAN
from gaitcore.artefacts.table_cells import VALUES
from gaitcore.percent import in_percent
from gaitcore.reporting.tables.estimates import Estimate, at_chance, interval, percent, printed, with_spread

PUBLISHED_MARK = "†"
COLLAPSED_MARK = "‡"
UNTRAINED_MARK = "§"
IMPORTED_MARK = "¶"
INTERVAL_TITLE = "Interval"  # the column after the mean; the caption explains it


@dataclass(frozen=True)
class Row:
    """One method in one block. ``cells`` are by column; a published cell is a mean without spread or seeds."""

    block: str
    method: str
    modality: str
    published: bool
    cells: dict[str, Estimate]
    collapsed: int = 0  # runs
    untrained: int = 0  # runs
    best: frozenset[str] = frozenset()  # columns in which this row is the best of its block
    imported: bool = False  # whether its weights were trained elsewhere
    frames: str = ""  # silhouettes, or the estimator of the poses; of a measured row always that of the experiment

    @property
    def mark(self) -> str:
        return PUBLISHED_MARK * self.published + run_marks(self.collapsed, self.untrained, self.imported)

    @property
    def doubtful(self) -> bool:
        """Whether a run has collapsed or had nothing to learn."""
        return bool(self.collapsed or self.untrained)


@dataclass(frozen=True)
class Table:
    """Rows in printing order under named columns; ``corner`` and ``spanner`` are the header above them."""

    name: str
    title: str  # of its page or section: "Table 1: per probe view"
    label: str
    caption: str
    corner: tuple[str, str]  # above the row labels, on the first and the second header line
    spanner: str  # above all columns but the mean
    block_title: str
    key: str  # the kind of the columns: "view", "condition" or "metric"
    columns: dict[str, str]  # cell key -> title; the last one is the mean, if there is one
    spread_in: frozenset[str]  # columns wide enough for the spread over seeds
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def cell_text(self, row: Row, column: str) -> str:
        """94.9 ± 0.3, 94.9, or a dash where there is no number."""
        if column not in row.cells:
            return "–"
        cell = row.cells[column]
        return with_spread(cell) if column in self.spread_in else percent(cell.mean)

    @property
    def interval_of(self) -> str:
        """The column whose interval is printed: the mean, or the first one."""
        return MEAN if MEAN in self.columns else next(iter(self.columns))

    @property
    def interval_title(self) -> str:
        """The title of the column of intervals."""
        return INTERVAL_TITLE if MEAN in self.columns else f"{INTERVAL_TITLE} of {self.columns[self.interval_of]}"

    @property
    def spanned(self) -> int:
        """The number of columns under the spanner."""
        return len(self.columns) - (MEAN in self.columns)

    def interval_text(self, row: Row) -> str:
        """[93.8, 95.9] of the row's mean; empty for a published row."""
        return interval(row.cells[self.interval_of]) if self.interval_of in row.cells else ""


def run_marks(collapsed: int, untrained: int, imported: bool) -> str:
    """The marks of a row with so many collapsed and untrained runs, and of one whose weights were trained elsewhere."""
    return COLLAPSED_MARK * (collapsed > 0) + UNTRAINED_MARK * (untrained > 0) + IMPORTED_MARK * imported


def mark_best(rows: Iterable[Row], chance: float) -> tuple[Row, ...]:
    """Mark the best of each block and column, as printed (so ties are all marked).

    Rows with poses of different estimators are not compared. A row with a collapsed or untrained run is never marked.
    Without a second row there is no mark, nor where the
    interval of the best row includes ``chance``.
    """
    rows = list(rows)
    return tuple(
        replace(row, best=frozenset(column for column in row.cells if _is_best(row, column, rows, chance)))
        for row in rows
    )


def _is_best(row: Row, column: str, rows: list[Row], chance: float) -> bool:
    place = (row.block, row.frames)
    rivals = [other for other in rows if (other.block, other.frames) == place and column in other.cells]
    if row.doubtful or len(rivals) < 2 or at_chance(row.cells[column], chance):
        return False
    own = printed(row.cells[column].mean)
    return all(printed(rival.cells[column].mean) <= own for rival in rivals if not rival.doubtful)


def table_cells(table: Table) -> pd.DataFrame:
    """The numbers, one row per method and column; accuracies in percent, not rounded to one decimal."""
    lines = [
        {
            "block": row.block,
            "method": row.method,
            "modality": row.modality,
            "source": "published" if row.published else "measured",
            table.key: column,
            **_percentages(row.cells[column], VALUES[table.key]),
            "n_seeds": row.cells[column].n_seeds or "",
            "collapsed_seeds": row.collapsed,
            "untrained_seeds": row.untrained,
            "best": column in row.best,
        }
        for row in table.rows
        for column in table.columns
        if column in row.cells
    ]
    return pd.DataFrame(lines)


def _percentages(cell: Estimate, value: str) -> dict[str, float]:
    spread = {"std": cell.std, "ci_low": cell.ci_low, "ci_high": cell.ci_high}
    numbers = {value: cell.mean, **{f"{name}_percent": number for name, number in spread.items()}}
    return {name: round(in_percent(number), 4) for name, number in numbers.items()}
