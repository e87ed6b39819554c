"""Table 1, Table 2 and summary.md of an experiment, in every format, from the files its runs left."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gaitcore.artefacts.figure_files import read_caption
from gaitcore.artefacts.run_record import read_runs
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.summary import read_summary
from gaitcore.artefacts.table_cells import write_cells
from gaitcore.files import write_text
from gaitcore.reporting.pages.document import compile_pdf, document
from gaitcore.reporting.pages.html import table_html
from gaitcore.reporting.pages.summary import summary_markdown
from gaitcore.reporting.tables.context import context_of
from gaitcore.reporting.tables.latex import table_latex
from gaitcore.reporting.tables.layout import table_cells
from gaitcore.reporting.tables.markdown import table_markdown
from gaitcore.reporting.tables.tables import table1, table2
from gaitcore.settings.experiment import Config

WRITERS = {"tex": table_latex, "md": table_markdown, "html": table_html}


def write_tables(config: Config, *, summary: Path, split: Path, runs: Iterable[Path], folder: Path) -> None:
    """Write table1 and table2 as .tex, .csv, .md and .html, and summary.md, into ``folder``.

    Args:
        config: the experiment's configuration.
        summary: summary.csv.
        split: split.csv.
        runs: run.json of every run.
        folder: where the tables go.
    """
    statistics, facts = read_summary(summary), read_runs(runs)
    context = context_of(config, read_split(split), facts)
    for name, table in (("table1", table1(statistics, context)), ("table2", table2(statistics, context))):
        for suffix, writer in WRITERS.items():
            write_text(folder / f"{name}.{suffix}", writer(table))
        write_cells(table_cells(table), folder / f"{name}.csv")
    write_text(folder / "summary.md", summary_markdown(statistics, context))


def write_pdf(tables: Iterable[Path], figures: Sequence[Path], title: str, pdf: Path) -> None:
    """Compile LaTeX tables and PDF figures into one PDF; the document's source stays beside it as .tex.

    Args:
        tables: the .tex of each table.
        figures: the .pdf of each figure; its caption lies beside it as .txt.
        title: stands on every page.
        pdf: the file to write.

    Raises:
        GaitError: LaTeX is not installed, or reports an error.
    """
    source = pdf.with_suffix(".tex")
    texts = [path.read_text(encoding="utf-8") for path in tables]
    captions = {path.stem: read_caption(path) for path in figures}
    write_text(source, document(texts, captions, title))
    compile_pdf(source, pdf, figures)
