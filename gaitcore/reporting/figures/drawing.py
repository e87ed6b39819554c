"""What a figure is."""

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure and what belongs to it.

    Attributes:
        figure: without a title.
        numbers: the numbers in it in long form, with units in the names of their columns.
        caption: plain text, with signs like ± and °.
    """

    figure: Figure
    numbers: pd.DataFrame
    caption: str
