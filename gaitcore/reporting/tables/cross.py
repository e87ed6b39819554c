"""Accuracies by the data set trained on and the data set tested on, from the results of several experiments.

Each number is one of an experiment's own tables: of a system that is trained there, or of one that has the weights of
another experiment's runs. Nothing is computed anew.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from gaitcore.artefacts.cross_cells import COLUMNS
from gaitcore.artefacts.summary import MEAN
from gaitcore.merging import lineage_of
from gaitcore.percent import as_fraction, in_percent
from gaitcore.reporting.escaping import latex
from gaitcore.reporting.pages.sections import Bullets, Grid, Page
from gaitcore.reporting.tables import notes
from gaitcore.reporting.tables.context import TableContext
from gaitcore.reporting.tables.estimates import Estimate, estimates, interval, measured_systems, percent, with_spread
from gaitcore.reporting.tables.latex import wide_table
from gaitcore.reporting.tables.layout import COLLAPSED_MARK
from gaitcore.settings.experiment import Config
from gaitcore.systems import system_settings

UNTRAINED = "not trained"


@dataclass(frozen=True, eq=False)
class CrossResults:
    """The results of one experiment: its configuration, summary.csv, and the facts that its tables print."""

    config: Config
    summary: pd.DataFrame
    context: TableContext


@dataclass(frozen=True)
class _Training:
    """Where weights come from: the system that was trained, and the experiment, the file, or nothing."""

    system: str
    place: str


def cross_cells(results: Sequence[CrossResults]) -> pd.DataFrame:
    """The rows of cross.csv: by system, training and test set, for each condition and their mean."""
    rows = [row for result in results for row in _rows(result, results)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    systems = list(dict.fromkeys(frame["system"]))
    places = [*(result.config.experiment for result in results)]
    rank = {place: number for number, place in enumerate(places)}
    order = pd.DataFrame(
        {
            "system": frame["system"].map(systems.index),
            "place": [rank.get(place, len(rank) + (place == "")) for place in frame["trained_on"]],
            "tested": frame["tested_on"].map(rank),
        }
    )
    return frame.loc[order.sort_values(["system", "place", "tested"], kind="stable").index].reset_index(drop=True)


def _rows(result: CrossResults, results: Sequence[CrossResults]) -> Iterator[dict[str, object]]:
    rank1 = estimates(result.summary, "rank1")
    for name in measured_systems(result.summary):
        training = _training(result.config, name)
        for condition in (*result.context.condition_titles, MEAN):
            estimate = rank1.get((name, condition, MEAN))
            if estimate:
                yield {
                    "system": training.system,
                    "title": _title(training, result, results),
                    "trained_on": training.place,
                    "trained_on_title": _place_title(training.place, results),
                    "tested_on": result.config.experiment,
                    "tested_on_title": result.context.dataset,
                    "tested_system": name,
                    "condition": condition,
                    **_percentages(estimate),
                    "n_seeds": estimate.n_seeds,
                    "n_subjects": estimate.n_subjects,
                    "chance_percent": round(in_percent(result.context.chance), 4),
                }


def _percentages(cell: Estimate) -> dict[str, float]:
    numbers = {"rank1": cell.mean, "std": cell.std, "ci_low": cell.ci_low, "ci_high": cell.ci_high}
    return {f"{name}_percent": round(in_percent(number), 4) for name, number in numbers.items()}


def _training(config: Config, name: str) -> _Training:
    system, lineage = system_settings(config, name), lineage_of(name, config.systems)
    like = lineage[-2] if len(lineage) > 1 else name
    if system.weights is None:
        return _Training(name, config.experiment) if system.training.epochs else _Training(like, "")
    if system.weights.experiment:
        return _Training(str(system.weights.system), system.weights.experiment)
    return _Training(like, str(system.weights.path))


def _title(training: _Training, result: CrossResults, results: Sequence[CrossResults]) -> str:
    """The title of the trained system, in the experiment that trained it where that is one of them."""
    own = [one for one in results if one.config.experiment == training.place]
    for one in (*own, result):
        try:
            return system_settings(one.config, training.system).title
        except ValueError:
            continue
    return training.system


def _place_title(place: str, results: Sequence[CrossResults]) -> str:
    titles = {result.config.experiment: result.context.dataset for result in results}
    return titles.get(place, place) or UNTRAINED


def cross_caption(results: Sequence[CrossResults], level: float) -> str:
    """What the matrix shows."""
    return (
        "Rank-1 accuracy (%) by the data set trained on (rows) and the data set tested on (columns), the mean over the "
        f"conditions and probe views of each: mean ± standard deviation over seeds, in brackets the {level:g}% "
        "bootstrap interval over subjects and seeds."
    )


def cross_notes(results: Sequence[CrossResults]) -> list[str]:
    """The protocol and chance of each data set, what differs from training, and collapsed trainings."""
    sentences = []
    for result in results:
        context = result.context
        sentences.append(
            f"{context.dataset} ({context.experiment}): {notes.protocol_sentence(result.summary, context)} Chance is "
            f"{percent(context.chance)}%."
        )
        different: dict[str, list[str]] = {}
        for system, run in context.elsewhere.items():
            if run.imported and run.origin and run.origin.notes:
                different.setdefault(" ".join(run.origin.notes), []).append(context.system_title(system))
        for text, titles in different.items():
            sentences.append(f"{', and '.join(titles)}, tested on {context.dataset}: {text}")
        for system in context.system_titles:
            if (seeds := context.collapsed_seeds(system)) and not context.imported(system):
                sentences.append(
                    f"{COLLAPSED_MARK} {context.system_title(system)} trained on {context.dataset}: "
                    f"{len(seeds)} of the runs collapsed to nearly one point (seed {', '.join(map(str, seeds))})."
                )
    return sentences


@dataclass(frozen=True)
class CrossTable:
    """The matrix as texts: a header, and rows of system, training set and one cell for each test set."""

    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    caption: str
    notes: tuple[str, ...]
    label: str


def cross_table(cells: pd.DataFrame, results: Sequence[CrossResults], level: float) -> CrossTable:
    """The matrix of the means over conditions."""
    means = cells[cells["condition"] == MEAN]
    tested = [result.config.experiment for result in results]
    collapsed = {
        (system, result.config.experiment)
        for result in results
        for system in result.context.system_titles
        if result.context.collapsed_seeds(system) and not result.context.imported(system)
    }
    lines: list[tuple[str, ...]] = []
    for (system, place), rows in means.groupby(["system", "trained_on"], sort=False):
        by_test = {row["tested_on"]: row for _, row in rows.iterrows()}
        first = rows.iloc[0]
        mark = COLLAPSED_MARK * ((system, place) in collapsed)
        texts = (_cell_text(by_test[name]) if name in by_test else "–" for name in tested)
        lines.append((first["title"], first["trained_on_title"] + mark, *texts))
    header = ("System", "Trained on", *(result.context.dataset for result in results))
    label = f"tab:{results[0].config.experiment}-cross"
    return CrossTable(header, tuple(lines), cross_caption(results, level), tuple(cross_notes(results)), label)


def _cell_text(row: pd.Series) -> str:
    mean, std, low, high = (
        float(as_fraction(row[f"{name}_percent"])) for name in ("rank1", "std", "ci_low", "ci_high")
    )
    estimate = Estimate(mean, std, low, high, int(row["n_seeds"]), int(row["n_subjects"]), math.nan, math.nan)
    return f"{with_spread(estimate)} {interval(estimate)}".strip()


def cross_page(table: CrossTable) -> Page:
    """The table as a page, for Markdown and HTML."""
    parts = (table.caption, Grid(table.header, table.lines, numbers=True), Bullets(table.notes))
    return Page("Trained on one data set, tested on another", lead=parts, sections=())


def cross_latex(table: CrossTable) -> str:
    r"""The table as a LaTeX float, to be read with ``\input``."""
    rows = [" & ".join(map(latex, line)) + r" \\" for line in table.lines]
    starts = [number for number, line in enumerate(table.lines) if number and line[0] != table.lines[number - 1][0]]
    for number in reversed(starts):
        rows.insert(number, r"\midrule")
    return wide_table(table.caption, table.label, f"ll{'c' * (len(table.header) - 2)}", table.header, rows, table.notes)
