"""All tries of a sweep, also those that failed, by their accuracy on the validation subjects."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gaitcore.artefacts.run_record import RunRecord
from gaitcore.artefacts.summary import MEAN
from gaitcore.artefacts.sweep_tries import COLUMNS, CONDITION, as_text, in_yaml
from gaitcore.evaluation.selection import Choice, TryAccuracy, accuracies_of, choose
from gaitcore.keys import some_of
from gaitcore.percent import in_percent
from gaitcore.protocols.roles import TRAIN, VALIDATED, VALIDATION_BOTH, VALIDATION_GALLERY, VALIDATION_PROBE
from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.escaping import latex
from gaitcore.reporting.pages.sections import Bullets, Code, Grid, Page
from gaitcore.reporting.tables.context import condition_title
from gaitcore.reporting.tables.estimates import percent, percent_text
from gaitcore.reporting.tables.latex import wide_table
from gaitcore.reporting.tables.layout import COLLAPSED_MARK
from gaitcore.settings.experiment import Config
from gaitcore.settings.sweep import Range, Sweep
from gaitcore.sweeps import Try, sections, sweep_seeds, tries_of
from gaitcore.systems import Run, system_settings

FAILED = "failed"
_DASH = "–"


@dataclass(frozen=True)
class TriedRuns:
    """A try, the record of each of its runs, and its accuracy; None where no run has one."""

    tried: Try
    runs: tuple[RunRecord, ...]
    accuracy: TryAccuracy | None

    @property
    def failed(self) -> int:
        """Runs without an accuracy, because the loss or the embeddings were not finite."""
        return len(self.runs) - (self.accuracy.seeds if self.accuracy else 0)

    @property
    def collapsed(self) -> int:
        """Runs whose embeddings are practically one point."""
        return sum(run.collapsed for run in self.runs)

    @property
    def mean(self) -> float:
        """The mean rank-1 over conditions and seeds, a fraction; NaN without one."""
        return self.accuracy.means[MEAN] if self.accuracy else math.nan


@dataclass(frozen=True)
class SweepResults:
    """All tries, the best first and those without an accuracy last, and the choice among those without a fault.

    ``people`` are the validation subjects; ``counts`` the subjects who trained, probes and gallery sequences.
    """

    config: Config
    tries: tuple[TriedRuns, ...]
    choice: Choice | None
    people: tuple[str, ...]
    counts: tuple[int, int, int]

    @property
    def sweep(self) -> Sweep:
        """That section of the configuration."""
        assert self.config.sweep is not None
        return self.config.sweep

    @property
    def conditions(self) -> dict[str, str]:
        """Condition, or "mean" -> its title."""
        names = compared_names(self.config.protocol)
        return {**{name: condition_title(self.config, name) for name in names}, MEAN: "Mean"}

    @property
    def best(self) -> TriedRuns | None:
        """The best try."""
        return next((one for one in self.tries if self.choice and one.tried.name == self.choice.best), None)


def sweep_results(
    config: Config, runs: Sequence[RunRecord], subjects: Mapping[Run, pd.DataFrame], split: pd.DataFrame
) -> SweepResults:
    """Put the results of a sweep together.

    Args:
        config: the configuration, with a sweep.
        runs: run.json of each run.
        subjects: (try, seed) -> its subjects.csv.
        split: split.csv of the modality of the system.
    """
    assert config.sweep is not None
    tables = [table.assign(system=name, seed=seed) for (name, seed), table in subjects.items() if len(table)]
    by_subject = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["system"])
    accuracy = accuracies_of(by_subject)
    tried = [
        TriedRuns(one, tuple(run for run in runs if run.system == one.name), accuracy.get(one.name))
        for one in tries_of(config.sweep)
    ]
    tried.sort(key=lambda one: -one.mean if one.accuracy else math.inf)
    sound = [one.tried.name for one in tried if not (one.failed or one.collapsed)]
    of_sound = by_subject[by_subject["system"].isin(sound)] if sound else by_subject.iloc[:0]
    statistics = config.statistics
    validation = split[split["role"].isin(VALIDATED)]
    roles = validation["role"]
    counts = (
        split.loc[split["role"] == TRAIN, "subject"].nunique(),
        int(roles.isin((VALIDATION_PROBE, VALIDATION_BOTH)).sum()),
        int(roles.isin((VALIDATION_GALLERY, VALIDATION_BOTH)).sum()),
    )
    choice = choose(of_sound, resamples=statistics.resamples, seed=statistics.seed)
    return SweepResults(config, tuple(tried), choice, tuple(validation["subject"].unique()), counts)


def sweep_cells(results: SweepResults) -> pd.DataFrame:
    """The rows of sweep.csv."""
    return pd.DataFrame([_row(one, results) for one in results.tries])


def _row(one: TriedRuns, results: SweepResults) -> dict[str, Any]:
    choice, means = results.choice, one.accuracy.means if one.accuracy else {}
    chosen = choice.chosen.get(one.tried.name, math.nan) if choice else math.nan
    std = one.accuracy.std if one.accuracy else math.nan
    cells = (
        one.tried.name,
        bool(choice and one.tried.name == choice.best),
        *(round(in_percent(fraction), 4) for fraction in (one.mean, std, chosen)),
        len(one.runs),
        one.collapsed,
        one.failed,
        _mean(run.final_loss for run in one.runs),
        _mean(run.spread for run in one.runs),
        round(_mean(run.wall_seconds for run in one.runs), 2),
    )
    return {
        **dict(zip(COLUMNS, cells, strict=True)),
        **{key: as_text(value) for key, value in one.tried.settings.items()},
        **{
            f"{CONDITION}{name}": round(in_percent(means.get(name, math.nan)), 4)
            for name in results.conditions
            if name != MEAN
        },
    }


def _mean(values: Iterator[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else math.nan


@dataclass(frozen=True)
class SweepTable:
    """The tries as texts: a header and a line for each, notes below it, and the best settings as an overlay."""

    header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    caption: str
    notes: tuple[str, ...]
    overlay: str
    label: str


def sweep_table(results: SweepResults) -> SweepTable:
    """The table of all tries."""
    settings = tuple(results.sweep.settings)
    header = ("", *settings, *results.conditions.values(), "Chosen (%)", "Loss", "Spread", "Time (s)", "Try")
    lines = tuple(_line(place, one, results) for place, one in enumerate(results.tries, 1))
    label = f"tab:{results.config.experiment}-sweep"
    return SweepTable(header, lines, sweep_caption(results), tuple(sweep_notes(results)), _overlay(results), label)


def _line(place: int, one: TriedRuns, results: SweepResults) -> tuple[str, ...]:
    row = _row(one, results)
    means = one.accuracy.means if one.accuracy else {}
    texts = [percent(means.get(name, math.nan)) for name in results.conditions]
    if one.accuracy and not math.isnan(one.accuracy.std):
        texts[-1] += f" ± {percent(one.accuracy.std)}"
    if one.failed:
        texts[-1] = FAILED if not one.accuracy else f"{texts[-1]} ({one.failed} {FAILED})"
    texts[-1] += COLLAPSED_MARK * bool(one.collapsed)
    return (
        str(place),
        *(as_text(value) for value in one.tried.settings.values()),
        *texts,
        percent_text(row["chosen_percent"]),
        *(_DASH if math.isnan(row[name]) else f"{row[name]:.3g}" for name in ("final_loss", "spread")),
        f"{row['training_seconds']:.1f}",
        one.tried.name,
    )


def sweep_caption(results: SweepResults) -> str:
    """What the table shows."""
    sweep, title = results.sweep, system_settings(results.config, results.sweep.system).title
    seeds = len(sweep_seeds(results.config, sweep))
    spread = ", ± standard deviation over seeds" if seeds > 1 else ""
    return (
        f"Rank-1 accuracy (%) of {title} on {len(results.people)} validation subjects of "
        f"{results.config.data.dataset}: all {len(results.tries)} tries, {seeds} seed{'s' * (seeds > 1)} each, the "
        f"best first{spread}. Loss: of the last epoch. Spread: of the last embeddings. Time: of a training."
    )


def sweep_notes(results: SweepResults) -> Iterator[str]:
    """What was tried, on whom it was measured, and how far the best try can be trusted."""
    yield _search(results)
    trained, probes, gallery = results.counts
    yield (
        f"The validation subjects ({some_of(results.people)}) are held out of the training subjects, of whom {trained} "
        f"trained the networks; {probes} probes are compared with {gallery} gallery sequences. No sequence of a test "
        "subject was used."
    )
    yield from _trust(results)
    if system_settings(results.config, results.sweep.system).training.select == "best_validation":
        yield "The epoch of each run was chosen on the same subjects, which makes every accuracy optimistic."
    if collapsed := sum(one.collapsed for one in results.tries):
        yield (
            f"{COLLAPSED_MARK} {collapsed} of the runs collapsed to nearly one point; a try with such a run is not "
            "chosen."
        )
    for one in results.tries:
        reasons = [run.failure or "its embeddings are not finite." for run in one.runs if run.failure]
        if one.failed:
            reason = reasons[0] if reasons else "its embeddings are not finite."
            yield f"{one.tried.name}: {one.failed} of {len(one.runs)} runs failed and the try is not chosen: {reason}"


def _search(results: SweepResults) -> str:
    sweep = results.sweep
    if sweep.search == "grid":
        return f"The tries are all combinations of the values of {some_of(sweep.settings)}."
    drawn = "; ".join(f"{key} {_distribution(values)}" for key, values in sweep.settings.items())
    return f"The tries were drawn at random, independently, with seed {sweep.seed}: {drawn}."


def _distribution(values: Any) -> str:
    if not isinstance(values, Range):
        return f"uniform among {some_of(map(as_text, values))}"
    whole = "whole numbers, " * (isinstance(values.low, int) and isinstance(values.high, int))
    scale = "uniform in the logarithm" if values.scale == "log" else "uniform"
    return f"{whole}{scale} from {values.low} to {values.high}"


def _trust(results: SweepResults) -> Iterator[str]:
    choice = results.choice
    if choice is None:
        yield "No try ended without a failure or a collapse, so none is the best."
        return
    if not math.isnan(choice.corrected):
        lead = percent(choice.accuracy - choice.corrected)
        yield (
            f"The best of many tries is optimistic on the subjects who chose it. Corrected, its "
            f"{percent(choice.accuracy)}% become {percent(choice.corrected)}% ({lead} points less): the mean over "
            f"{results.config.statistics.resamples:,} resamples of the {choice.subjects} validation subjects in which "
            "the best try on those who were drawn is measured on the others (bootstrap bias correction, Tsamardinos et "
            "al., Machine Learning 107, 2018). Chosen: how often a try was the best one there; the first is so in "
            f"{percent(choice.chosen[choice.best])}%."
        )
    if math.isnan(choice.lead_by_chance):
        yield (
            "With one seed for each try it is not known how much of a difference is the randomness of training; "
            "sweep.seeds can name more."
        )
    else:
        yield (
            f"By the randomness of training alone, the best of {choice.tries} equally good tries would be about "
            f"{percent(choice.lead_by_chance)} points above their mean (expected largest of as many normal numbers, "
            "Tippett, Biometrika 17, 1925, times the standard error over seeds)."
        )


def _overlay(results: SweepResults) -> str:
    """The best settings as lines of an overlay."""
    if results.best is None:
        return ""
    return "\n".join(_yaml({"systems": {results.sweep.system: sections(results.best.tried.settings)}}))


def _yaml(settings: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield f"{'  ' * depth}{key}:"
            yield from _yaml(value, depth + 1)
        else:
            yield f"{'  ' * depth}{key}: {in_yaml(value)}"


_NEXT = (
    "The settings of the best try, for an overlay. Nothing uses them by itself: test them once, as a system of an "
    "experiment, and do not come back to choose again by what the test says."
)


def sweep_page(table: SweepTable) -> Page:
    """The table as a page, for Markdown and HTML."""
    best = (_NEXT, Code("settings of the best try", table.overlay)) if table.overlay else ()
    parts = (table.caption, Grid(table.header, table.lines, numbers=True), Bullets(table.notes), *best)
    return Page("All tries of the sweep", lead=parts, sections=())


def sweep_latex(table: SweepTable) -> str:
    r"""The table as a LaTeX float, to be read with ``\input``; without the names of the folders."""
    rows = [" & ".join(map(latex, line[:-1])) + r" \\" for line in table.lines]
    return wide_table(table.caption, table.label, "r" * (len(table.header) - 1), table.header[:-1], rows, table.notes)
