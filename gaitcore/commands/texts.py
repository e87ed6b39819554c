"""Tables of plain text, as commands print them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd


def counted(number: int, one: str, several: str = "") -> str:
    """A number with what it counts: ``1 view``, ``11 views``; ``several`` is the plural where it is irregular."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def text_table(rows: Sequence[Sequence[Any]], header: Sequence[str]) -> str:
    """Rows below their header; whole numbers have commas, and columns without letters at the front are to the right."""
    if not rows:
        return ""
    cells = [[f"{one:,}" if isinstance(one, int) else str(one) for one in row] for row in rows]
    align = ["left" if any(cell[:1].isalpha() for cell in column) else "right" for column in zip(*cells, strict=True)]
    table = pd.DataFrame(cells, columns=list(header))
    return str(table.to_markdown(index=False, tablefmt="simple", disable_numparse=True, colalign=align))
