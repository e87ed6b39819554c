"""Write the reproduction report of an experiment."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gaitcore.artefacts.run_record import read_runs
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.summary import read_summary
from gaitcore.files import write_text
from gaitcore.modalities.report import read_report
from gaitcore.reporting.pages.evidence import Evidence
from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.reproduction import reproduction_page
from gaitcore.reporting.pages.sections import page_markdown
from gaitcore.reporting.tables.context import table_context
from gaitcore.settings.experiment import Config

# The settings that the page depends on.
SECTIONS = (
    "experiment compare systems seeds network input training evaluation data protocol statistics.confidence "
    "statistics.overall tables"
)


def write_reproduction(
    config: Config,
    paper: Config,
    *,
    summary: Path,
    splits: Sequence[Path],
    poses_report: Path,
    runs: Iterable[Path],
    markdown: Path,
    html: Path,
) -> None:
    """Write the reproduction report, as Markdown and as an HTML file.

    Args:
        config: the experiment's configuration.
        paper: config.yaml without an overlay.
        summary: summary.csv.
        splits: the split of each modality, in the order of data.modality: split.csv, ...
        poses_report: poses_report.csv.
        runs: run.json of every run.
        markdown, html: the files to write.
    """
    facts, report = read_runs(runs), read_report(poses_report)
    evidence = Evidence(
        config=config,
        paper=paper,
        context=table_context(config, [*map(read_split, splits)], facts, report),
        summary=read_summary(summary),
        poses_report=report,
        runs=facts,
    )
    page = reproduction_page(evidence)
    write_text(markdown, page_markdown(page))
    write_text(html, page_html(page))
