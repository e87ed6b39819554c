"""The PDF of the tables, compiled for real."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from gaitcore.artefacts.figure_files import pdf_size
from gaitcore.errors import DataError, GaitError
from gaitcore.reporting.escaping import latex
from gaitcore.reporting.fonts import families_with
from gaitcore.reporting.pages.document import Printed, compile_pdf, document
from gaitcore.reporting.tables.latex import table_latex
from gaitcore.reporting.tables.tables import table1, table2

needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
needs_lualatex = pytest.mark.skipif(
    shutil.which("kpsewhich") is None
    or subprocess.run(["kpsewhich", "luaotfload-main.lua"], capture_output=True).returncode != 0,
    reason="LuaLaTeX is not installed",
)

FIGURES = [
    Printed("small", "Another one.", 3.0, 2.0),
    Printed("wide", "50% of R&D_set, 0 to 90° … 3 × 4 ± 1 – a figure that is wider than the page.", 12.0, 30.0),
]


@pytest.fixture
def figures(tmp_path) -> list[Path]:
    """A PDF that is wider and higher than the page, and one of three by two inches, with their captions beside them."""
    folder = tmp_path / "figures"
    folder.mkdir()
    for printed in FIGURES:
        figure = Figure(figsize=(printed.width, printed.height))
        figure.subplots().set_xlabel(f"label of {printed.name}")
        figure.savefig(folder / f"{printed.name}.pdf", metadata={"CreationDate": None})
        (folder / f"{printed.name}.txt").write_text(printed.caption + "\n", encoding="utf-8")
    return [folder / "wide.pdf", folder / "small.pdf"]


@pytest.fixture
def source(casia_b, tmp_path) -> Path:
    path = tmp_path / "tables" / "tables.tex"
    path.parent.mkdir()
    tables = [table_latex(table1(*casia_b)), table_latex(table2(*casia_b))]
    path.write_text(document(tables, FIGURES, "Experiment two_views"), encoding="utf-8")
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
    words = " ".join(text.split())
    assert "label of wide" in words
    assert "label of small" in words
    assert "Figure 1: Another one." in words
    assert "Figure 2: 50% of R&D_set, 0 to 90" in words  # and a degree sign, which is another one in each font
    assert ". . . 3 × 4 ± 1 – a figure that is wider than the page." in words
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
    tex.write_text(document([latex(body)], [], options.get("title", "a title")), encoding="utf-8")
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
    tex.write_text(document([command], [], "a title"), encoding="utf-8")
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
    tex.write_text(document([command], [], "a title"), encoding="utf-8")
    compile_pdf(tex, tmp_path / "tables.pdf")
    assert not marker.exists()


def test_without_latex_one_sentence_says_what_to_install(source, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GaitError) as error:
        compile_pdf(source, tmp_path / "tables.pdf")
    assert str(error.value) == (
        "pdflatex was not found, but the PDF of the tables needs it; install TeX Live (Debian: apt-get install "
        "texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended tex-gyre lmodern). "
        "The tables themselves do not need it."
    )


def test_the_document_holds_the_tables_as_they_are_and_a_label_for_each_figure(casia_b):
    tables = [table_latex(table1(*casia_b)), table_latex(table2(*casia_b))]
    text = document(tables, [Printed("seeds", "5 % of them", 3.4, 2.4)], "R&D_set")
    assert all(table in text for table in tables)
    assert r"\markright{R\&D\_set}" in text
    assert "\\includegraphics{seeds}\n\\captionof{figure}{5 \\% of them}\n\\label{fig:seeds}" in text
    assert text.startswith("\\documentclass")
    assert text.endswith("\\end{document}\n")


def test_figures_of_a_columns_width_come_first_in_two_columns_and_then_the_others_the_lowest_first(casia_b):
    sizes = {"page": (7.0, 5.0), "one": (3.4, 2.0), "low": (7.0, 2.5), "other": (3.4, 4.0), "low_too": (7.0, 2.5)}
    text = document([], [Printed(name, f"About {name}.", *size) for name, size in sizes.items()], "title")
    order = re.findall(r"\\includegraphics\{(\w+)\}|(\\(?:begin|end)\{multicols\})", text)
    assert [name or command for name, command in order] == [
        *(r"\begin{multicols}", "one", "other", r"\end{multicols}"),
        *("low", "low_too", "page"),
    ]


@pytest.mark.latex
@needs_latex
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_figures_stand_below_the_tables_and_beside_each_other(casia_b, tmp_path):
    names = ["one", "two", "three", "four"]
    figures = []
    for name in names:
        figures.append(tmp_path / f"{name}.pdf")
        Figure(figsize=(3.4, 2.4)).savefig(figures[-1])
    tex = tmp_path / "tables.tex"
    printed = [Printed(name, f"About {name}.", *pdf_size(path)) for name, path in zip(names, figures, strict=True)]
    tex.write_text(document([table_latex(table2(*casia_b))], printed, "title"), encoding="utf-8")
    compile_pdf(tex, tmp_path / "tables.pdf", figures)
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "tables.pdf", "-"], capture_output=True, text=True).stdout
    (page,) = text.rstrip("\f").split("\f")
    lines = [" ".join(line.split()) for line in page.splitlines()]
    assert "Table 1:" in page
    assert lines.index("Figure 1: About one. Figure 3: About three.") < lines.index(
        "Figure 2: About two. Figure 4: About four."
    )


def test_the_size_of_a_pdf_is_that_at_which_it_was_drawn(tmp_path):
    Figure(figsize=(3.4, 2.45)).savefig(tmp_path / "a.pdf")
    assert pdf_size(tmp_path / "a.pdf") == (3.4, 2.45)
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4\n")
    with pytest.raises(DataError, match=r"b\.pdf: damaged or no PDF of a figure; "):
        pdf_size(tmp_path / "b.pdf")
    with pytest.raises(DataError, match=r"c\.pdf: no such file; run the workflow to make it\."):
        pdf_size(tmp_path / "c.pdf")
