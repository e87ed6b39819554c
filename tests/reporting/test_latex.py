"""Tables as LaTeX: the exact text of a small one, escaping, and what is bold."""

import ast

from places import REPOSITORY

from gaitcore.reporting.escaping import latex
from gaitcore.reporting.tables.latex import table_latex
from gaitcore.reporting.tables.tables import table1, table2

TABLE_1 = r"""% Needs \usepackage{booktabs,multirow,graphicx}
\begin{table*}[t]
\centering
\caption{Rank-1 accuracy (\%) on 100\% R\&D\_set per probe view. CAPTION}
\label{tab:two-views-per-view}
\footnotesize
\setlength{\tabcolsep}{3.5pt}
\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%
\begin{tabular}{llcccc}
\toprule
 & Gallery NM\#1 & \multicolumn{2}{c}{0$^{\circ}$, 90$^{\circ}$} & \multicolumn{2}{c}{} \\
\cmidrule(lr){3-4}
 & Probe & 0$^{\circ}$ & 90$^{\circ}$ & Mean & Interval \\
\midrule
\multirow[t]{2}{*}{NM\#2} & Alpha & \textbf{80.1} & \textbf{90.0} & MEAN & [80.1, 89.1] \\
 & Beta\_net & \textbf{80.1} & 70.0 & 75.1 {\scriptsize $\pm$ 1.2} & [70.1, 79.1] \\
\midrule
\multirow[t]{2}{*}{AR\#1-2} & Alpha & \textbf{50.0} & 60.0 & \textbf{55.0} {\scriptsize $\pm$ 1.2} & [50.0, 59.0] \\
 & Beta\_net & 40.0 & \textbf{70.0} & \textbf{55.0} {\scriptsize $\pm$ 1.2} & [50.0, 59.0] \\
\bottomrule
\end{tabular}}
\par\smallskip
\parbox{\linewidth}{\scriptsize\raggedright NOTES\par}
\end{table*}
"""


def test_table_1_as_latex(summary, context):
    table = table1(summary, context)
    caption = latex(table.caption.partition("per probe view. ")[2])
    notes = "\\par\n".join(map(latex, table.notes))
    mean = r"\textbf{85.1} {\scriptsize $\pm$ 1.2}"
    assert table_latex(table) == TABLE_1.replace("CAPTION", caption).replace("NOTES", notes).replace("MEAN", mean)


def test_table_2_without_blocks_has_no_block_column(summary, context):
    tabular = table_latex(table2(summary, context)).partition("\\begin{tabular}")[2].partition("\\end{tabular}")[0]
    assert tabular.splitlines() == [
        r"{lcccc}",
        r"\toprule",
        r" & \multicolumn{2}{c}{Probe} & \multicolumn{2}{c}{} \\",
        r"\cmidrule(lr){2-3}",
        r"Method & NM & AR & Mean & Interval \\",
        r"\midrule",
        r"Alpha & \textbf{85.1} {\scriptsize $\pm$ 1.2} & \textbf{55.0} {\scriptsize $\pm$ 1.2} & "
        r"\textbf{70.0} {\scriptsize $\pm$ 1.2} & [65.0, 74.0] \\",
        r"Beta\_net & 75.1 {\scriptsize $\pm$ 1.2} & \textbf{55.0} {\scriptsize $\pm$ 1.2} & "
        r"65.0 {\scriptsize $\pm$ 1.2} & [60.0, 69.0] \\",
        r"\bottomrule",
    ]


def test_published_and_collapsed_rows_carry_their_marks(casia_b, one_collapsed):
    text = table_latex(table1(*casia_b))
    assert r"\multirow[t]{7}{*}{NM\#5-6} & PoseGait$^{\dagger}$ & 55.3 & 69.6" in text
    assert text.count(r"\midrule") == 2
    assert "\\cline" not in text
    collapsed = table_latex(table2(casia_b[0].replace({"condition": {"bg": "ar"}}), one_collapsed))
    assert r"Alpha$^{\ddagger}$ & 85.1 {\scriptsize $\pm$ 1.2}" in collapsed


def test_every_special_character_is_escaped():
    assert latex(r"5 % of A & B_c #1 {x} $2 ~ ^ \d") == (
        r"5 \% of A \& B\_c \#1 \{x\} \$2 \textasciitilde{} \textasciicircum{} \textbackslash{}d"
    )
    assert latex("p < 0.001, ± −1°–2° †‡") == (
        r"p $<$ 0.001, $\pm$ $-$1$^{\circ}$--2$^{\circ}$ $^{\dagger}$$^{\ddagger}$"
    )


def test_every_sign_in_a_text_of_the_reports_is_known_to_latex():
    modules = (REPOSITORY / "gaitcore" / "reporting").rglob("*.py")
    texts = [
        node.value
        for module in modules
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert "±" in "".join(texts)
    # Letters like ö are printed as they are.
    unknown = {sign for text in texts for sign in latex(text) if not sign.isascii() and not sign.isalpha()}
    assert unknown == set()
