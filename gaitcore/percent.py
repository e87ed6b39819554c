"""Fractions and percent: files of runs and statistics hold fractions, tables and figures show percent."""

from typing import TypeVar

import numpy as np
import pandas as pd

Number = TypeVar("Number", float, np.ndarray, pd.Series, pd.DataFrame)


def in_percent(fraction: Number) -> Number:
    """A fraction as percent, e.g. 94.9 for 0.949; numbers, arrays and tables."""
    return 100 * fraction


def as_fraction(percent: Number) -> Number:
    """Percent as a fraction, e.g. 0.949 for 94.9; numbers, arrays and tables."""
    return percent / 100
