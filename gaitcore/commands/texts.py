"""Tables of plain text, as commands print them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd


def text_table(rows: Sequence[Sequence[Any]], header: Sequence[str]) -> str:
    """Rows below their header, numbers to the right and with commas; an empty text where there is no row."""
    table = pd.DataFrame([list(row) for row in rows], columns=list(header))
    return str(table.to_markdown(index=False, tablefmt="simple", intfmt=",")) if len(table) else ""
