"""Write Table 1, Table 2 and summary.md of an experiment, in every format."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gaitcore.artefacts.run_record import read_runs
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.summary import read_summary
from gaitcore.artefacts.table_cells import write_cells
from gaitcore.files import write_text
from gaitcore.modalities.report import read_report
from gaitcore.reporting.tables.context import table_context
from gaitcore.reporting.tables.html import table_html
from gaitcore.reporting.tables.latex import table_latex
from gaitcore.reporting.tables.layout import table_cells
from gaitcore.reporting.tables.markdown import table_markdown
from gaitcore.reporting.tables.summary import summary_markdown
from gaitcore.reporting.tables.tables import table1, table2
from gaitcore.settings.experiment import Config

# The settings that the tables depend on.
SECTIONS = (
    "experiment compare systems network input training evaluation data.dataset data.modality data.pose_source protocol "
    "statistics.confidence statistics.overall tables"
)
WRITERS = {"tex": table_latex, "md": table_markdown, "html": table_html}


def write_tables(
    config: Config, *, summary: Path, splits: Sequence[Path], poses_report: Path, runs: Iterable[Path], folder: Path
) -> None:
    """Write table1 and table2 as .tex, .csv, .md and .html, and summary.md, into ``folder``.

    Args:
        config: the experiment's configuration.
        summary: summary.csv.
        splits: the split of each modality, in the order of data.modality: split.csv, ...
        poses_report: poses_report.csv, or that of the first modality.
        runs: run.json of every run.
        folder: where the tables go.
    """
    statistics, facts = read_summary(summary), read_runs(runs)
    context = table_context(config, [*map(read_split, splits)], facts, read_report(poses_report))
    for name, table in (("table1", table1(statistics, context)), ("table2", table2(statistics, context))):
        for suffix, writer in WRITERS.items():
            write_text(folder / f"{name}.{suffix}", writer(table))
        write_cells(table_cells(table), folder / f"{name}.csv")
    write_text(folder / "summary.md", summary_markdown(statistics, context))
