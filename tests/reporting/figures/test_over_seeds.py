"""Mean and interval over seeds."""

import pandas as pd
import pytest

from gaitcore.reporting.figures.over_seeds import interval_sentence, mean_text, over_seeds


def of(values, within=(0, 100)):
    numbers = pd.DataFrame({"system": "a", "seed": range(len(values)), "share": values})
    return over_seeds(numbers, ["system"], "share", 0.95, within).iloc[0]


def test_the_interval_is_students():
    row = of([10.0, 12.0, 17.0])  # mean 13, standard deviation sqrt(13), t(0.975, 2) = 4.302653
    assert row["mean"] == 13
    assert row["ci_low"] == pytest.approx(13 - 4.302653 * (13 / 3) ** 0.5)
    assert row["ci_high"] == pytest.approx(13 + 4.302653 * (13 / 3) ** 0.5)
    assert mean_text(row) == "13.0% [4.0, 22.0]"


def test_it_ends_where_no_value_can_lie():
    row = of([0.1, 0.3])
    assert (row["ci_low"], row["ci_high"]) == (0, pytest.approx(0.2 + 12.7062 * 0.1, abs=1e-4))
    assert mean_text(row) == "0.20% [0.00, 1.47]"


def test_one_seed_has_a_mean_and_no_interval():
    row = of([42.0])
    assert row[["ci_low", "ci_high", "std"]].isna().all()
    assert mean_text(row, " frames") == "42.0 frames"
    assert interval_sentence(1, 0.95) == "One seed gives no interval."


def test_a_run_without_a_value_does_not_count():
    assert of([10.0, float("nan"), 12.0])["n_seeds"] == 2
