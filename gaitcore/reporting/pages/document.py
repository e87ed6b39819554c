"""All tables and figures in one PDF; the same LaTeX gives the same bytes at any time and place."""

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
from gaitcore.reporting.tables.latex import PACKAGES

_PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
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
# Figures are no floats: LaTeX holds at most 18 of them, and the document has no text between them.
_FIGURE = r"""\noindent\begin{minipage}{\linewidth}
\centering
\includegraphics{%(name)s}
\captionof{figure}{%(caption)s}
\label{fig:%(label)s}
\end{minipage}
\par\bigskip
"""
_UNKNOWN = 'it has no sign "{}"; change the text that contains it, e.g. data.dataset. The other formats can print it.'
_FIXED_TIME = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}
# LaTeX reads and writes below the folder that it runs in (and reads its own files), and starts no other program.
_CONFINED = {"openin_any": "p", "openout_any": "p"}


def document(tables: Iterable[str], captions: Mapping[str, str], title: str) -> str:
    """A LaTeX document with these tables, followed by these figures.

    Args:
        tables: as :func:`gaitcore.reporting.tables.latex.table_latex` returns them.
        captions: name of the figure's file without the suffix -> its caption, plain text.
        title: printed on every page.
    """
    preamble = _PREAMBLE.replace("PACKAGES", ",".join(PACKAGES)).replace("TITLE", latex(title))
    figures = [
        _FIGURE % {"name": name, "caption": latex(caption), "label": latex_label(name)}
        for name, caption in captions.items()
    ]
    return preamble + "\n".join([*tables, r"\clearpage" + "\n", *figures]) + "\\end{document}\n"


def compile_pdf(tex_path: Path, pdf_path: Path, figures: Iterable[Path] = ()) -> None:
    """Compile ``tex_path`` with pdflatex and these PDF figures into ``pdf_path``, in a temporary folder.

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
        for _ in range(2):  # the second run resolves the labels
            _run_pdflatex(place, tex_path)
        with replacing(pdf_path) as unfinished:
            shutil.copyfile(place / "tables.pdf", unfinished)


def _run_pdflatex(folder: Path, tex_path: Path) -> None:
    options = ["-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error"]
    command = ["pdflatex", *options, "tables.tex"]
    environment = os.environ | _FIXED_TIME | _CONFINED
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise GaitError(f"{tex_path}: LaTeX stopped {_first_error(done.stdout)}")


def _first_error(log: str) -> str:
    """The line and message of the first error in the log of LaTeX."""
    match = re.search(r"^(?:\./)?tables\.tex:(\d+): (.+)$", log, flags=re.MULTILINE)
    if match:
        unknown = re.match(r"LaTeX Error: Unicode character (.+) \(U\+", match[2])
        return f"at line {match[1]}: {_UNKNOWN.format(unknown[1]) if unknown else match[2]}"
    marked = re.search(r"^!\s*(.+)$", log, flags=re.MULTILINE)
    return f"with: {marked[1]}" if marked else "without an error message."
