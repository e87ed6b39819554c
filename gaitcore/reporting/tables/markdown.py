"""Tables as Markdown, by pandas."""

import re
from collections.abc import Iterable, Sequence

import pandas as pd

from gaitcore.reporting.escaping import Markdown, markdown, markdown_line, plain_lines
from gaitcore.reporting.tables.layout import Table


def table_markdown(table: Table) -> str:
    """Caption, table and notes."""
    blocks = [row.block for row in table.rows]
    header = ["Method", *table.columns.values(), table.interval_title]
    lines = []
    for number, row in enumerate(table.rows):
        cells: list[str] = [_bold(table.cell_text(row, key), key in row.best) for key in table.columns]
        label = [row.block if row.block not in blocks[:number] else ""] if any(blocks) else []
        lines.append([*label, row.method + row.mark, *cells, table.interval_text(row)])
    if any(blocks):
        header.insert(0, table.block_title)
    return page([table.caption, grid(lines, header), bullets(table.notes)])


def grid(lines: Iterable[Sequence[str]], header: Sequence[str]) -> Markdown:
    """A Markdown table of texts; numbers keep their zeros (94.0 stays 94.0)."""
    frame = pd.DataFrame([list(map(markdown, line)) for line in lines], columns=list(map(markdown, header)))
    return Markdown(frame.to_markdown(index=False, disable_numparse=True))


def bullets(sentences: Iterable[str]) -> Markdown:
    """A Markdown list."""
    return Markdown("\n".join(f"- {markdown_line(sentence)}" for sentence in sentences))


def code(text: str) -> Markdown:
    """A block of code in Markdown, as it is."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return Markdown(f"{fence}\n{plain_lines(text)}\n{fence}")


def heading(level: int, text: str) -> Markdown:
    """A Markdown heading."""
    return Markdown(f"{'#' * level} {markdown(text)}")


def page(parts: Iterable[str]) -> str:
    """Paragraphs, headings, tables and lists with an empty line between them, as the text of a file."""
    return "\n\n".join(map(markdown_line, parts)) + "\n"


def _bold(text: str, best: bool) -> Markdown:
    number, sign, spread = text.partition(" ± ")
    number = markdown(number)
    return Markdown((f"**{number}**" if best else number) + sign + markdown(spread))
