"""Tables as Markdown, by pandas."""

from collections.abc import Iterable

import pandas as pd

from gaitcore.reporting.tables.layout import INTERVAL_TITLE, Table


def table_markdown(table: Table) -> str:
    """Caption, table and notes."""
    blocks = [row.block for row in table.rows]
    header = ["Method", *table.columns.values(), INTERVAL_TITLE]
    lines = []
    for number, row in enumerate(table.rows):
        cells = [_bold(table.cell_text(row, key), key in row.best) for key in table.columns]
        label = [row.block if row.block not in blocks[:number] else ""] if any(blocks) else []
        lines.append([*label, row.method + row.mark, *cells, table.interval_text(row)])
    if any(blocks):
        header.insert(0, table.block_title)
    return page([table.caption, grid(lines, header), bullets(table.notes)])


def grid(lines: list[list[str]], header: list[str]) -> str:
    """A Markdown table of texts; numbers keep their zeros (94.0 stays 94.0)."""
    return pd.DataFrame(lines, columns=header).to_markdown(index=False, disable_numparse=True)


def bullets(sentences: Iterable[str]) -> str:
    """A Markdown list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def page(parts: Iterable[str]) -> str:
    """Paragraphs with an empty line between them, as the text of a file."""
    return "\n\n".join(parts) + "\n"


def _bold(text: str, best: bool) -> str:
    number, sign, spread = text.partition(" ± ")
    return (f"**{number}**" if best else number) + sign + spread
