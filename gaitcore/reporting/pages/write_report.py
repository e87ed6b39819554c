"""Write the report of an experiment."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gaitcore.artefacts.run_record import read_runs
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.summary import read_summary
from gaitcore.files import write_text
from gaitcore.modalities.report import read_report
from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.report import report_page
from gaitcore.reporting.pages.run_times import Jobs
from gaitcore.reporting.tables.context import table_context
from gaitcore.settings.experiment import Config


def write_report(
    config: Config,
    *,
    summary: Path,
    splits: Sequence[Path],
    poses_report: Path,
    runs: Iterable[Path],
    figures: Iterable[Path],
    timed: Iterable[Jobs],
    verified: int,
    report: Path,
) -> None:
    """Write the report as one HTML file.

    Args:
        config: the experiment's configuration.
        summary: summary.csv.
        splits: the split of each modality, in the order of data.modality: split.csv, ...
        poses_report: poses_report.csv, or that of the first modality.
        runs: run.json of every run.
        figures: the PNG of every figure, in the report's order; its caption lies beside it as .txt.
        timed: the jobs whose times are shown.
        verified: the number of files behind the page that were compared with the receipts of the jobs that made them.
        report: the file to write.
    """
    facts = read_runs(runs)
    context = table_context(config, [*map(read_split, splits)], facts, read_report(poses_report))
    page = report_page(config, read_summary(summary), context, facts, figures, timed, verified, report.parent)
    write_text(report, page_html(page))
