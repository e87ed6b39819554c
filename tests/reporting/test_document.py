"""The PDF of the tables, compiled for real."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gaitcore.errors import GaitError
from gaitcore.reporting.document import compile_pdf, tables_document
from gaitcore.reporting.latex import table_latex
from gaitcore.reporting.tables import table1, table2

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@pytest.fixture
def document(casia_b, tmp_path) -> Path:
    path = tmp_path / "tables.tex"
    tables = [table_latex(table1(*casia_b)), table_latex(table2(*casia_b))]
    path.write_text(tables_document(tables, "Experiment two_views"), encoding="utf-8")
    return path


@pytest.mark.latex
@needs_latex
def test_both_tables_are_in_the_pdf_and_compiling_again_gives_the_same_bytes(document, tmp_path):
    pdfs = [tmp_path / "one" / "tables.pdf", tmp_path / "two" / "other.pdf"]
    for pdf in pdfs:
        pdf.parent.mkdir()
        compile_pdf(document, pdf)
        assert [path.name for path in pdf.parent.iterdir()] == [pdf.name]
    assert pdfs[0].read_bytes() == pdfs[1].read_bytes()
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed, so the PDF's text was not read")
    text = subprocess.run(["pdftotext", "-layout", pdfs[0], "-"], capture_output=True, text=True, check=True).stdout
    for expected in ("Table 1:", "Table 2:", "Experiment two_views", "Gallery NM#1-4", "Appearance based"):
        assert expected in text
    assert "Rank-1 accuracy (%) on CASIA-B per probe view." in text
    assert "Rank-1 accuracy (%) on CASIA-B per condition." in text


@pytest.mark.latex
@needs_latex
def test_the_tables_fit_the_page(document, tmp_path):
    compile_pdf(document, tmp_path / "tables.pdf")
    source = document.read_text(encoding="utf-8")
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "t.tex").write_text(source, encoding="utf-8")
    log = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "t.tex"], cwd=tmp_path / "again", capture_output=True, check=True
    ).stdout
    assert b"Overfull" not in log
    assert b"Float too large" not in log


@pytest.mark.latex
@needs_latex
def test_a_latex_failure_shows_the_first_error_and_leaves_no_pdf(tmp_path):
    tex, pdf = tmp_path / "broken.tex", tmp_path / "broken.pdf"
    tex.write_text("\\documentclass{article}\n\\begin{document}\nx \\nosuchcommand\n\\end{document}\n")
    with pytest.raises(GaitError) as error:
        compile_pdf(tex, pdf)
    assert str(error.value) == f"{tex}: LaTeX stopped at line 3: Undefined control sequence."
    assert not pdf.exists()


def test_without_latex_one_sentence_says_what_to_install(document, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GaitError) as error:
        compile_pdf(document, tmp_path / "tables.pdf")
    assert str(error.value) == (
        "pdflatex was not found, so the tables cannot be made into a PDF; install TeX Live (Debian: apt-get install "
        "texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended lmodern). "
        "The tables themselves do not need it."
    )


def test_the_document_holds_the_tables_as_they_are(casia_b):
    tables = [table_latex(table1(*casia_b)), table_latex(table2(*casia_b))]
    document = tables_document(tables, "R&D_set")
    assert all(table in document for table in tables)
    assert r"\markright{R\&D\_set}" in document
    assert document.startswith("\\documentclass")
    assert document.endswith("\\end{document}\n")
