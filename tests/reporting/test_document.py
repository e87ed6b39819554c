"""The PDF of the tables, compiled for real."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from gaitcore.errors import GaitError
from gaitcore.reporting.escaping import latex
from gaitcore.reporting.fonts import families_with
from gaitcore.reporting.pages.document import compile_pdf, document
from gaitcore.reporting.tables.latex import table_latex
from gaitcore.reporting.tables.tables import table1, table2

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
needs_lualatex = pytest.mark.skipif(
    shutil.which("kpsewhich") is None
    or subprocess.run(["kpsewhich", "luaotfload-main.lua"], capture_output=True).returncode != 0,
    reason="LuaLaTeX is not installed",
)

CAPTIONS = {
    "wide": "50% of R&D_set, 0 to 90° … 3 × 4 ± 1 – a figure that is wider than the page.",
    "small": "Another one.",
}


@pytest.fixture
def figures(tmp_path) -> list[Path]:
    """A PDF that is wider and higher than the page, and one of three by two inches, with their captions beside them."""
    folder = tmp_path / "figures"
    folder.mkdir()
    for name, size in (("wide", (12, 30)), ("small", (3, 2))):
        figure = Figure(figsize=size)
        figure.subplots().set_xlabel(f"label of {name}")
        figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})
        (folder / f"{name}.txt").write_text(CAPTIONS[name] + "\n", encoding="utf-8")
    return [folder / "wide.pdf", folder / "small.pdf"]


@pytest.fixture
def source(casia_b, tmp_path) -> Path:
    path = tmp_path / "tables" / "tables.tex"
    path.parent.mkdir()
    tables = [table_latex(table1(*casia_b)), table_latex(table2(*casia_b))]
    path.write_text(document(tables, CAPTIONS, "Experiment two_views"), encoding="utf-8")
    return path


@pytest.mark.latex
@needs_latex
def test_tables_and_figures_are_in_the_pdf_and_compiling_again_gives_the_same_bytes(source, figures, tmp_path):
    pdfs = [tmp_path / "one" / "tables.pdf", tmp_path / "two" / "other.pdf"]
    for pdf in pdfs:
        pdf.parent.mkdir()
        compile_pdf(source, pdf, figures)
        assert [path.name for path in pdf.parent.iterdir()] == [pdf.name]
    assert pdfs[0].read_bytes() == pdfs[1].read_bytes()
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed, so the PDF's text was not read")
    text = subprocess.run(["pdftotext", "-layout", pdfs[0], "-"], capture_output=True, text=True, check=True).stdout
    for expected in ("Table 1:", "Table 2:", "Experiment two_views", "Gallery NM#1-4", "Appearance based"):
        assert expected in text
    assert "label of wide" in text
    assert "label of small" in text
    words = " ".join(text.split())
    assert "Figure 1: 50% of R&D_set, 0 to 90◦ . . . 3 × 4 ± 1 – a figure that is wider than the page." in words
    assert "Figure 2: Another one." in words
    assert "Rank-1 accuracy (%) on CASIA-B per probe view." in text
    assert "Rank-1 accuracy (%) on CASIA-B per condition." in text


@pytest.mark.latex
@needs_latex
def test_tables_and_figures_fit_the_page_and_the_source_compiles_where_it_lies(source, figures):
    command = ["pdflatex", "-interaction=nonstopmode", source.name]
    log = subprocess.run(command, cwd=source.parent, capture_output=True, check=True).stdout
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


def written(tmp_path, body, **options):
    tex = tmp_path / "tables.tex"
    tex.write_text(document([latex(body)], {}, options.get("title", "a title")), encoding="utf-8")
    return tex


def without_lualatex(tmp_path, monkeypatch):
    """A PATH with pdflatex and without lualatex."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pdflatex").symlink_to(shutil.which("pdflatex"))
    monkeypatch.setenv("PATH", str(programs))


@pytest.mark.latex
@needs_latex
def test_without_lualatex_a_sign_that_pdflatex_lacks_is_named(tmp_path, monkeypatch):
    without_lualatex(tmp_path, monkeypatch)
    tex = written(tmp_path, "Gait is 步态.")
    line = 1 + tex.read_text(encoding="utf-8").splitlines().index("Gait is 步态.")
    with pytest.raises(GaitError) as error:
        compile_pdf(tex, tmp_path / "tables.pdf")
    assert str(error.value) == (
        f'{tex}: LaTeX stopped at line {line}: it has no sign "步"; install LuaLaTeX (Debian: apt-get install '
        "texlive-luatex) and make it again, or change the text that contains it, e.g. data.dataset. The other formats "
        "can print it."
    )


@pytest.mark.slow
@pytest.mark.latex
@needs_lualatex
def test_signs_that_no_font_has_are_named(tmp_path):
    tex = written(tmp_path, "Cuneiform \U00012000")
    if families_with({"\U00012000"}):
        pytest.skip("a font with cuneiform is installed")
    with pytest.raises(GaitError) as error:
        compile_pdf(tex, tmp_path / "tables.pdf")
    assert str(error.value).startswith(
        f'{tex}: LaTeX stopped: no installed font has the sign "\U00012000"; install one'
    )


@pytest.mark.slow
@pytest.mark.latex
@needs_lualatex
def test_a_title_in_chinese_and_russian_is_printed_with_installed_fonts(tmp_path):
    title = "步态 и походка"
    if len(set("步态") - {sign for sign in "步态" if families_with({sign})}):
        pytest.skip("no font with Chinese signs is installed")
    tex = written(tmp_path, f"Gait is {title}.", title=title)
    pdfs = [tmp_path / "one.pdf", tmp_path / "two.pdf"]
    for pdf in pdfs:
        compile_pdf(tex, pdf)
    assert pdfs[0].read_bytes() == pdfs[1].read_bytes()
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed, so the PDF's text was not read")
    text = subprocess.run(["pdftotext", pdfs[0], "-"], capture_output=True, text=True, check=True).stdout
    assert f"Gait is {title}." in text
    assert text.count(title) == 2


@pytest.mark.latex
@needs_latex
@pytest.mark.parametrize(
    "command",
    [
        r"\input{/etc/passwd}",
        r"\input{../outside.tex}",
        r"\newwrite\file \immediate\openout\file=../outside.txt \immediate\write\file{x}",
    ],
)
def test_latex_reads_and_writes_nothing_outside_its_folder(tmp_path, command):
    tex = tmp_path / "tables.tex"
    tex.write_text(document([command], {}, "a title"), encoding="utf-8")
    Path(tempfile.gettempdir(), "outside.tex").write_text("read from outside", encoding="utf-8")
    try:
        with pytest.raises(GaitError, match=r"^[^\n]*: LaTeX stopped at line \d+: "):
            compile_pdf(tex, tmp_path / "tables.pdf")
        assert not Path(tempfile.gettempdir(), "outside.txt").exists()
    finally:
        Path(tempfile.gettempdir(), "outside.tex").unlink()


@pytest.mark.latex
@needs_latex
def test_latex_starts_no_other_program(tmp_path):
    tex, marker = tmp_path / "tables.tex", tmp_path / "started"
    command = rf"\immediate\write18{{touch {marker}}} text"
    tex.write_text(document([command], {}, "a title"), encoding="utf-8")
    compile_pdf(tex, tmp_path / "tables.pdf")
    assert not marker.exists()


def test_without_latex_one_sentence_says_what_to_install(source, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GaitError) as error:
        compile_pdf(source, tmp_path / "tables.pdf")
    assert str(error.value) == (
        "pdflatex was not found, but the PDF of the tables needs it; install TeX Live (Debian: apt-get install "
        "texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended lmodern). "
        "The tables themselves do not need it."
    )


def test_the_document_holds_the_tables_as_they_are_and_a_label_for_each_figure(casia_b):
    tables = [table_latex(table1(*casia_b)), table_latex(table2(*casia_b))]
    text = document(tables, {"seeds": "5 % of them"}, "R&D_set")
    assert all(table in text for table in tables)
    assert r"\markright{R\&D\_set}" in text
    assert "\\includegraphics{seeds}\n\\captionof{figure}{5 \\% of them}\n\\label{fig:seeds}" in text
    assert text.startswith("\\documentclass")
    assert text.endswith("\\end{document}\n")
