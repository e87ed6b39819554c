"""Write the report of an experiment."""

from collections.abc import Iterable
from pathlib import Path

from gaitcore.artefacts.run_record import read_runs
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.summary import read_summary
from gaitcore.files import write_text
from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.report import report_page
from gaitcore.reporting.pages.run_times import Jobs
from gaitcore.settings.experiment import Config


def write_report(
    config: Config,
    *,
    summary: Path,
    split: Path,
    runs: Iterable[Path],
    figures: Iterable[Path],
    timed: Iterable[Jobs],
    report: Path,
) -> None:
    """Write the report as one HTML file.

    Args:
        config: the experiment's configuration.
        summary: summary.csv.
        split: split.csv.
        runs: run.json of every run.
        figures: the PNG of every figure, in the report's order; its caption lies beside it as .txt.
        timed: the jobs whose times are shown.
        report: the file to write.
    """
    page = report_page(config, read_summary(summary), read_split(split), read_runs(runs), figures, timed, report.parent)
    write_text(report, page_html(page))
