"""Mean and interval over seeds."""

import pandas as pd
import pytest

from gaitcore.reporting.figures.over_seeds import interval_sentence, mean_text, most_seeds, over_seeds


def of(values, within=(0, 100)):
    numbers = pd.DataFrame({"system": "a", "seed": range(len(values)), "share": values})
    return over_seeds(numbers, ["system"], "share", 0.95, within).iloc[0]


def test_from_five_seeds_on_the_interval_is_students():
    row = of([10.0, 12.0, 13.0, 14.0, 16.0])  # mean 13, standard deviation sqrt(5), t(0.975, 4) = 2.776445
    assert row["mean"] == 13
    assert row["ci_low"] == pytest.approx(13 - 2.776445)
    assert row["ci_high"] == pytest.approx(13 + 2.776445)
    assert mean_text(row) == "13.0% [10.2, 15.8]"
    assert interval_sentence(5, 0.95) == "In brackets: the 95% interval (Student's t) over 5 seeds."


def test_it_ends_where_no_value_can_lie():
    row = of([0.0, 0.0, 0.0, 0.0, 1.0])  # mean 0.2, standard error 0.2
    assert (row["ci_low"], row["ci_high"]) == (0, pytest.approx(0.2 + 2.776445 * 0.2))
    assert mean_text(row) == "0.20% [0.00, 0.76]"


@pytest.mark.parametrize("seeds", [(10.0, 30.0), (10.0, 30.0, 20.0, 20.0)])
def test_fewer_than_five_seeds_are_named_and_have_no_interval(seeds):
    row = of(list(seeds))
    assert (row["mean"], row["values"]) == (20, seeds)
    assert row[["ci_low", "ci_high"]].isna().all()
    assert mean_text(row) == f"20.0% ({', '.join(f'{value:.1f}' for value in seeds)})"
    assert interval_sentence(len(seeds), 0.95) == (
        f"In parentheses: each of the {len(seeds)} seeds, which are too few for an interval."
    )


def test_one_seed_has_a_mean_and_no_interval():
    row = of([42.0])
    assert row[["ci_low", "ci_high", "std"]].isna().all()
    assert mean_text(row, " frames") == "42.0 frames"
    assert interval_sentence(1, 0.95) == "One seed gives no interval."


def test_a_run_without_a_value_does_not_count():
    row = of([10.0, float("nan"), 12.0])
    assert (row["n_seeds"], row["values"]) == (2, (10, 12))
    assert most_seeds(row.to_frame().T) == 2
