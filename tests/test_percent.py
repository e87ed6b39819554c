"""Fractions and percent."""

import pandas as pd
import pytest

from gaitcore.percent import as_fraction, in_percent


def test_numbers_and_tables_become_percent_and_fractions():
    assert in_percent(0.5) == 50
    assert as_fraction(75) == 0.75
    assert in_percent(pd.Series([0.25, 1.0])).tolist() == [25, 100]


@pytest.mark.parametrize("printed", [94.9, 88.3, 77.2, 0.1, 100.0])
def test_a_number_printed_in_percent_comes_back(printed):
    assert in_percent(as_fraction(printed)) == pytest.approx(printed, abs=1e-12)
