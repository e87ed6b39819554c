"""Write all tables and figures of an experiment as one PDF."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gaitcore.artefacts.figure_files import pdf_size, read_caption
from gaitcore.files import write_text
from gaitcore.reporting.pages.document import Printed, compile_pdf, document


def write_document(tables: Iterable[Path], figures: Sequence[Path], title: str, pdf: Path) -> None:
    """Compile LaTeX tables and PDF figures into one PDF; the source of the document is kept beside it as .tex.

    Args:
        tables: the .tex of each table.
        figures: the .pdf of each figure; its caption lies beside it as .txt.
        title: printed on every page.
        pdf: the file to write.

    Raises:
        GaitError: LaTeX is not installed, or reports an error.
    """
    source = pdf.with_suffix(".tex")
    texts = [path.read_text(encoding="utf-8") for path in tables]
    printed = [Printed(path.stem, read_caption(path), *pdf_size(path)) for path in figures]
    write_text(source, document(texts, printed, title))
    compile_pdf(source, pdf, figures)
