"""The report: results, both tables, every figure, run times and the whole configuration on one page."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
import yaml

from gaitcore.artefacts.figure_files import read_caption, read_png
from gaitcore.artefacts.run_record import RunRecord
from gaitcore.reporting.pages.comparison import COMPARISON_TITLE, VERDICT_NOTE, comparison_grid, conclusion
from gaitcore.reporting.pages.run_times import Jobs, jobs_grid, training_parts
from gaitcore.reporting.pages.sections import Bullets, Code, Contents, Files, Page, Part, Picture, Section
from gaitcore.reporting.tables import notes
from gaitcore.reporting.tables.context import TableContext
from gaitcore.reporting.tables.estimates import estimates, measured_systems, overall, with_spread
from gaitcore.reporting.tables.tables import table1, table2
from gaitcore.settings.experiment import Config


def report_page(
    config: Config,
    summary: pd.DataFrame,
    context: TableContext,
    runs: Sequence[RunRecord],
    figures: Iterable[Path],
    timed: Iterable[Jobs],
    verified: int,
    folder: Path,
) -> Page:
    """The report of an experiment.

    Args:
        config: the experiment's configuration.
        summary: summary.csv.
        context: the facts that the tables print beside their numbers.
        runs: the content of each run.json.
        figures: the PNG of every figure, in the report's order; its caption lies beside it as .txt.
        timed: the jobs whose times are shown.
        verified: the number of files behind the page that were compared with the receipts of the jobs that made them.
        folder: the folder of the report, from which its links lead.
    """
    sections = (
        *_tables(summary, context),
        *_comparison(summary, context),
        Section("Figures", tuple(_pictures(figures, folder))),
        _run_times(context, runs, timed),
        Section("Configuration", (_configuration(config),)),
    )
    return Page(
        title=f"Report: {context.experiment} on {context.dataset}",
        lead=(
            *_lead(summary, context, _verdict(verified, folder)),
            Contents(tuple(section.title for section in sections)),
        ),
        sections=sections,
    )


def _lead(summary: pd.DataFrame, context: TableContext, verdict: str) -> tuple[Part, ...]:
    rank1 = estimates(summary, "rank1")
    means = (
        f"{context.system_title(system)} {with_spread(rank1[overall(system)])}" for system in measured_systems(summary)
    )
    return (
        f"Mean rank-1 accuracy over conditions (%): {', '.join(means)}. {notes.chance_note(summary, context)}",
        verdict,
        conclusion(summary, context),
        notes.protocol_sentence(summary, context),
        Files(
            "Differences from the paper, excluded sequences, data, code and machine, and the reproducibility checklist",
            ("reproduction.html",),
        ),
    )


def _verdict(verified: int, folder: Path) -> str:
    return (
        f"The {verified} files behind this page are as the jobs that made them left them; this was checked when the "
        f"page was written. To check every file of the folder: gaitcore check-manifest {folder.as_posix()}"
    )


def _tables(summary: pd.DataFrame, context: TableContext) -> list[Section]:
    tables = (table1(summary, context), table2(summary, context))
    return [Section(table.title, (table, _table_files(f"tables/{table.name}"))) for table in tables]


def _table_files(path: str) -> Files:
    return Files("Files", tuple(f"{path}.{suffix}" for suffix in ("tex", "csv", "md", "html")))


def _comparison(summary: pd.DataFrame, context: TableContext) -> list[Section]:
    if not context.show_published:
        return []
    return [Section(COMPARISON_TITLE, (comparison_grid(summary, context), Bullets((VERDICT_NOTE,))))]


def _pictures(figures: Iterable[Path], folder: Path) -> Iterable[Picture]:
    for number, path in enumerate(figures, 1):
        caption = read_caption(path)
        first_sentence = re.split(r"(?<=\.)\s+(?=[A-Z])", caption)[0]
        files = tuple(path.with_suffix(suffix).relative_to(folder).as_posix() for suffix in (".pdf", ".csv"))
        png, inches = read_png(path)
        yield Picture(
            name=f"Figure {number}",
            png=png,
            inches=inches,
            alt=f"{path.stem}: {first_sentence}",
            caption=caption,
            files=Files("For print, and the numbers", files),
        )


def _run_times(context: TableContext, runs: Sequence[RunRecord], timed: Iterable[Jobs]) -> Section:
    return Section(
        "Run times",
        (
            *training_parts(context, runs),
            "Wall time of each job as measured by Snakemake, including Python start-up. For a resumed training run "
            "only the last session is counted. –: no benchmark file, e.g. because the results were copied from another "
            "machine.",
            jobs_grid(context, timed),
        ),
    )


def _configuration(config: Config) -> Code:
    values = config.model_dump(mode="json")
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)
    return Code("The configuration merged from config.yaml, the experiment's overlay and the command line", text)
