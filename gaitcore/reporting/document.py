"""All tables in one PDF, byte for byte the same whenever and wherever it is compiled by the same LaTeX."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from gaitcore.errors import GaitError
from gaitcore.files import replacing
from gaitcore.reporting.latex import PACKAGES, escape

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
\pagestyle{myheadings}
\markright{TITLE}
\begin{document}
"""
_FIXED_TIME = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}


def tables_document(tables: list[str], title: str) -> str:
    """A LaTeX document that holds these tables (as :func:`gaitcore.reporting.latex.table_latex` gives them)."""
    preamble = _PREAMBLE.replace("PACKAGES", ",".join(PACKAGES)).replace("TITLE", escape(title))
    return preamble + "\n".join(tables) + "\\end{document}\n"


def compile_pdf(tex_path: Path, pdf_path: Path) -> None:
    """Compile ``tex_path`` with pdflatex into ``pdf_path``; auxiliary files stay in a temporary folder.

    Raises GaitError if LaTeX is not installed, or with the first error LaTeX reports.
    """
    if shutil.which("pdflatex") is None:
        raise GaitError(
            "pdflatex was not found, so the tables cannot be made into a PDF; install TeX Live (Debian: apt-get "
            "install texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended lmodern). "
            "The tables themselves do not need it."
        )
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(tex_path, Path(folder, "tables.tex"))
        for _ in range(2):  # the second run knows the labels
            _run_pdflatex(Path(folder), tex_path)
        with replacing(pdf_path) as unfinished:
            shutil.copyfile(Path(folder, "tables.pdf"), unfinished)


def _run_pdflatex(folder: Path, tex_path: Path) -> None:
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "tables.tex"]
    environment = os.environ | _FIXED_TIME
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise GaitError(f"{tex_path}: LaTeX stopped {_first_error(done.stdout)}")


def _first_error(log: str) -> str:
    """Where and why, from the first line LaTeX marks as an error."""
    match = re.search(r"^(?:\./)?tables\.tex:(\d+): (.+)$", log, flags=re.MULTILINE)
    if match:
        return f"at line {match[1]}: {match[2]}"
    marked = re.search(r"^!\s*(.+)$", log, flags=re.MULTILINE)
    return f"with: {marked[1]}" if marked else "without saying why."
