r"""Tables as LaTeX: a float of its own for ``\input``, with booktabs rules and the notes underneath."""

import re
from collections.abc import Sequence

import pandas as pd

from gaitcore.reporting.escaping import latex, latex_label
from gaitcore.reporting.tables.layout import Row, Table

PACKAGES: tuple[str, ...] = ("booktabs", "multirow", "graphicx")

# Shrinks a table that is wider than the text and leaves any other as it is.
_FIT = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"


def table_latex(table: Table) -> str:
    r"""A complete ``table*`` float, to be read with ``\input``; a leading comment names the packages it needs."""
    notes = "\\par\n".join(latex(note) for note in table.notes)
    return "\n".join(
        [
            f"% Needs \\usepackage{{{','.join(PACKAGES)}}}",
            r"\begin{table*}[t]",
            r"\centering",
            rf"\caption{{{latex(table.caption)}}}",
            rf"\label{{{latex_label(table.label)}}}",
            r"\footnotesize",
            r"\setlength{\tabcolsep}{3.5pt}",
            _FIT,
            _tabular(table) + "}",
            r"\par\smallskip",
            rf"\parbox{{\linewidth}}{{\scriptsize\raggedright {notes}\par}}",
            r"\end{table*}",
            "",
        ]
    )


def _tabular(table: Table) -> str:
    """The tabular from pandas' Styler, with booktabs' rules in place of its \\cline."""
    blocks = any(row.block for row in table.rows)
    frame = _text_frame(table, blocks)
    labels = 1 + blocks
    text = frame.style.to_latex(
        column_format="l" * labels + "c" * len(frame.columns),
        hrules=True,
        clines="skip-last;data" if blocks else None,
        multirow_align="t",
        multicol_align="c",
    ).strip()
    text = re.sub(r"\\cline\{[^}]*\}\n(?=\\bottomrule)", "", text)
    text = re.sub(r"\\cline\{[^}]*\}", r"\\midrule", text)
    first_line, rest = text.split("\\\\\n", 1)
    return f"{first_line}\\\\\n\\cmidrule(lr){{{labels + 1}-{labels + table.spanned}}}\n{rest}"


def _text_frame(table: Table, blocks: bool) -> pd.DataFrame:
    titles = enumerate(table.columns.values())
    header = [(latex(table.spanner) if place < table.spanned else "", latex(title)) for place, title in titles]
    return pd.DataFrame(
        [[*(_cell(table, row, column) for column in table.columns), table.interval_text(row)] for row in table.rows],
        index=_row_labels(table, blocks),
        columns=pd.MultiIndex.from_tuples(
            [*header, ("", latex(table.interval_title))], names=[latex(name) for name in table.corner]
        ),
    )


def _row_labels(table: Table, blocks: bool) -> pd.Index:
    methods = [latex(row.method + row.mark) for row in table.rows]
    if not blocks:
        return pd.Index(methods)
    return pd.MultiIndex.from_arrays([[latex(row.block) for row in table.rows], methods])


def _cell(table: Table, row: Row, column: str) -> str:
    number, _, spread = table.cell_text(row, column).partition(" ± ")
    number = rf"\textbf{{{latex(number)}}}" if column in row.best else latex(number)
    return number + (rf" {{\scriptsize $\pm$ {latex(spread)}}}" if spread else "")


def wide_table(
    caption: str, label: str, columns: str, header: Sequence[str], rows: Sequence[str], notes: Sequence[str]
) -> str:
    r"""A table of texts over both columns of a page, with its notes below, as a float to be read with ``\input``.

    Args:
        caption, header, notes: texts, which are escaped here.
        label: of the float.
        columns: the alignment of each column, e.g. ``llc``.
        rows: lines of LaTeX, each with its end.
    """
    texts = "\\par\n".join(map(latex, notes))
    return "\n".join(
        [
            r"% Needs \usepackage{booktabs,graphicx}",
            r"\begin{table*}[t]",
            r"\centering",
            rf"\caption{{{latex(caption)}}}",
            rf"\label{{{latex_label(label)}}}",
            r"\footnotesize",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(map(latex, header)) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}}",
            r"\par\smallskip",
            rf"\parbox{{\linewidth}}{{\scriptsize\raggedright {texts}\par}}",
            r"\end{table*}",
            "",
        ]
    )
