"""All tables and figures in one PDF; the same LaTeX and fonts give the same bytes at any time and place.

pdfLaTeX has the letters of European languages. A text with other signs is compiled with LuaLaTeX, which takes them from
fonts that are installed.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from gaitcore.errors import GaitError
from gaitcore.files import replacing
from gaitcore.reporting.escaping import latex, latex_label
from gaitcore.reporting.figures.style import COLUMN, PAGE, TALLEST
from gaitcore.reporting.fonts import families_with
from gaitcore.reporting.tables.latex import PACKAGES

_PREAMBLE = r"""\documentclass[10pt]{article}
FONTS
% The text is as wide as the widest figures, which are therefore printed at the size at which they were drawn.
\usepackage[a4paper,textwidth=PAGEin,vmargin=1.8cm]{geometry}
\usepackage{PACKAGES}
\usepackage{multicol}
\setlength{\columnsep}{GAPin}
\usepackage[font=small,labelfont=bf]{caption}
% Tables start at the top of the page and share it as long as they fit; figures follow below.
\setcounter{topnumber}{20}
\renewcommand{\topfraction}{1}
\renewcommand{\textfraction}{0}
\renewcommand{\floatpagefraction}{0.9}
\makeatletter
\setlength{\@fptop}{0pt}
\setlength{\@fpsep}{3\baselineskip}
\makeatother
% Figures are as large as they were drawn, unless they would not fit. They lie in a folder beside this file's, or in it.
\graphicspath{{../figures/}{figures/}}
\makeatletter
\setkeys{Gin}{
  width=\ifdim\Gin@nat@width>\linewidth\linewidth\else\Gin@nat@width\fi,
  height=\ifdim\Gin@nat@height>TALLESTin TALLESTin\else\Gin@nat@height\fi,
  keepaspectratio
}
\makeatother
\pagestyle{myheadings}
\markright{TITLE}
\begin{document}
"""
# Times, as in the figures, or Latin Modern where Times is not installed.
_LATIN_FONTS = r"""\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\IfFileExists{tgtermes.sty}{\usepackage{tgtermes}}{\usepackage{lmodern}}"""
_FURTHER_FONTS = r"""\usepackage{iftex}
\ifLuaTeX
  \usepackage{fontspec}
  \directlua{luaotfload.add_fallback("others", {FAMILIES})}
  \IfFontExistsTF{TeX Gyre Termes}%
    {\setmainfont{TeX Gyre Termes}[RawFeature={fallback=others}]}%
    {\setmainfont{Latin Modern Roman}[RawFeature={fallback=others}]}
  \tracinglostchars=3 % a sign that no font has is an error
  \pdfvariable suppressoptionalinfo 512 % the file's identity, which depends on the folder
\else
LATIN
\fi"""
# Figures are no floats: there is no text between them that could fill the pages, and LaTeX holds at most 18 floats.
_FIGURE = r"""\noindent\begin{minipage}{\linewidth}
\centering
\includegraphics{%(name)s}
\captionof{figure}{%(caption)s}
\label{fig:%(label)s}
\end{minipage}
\par\bigskip
"""
_CHANGE = "or change the text that contains it, e.g. data.dataset. The other formats can print it."
_NO_LUALATEX = (
    'it has no sign "{}"; install LuaLaTeX (Debian: apt-get install texlive-luatex) and make it again, ' + _CHANGE
)
_NO_FONT = (
    'no installed font has the sign "{}"; install one that has it (Debian: fonts-noto-cjk for Chinese, Japanese and '
    "Korean, fonts-noto for others) and make it again, " + _CHANGE
)
_LOST = r"Missing character: There is no (.) \(U\+.*"
_LATIN = 0x24F  # the last letter of Unicode's Latin blocks
_FIXED_TIME = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}
# LaTeX reads and writes below the folder that it runs in (and reads its own files), and starts no other program.
_CONFINED = {"openin_any": "p", "openout_any": "p"}
_WHOLE_LINES = {"max_print_line": "1000"}  # in the log


class Printed(NamedTuple):
    """A figure: the name of its PDF without the suffix, its caption as plain text, its width and height in inches."""

    name: str
    caption: str
    width: float
    height: float

    @property
    def height_with_caption(self) -> float:
        """About the height in inches that it takes with its caption below it."""
        letters_in_a_line = 19 * min(max(self.width, COLUMN), PAGE)
        return min(self.height, TALLEST) + 0.5 + len(self.caption) / letters_in_a_line * 11 / 72


def document(tables: Iterable[str], figures: Sequence[Printed], title: str) -> str:
    """A LaTeX document with these tables, followed by these figures.

    So that pages are filled, figures that are a column wide come first, in two columns, then the wider ones, the lowest
    first.

    Args:
        tables: as :func:`gaitcore.reporting.tables.latex.table_latex` returns them.
        figures: in any order.
        title: printed on every page.
    """
    tables = list(tables)
    by_height = sorted(figures, key=lambda figure: figure.height)
    narrow = [figure for figure in figures if figure.width <= COLUMN]
    wide = [figure for figure in by_height if figure.width > COLUMN]
    parts = [*tables, *_in_columns(narrow), *map(_latex, wide)]
    sizes = {"PAGE": PAGE, "GAP": PAGE - 2 * COLUMN, "TALLEST": TALLEST}
    preamble = _PREAMBLE
    for word, inches in sizes.items():
        preamble = preamble.replace(f"{word}in", f"{inches:g}in")
    fonts = _fonts({sign for text in (*parts, latex(title)) for sign in text if ord(sign) > _LATIN})
    preamble = preamble.replace("FONTS", fonts).replace("PACKAGES", ",".join(PACKAGES)).replace("TITLE", latex(title))
    return preamble + "\n".join([*parts, "\\end{document}\n"])


def _in_columns(figures: Sequence[Printed]) -> list[str]:
    """Figures in two columns, which begin on a new page where the tallest of them would not fit below the tables."""
    if len(figures) < 2:
        return list(map(_latex, figures))
    tallest = max(figure.height_with_caption for figure in figures)
    something = r"\hrule height 0pt"  # of an empty page, multicols would not see how much of it the tables take
    begin = rf"\begin{{multicols}}{{2}}[][{tallest:.2f}in]\raggedcolumns"
    return [something + "\n" + begin + "\n", *map(_latex, figures), r"\end{multicols}" + "\n"]


def _latex(figure: Printed) -> str:
    return _FIGURE % {"name": figure.name, "caption": latex(figure.caption), "label": latex_label(figure.name)}


def _fonts(others: set[str]) -> str:
    """The lines that load the fonts, with those for other signs than Latin letters where there are any."""
    if not others:
        return _LATIN_FONTS
    families = ", ".join(f'"{family}:mode=node;"' for family in families_with(others))
    return _FURTHER_FONTS.replace("FAMILIES", families).replace("LATIN", _LATIN_FONTS)


def compile_pdf(tex_path: Path, pdf_path: Path, figures: Iterable[Path] = ()) -> None:
    """Compile ``tex_path`` with these PDF figures into ``pdf_path``, in a temporary folder.

    pdflatex compiles it, or lualatex where pdflatex lacks a sign. LaTeX starts no other program, and reads and writes
    no files outside that folder but its own.

    Raises GaitError if LaTeX is not installed, or with the first error LaTeX reports.
    """
    if shutil.which("pdflatex") is None:
        raise GaitError(
            "pdflatex was not found, but the PDF of the tables needs it; install TeX Live (Debian: apt-get "
            "install texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended tex-gyre lmodern). "
            "The tables themselves do not need it."
        )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "figures").mkdir()
        shutil.copyfile(tex_path, place / "tables.tex")
        for figure in figures:
            shutil.copyfile(figure, place / "figures" / figure.name)
        error = _compiled("pdflatex", place)
        unknown = re.search(r"Unicode character (.+) \(U\+", error)
        if unknown and _has_lualatex():
            error = _compiled("lualatex", place)
        if error:
            raise GaitError(f"{tex_path}: LaTeX stopped{_sentence(error)}")
        with replacing(pdf_path) as unfinished:
            shutil.copyfile(place / "tables.pdf", unfinished)


def _compiled(engine: str, folder: Path) -> str:
    """Compile tables.tex in a folder; the first error, with its line, or an empty text."""
    options = ["-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error"]
    for _ in range(2):  # the second run resolves the labels
        done = subprocess.run(
            [engine, *options, "tables.tex"],
            cwd=folder,
            env=os.environ | _FIXED_TIME | _CONFINED | _WHOLE_LINES,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode != 0:
            return _first_error(done.stdout)
    return ""


def _has_lualatex() -> bool:
    """Whether LuaLaTeX and its font loader are installed; the program alone comes with pdflatex."""
    loader = ["kpsewhich", "luaotfload-main.lua"]
    return shutil.which("lualatex") is not None and subprocess.run(loader, capture_output=True).returncode == 0


def _first_error(log: str) -> str:
    """The line and message of the first error in the log of LaTeX."""
    if lost := re.search(_LOST, log):
        return f": {lost[0]}"
    match = re.search(r"^(?:\./)?tables\.tex:(\d+): (.+)$", log, flags=re.MULTILINE)
    if match:
        return f" at line {match[1]}: {match[2]}"
    marked = re.search(r"^!\s*(.+)$", log, flags=re.MULTILINE)
    return f" with: {marked[1]}" if marked else " without an error message."


def _sentence(error: str) -> str:
    """An error with what to do about it, where that is known."""
    for pattern, sentence in ((r"LaTeX Error: Unicode character (.+) \(U\+.*", _NO_LUALATEX), (_LOST, _NO_FONT)):
        if found := re.search(pattern, error):
            return error[: found.start()] + sentence.format(found[1])
    return error
