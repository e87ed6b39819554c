"""All tables and figures in one PDF; the same LaTeX and fonts give the same bytes at any time and place.

pdfLaTeX has the letters of European languages. A text with other signs is compiled with LuaLaTeX, which takes them from
fonts that are installed.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from gaitcore.errors import GaitError
from gaitcore.files import replacing
from gaitcore.reporting.escaping import latex, latex_label
from gaitcore.reporting.fonts import families_with
from gaitcore.reporting.tables.latex import PACKAGES

_PREAMBLE = r"""\documentclass[10pt]{article}
FONTS
\usepackage[a4paper,margin=2cm]{geometry}
\usepackage{PACKAGES}
\usepackage[font=small,labelfont=bf]{caption}
% Tables start at the top of the page and share it as long as they fit.
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
  height=\ifdim\Gin@nat@height>0.8\textheight 0.8\textheight\else\Gin@nat@height\fi,
  keepaspectratio
}
\makeatother
\pagestyle{myheadings}
\markright{TITLE}
\begin{document}
"""
_FONTS = r"""\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}"""
_FURTHER_FONTS = r"""\usepackage{iftex}
\ifLuaTeX
  \usepackage{fontspec}
  \directlua{luaotfload.add_fallback("others", {FAMILIES})}
  \setmainfont{Latin Modern Roman}[RawFeature={fallback=others}]
  \tracinglostchars=3 % a sign that no font has is an error
  \pdfvariable suppressoptionalinfo 512 % the file's identity, which depends on the folder
\else
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \usepackage{lmodern}
\fi"""
# Figures are no floats: LaTeX holds at most 18 of them, and the document has no text between them.
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


def document(tables: Iterable[str], captions: Mapping[str, str], title: str) -> str:
    """A LaTeX document with these tables, followed by these figures.

    Args:
        tables: as :func:`gaitcore.reporting.tables.latex.table_latex` returns them.
        captions: name of the figure's file without the suffix -> its caption, plain text.
        title: printed on every page.
    """
    tables = list(tables)
    figures = [
        _FIGURE % {"name": name, "caption": latex(caption), "label": latex_label(name)}
        for name, caption in captions.items()
    ]
    fonts = _fonts({sign for text in (*tables, *figures, latex(title)) for sign in text if ord(sign) > _LATIN})
    preamble = _PREAMBLE.replace("FONTS", fonts).replace("PACKAGES", ",".join(PACKAGES)).replace("TITLE", latex(title))
    return preamble + "\n".join([*tables, r"\clearpage" + "\n", *figures]) + "\\end{document}\n"


def _fonts(others: set[str]) -> str:
    """The lines that load the fonts, with those for other signs than Latin letters where there are any."""
    if not others:
        return _FONTS
    families = ", ".join(f'"{family}:mode=node;"' for family in families_with(others))
    return _FURTHER_FONTS.replace("FAMILIES", families)


def compile_pdf(tex_path: Path, pdf_path: Path, figures: Iterable[Path] = ()) -> None:
    """Compile ``tex_path`` with these PDF figures into ``pdf_path``, in a temporary folder.

    pdflatex compiles it, or lualatex where pdflatex lacks a sign. LaTeX starts no other program, and reads and writes
    no files outside that folder but its own.

    Raises GaitError if LaTeX is not installed, or with the first error LaTeX reports.
    """
    if shutil.which("pdflatex") is None:
        raise GaitError(
            "pdflatex was not found, but the PDF of the tables needs it; install TeX Live (Debian: apt-get "
            "install texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended lmodern). "
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
