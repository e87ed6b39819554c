"""Write the accuracies by data set trained on and data set tested on: a table in every format, and a figure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.style

from gaitcore.artefacts.cross_cells import write_cross_cells
from gaitcore.artefacts.figure_files import write_caption, write_picture
from gaitcore.artefacts.run_record import read_runs
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.summary import read_summary
from gaitcore.files import write_text
from gaitcore.modalities.report import read_report
from gaitcore.percent import in_percent
from gaitcore.reporting.escaping import plain
from gaitcore.reporting.figures.cross import cross_figure
from gaitcore.reporting.figures.style import STYLE
from gaitcore.reporting.fonts import with_fonts
from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.sections import page_markdown
from gaitcore.reporting.tables.context import table_context
from gaitcore.reporting.tables.cross import CrossResults, cross_cells, cross_latex, cross_page, cross_table
from gaitcore.settings.experiment import Config

# The settings of each experiment that the table depends on.
SECTIONS = (
    "experiment compare systems network input training evaluation data.dataset data.modality data.pose_source protocol "
    "statistics.confidence statistics.overall tables"
)


@dataclass(frozen=True)
class ExperimentFiles:
    """The files of one experiment: summary.csv, the split and the report of its first modality, every run.json."""

    summary: Path
    split: Path
    report: Path
    runs: Sequence[Path]


def write_cross(experiments: Iterable[tuple[Config, ExperimentFiles]], path: Path) -> None:
    """Write cross.csv, .tex, .md, .html, .pdf, .png and .txt (the caption) beside ``path``.

    Args:
        experiments: the configuration and the files of each experiment, that in use first.
        path: one of the files to write.
    """
    results = [_tested_on(config, files) for config, files in experiments]
    level = in_percent(results[0].config.statistics.confidence)
    cells = cross_cells(results)
    table = cross_table(cells, results, level)
    write_cross_cells(cells, path.with_suffix(".csv"))
    write_text(path.with_suffix(".tex"), cross_latex(table))
    write_text(path.with_suffix(".md"), page_markdown(cross_page(table)))
    write_text(path.with_suffix(".html"), page_html(cross_page(table)))

    def draw() -> None:
        write_picture(cross_figure(cells), path)

    with matplotlib.style.context(STYLE):
        with_fonts(draw, path)
    framed = "A frame marks the data set that a system was trained on."
    write_caption(plain(f"{table.caption} {framed} {' '.join(table.notes)}"), path)


def _tested_on(config: Config, files: ExperimentFiles) -> CrossResults:
    context = table_context(config, [read_split(files.split)], read_runs(files.runs), read_report(files.report))
    return CrossResults(config, read_summary(files.summary), context)
