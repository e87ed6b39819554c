"""Means, spreads, intervals and tests against values worked out by hand or by a plain loop."""

import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest

from gaitcore.artefacts.summary import DIFFERENCE
from gaitcore.errors import DataError
from gaitcore.evaluation.statistics import NO_SEED, summarise

COLUMNS = ["system", "seed", "condition", "view", "subject", "probes", "rank1", "rank5", "mAP"]
SUMMARY_COLUMNS = [
    *("system", "condition", "view", "metric", "mean", "std", "ci_low", "ci_high", "n_seeds", "n_subjects"),
    *("p_value", "p_value_holm"),
]


def results(*rows: tuple) -> pd.DataFrame:
    """Rows of (system, seed, condition, view, subject, probes, rank1); rank-5 is 1 and mAP half of rank-1."""
    return pd.DataFrame([(*row, 1.0, row[-1] / 2) for row in rows], columns=COLUMNS)


def one_cell(accuracies: dict[str, list[list[float]]]) -> pd.DataFrame:
    """One condition, one view, one probe; per system a list over seeds of a list over subjects."""
    return results(
        *(
            (system, seed, "nm", 0, f"{subject:03d}", 1, value)
            for system, seeds in accuracies.items()
            for seed, values in enumerate(seeds)
            for subject, value in enumerate(values)
        )
    )


def row(summary: pd.DataFrame, system: str, condition: str, view: str, metric: str = "rank1") -> pd.Series:
    found = summary[
        (summary[["system", "condition", "view", "metric"]] == [system, condition, view, metric]).all(axis=1)
    ]
    assert len(found) == 1
    return found.iloc[0]


@pytest.fixture
def uneven() -> pd.DataFrame:
    """Two seeds; in view 0 subject 001 has three probes and 002 one, in view 90 only 002 has any; bg has view 0."""
    return results(
        *(("m", 0, "nm", 0, "001", 3, 1.0), ("m", 0, "nm", 0, "002", 1, 0.2), ("m", 0, "nm", 90, "002", 2, 0.4)),
        *(("m", 1, "nm", 0, "001", 3, 0.6), ("m", 1, "nm", 0, "002", 1, 0.2), ("m", 1, "nm", 90, "002", 2, 0.6)),
        *(("m", 0, "bg", 0, "001", 2, 0.3), ("m", 1, "bg", 0, "001", 2, 0.1)),
    )


def test_means_weigh_probes_within_a_view_and_views_and_conditions_equally(uneven):
    summary = summarise(uneven)
    assert list(summary.columns) == SUMMARY_COLUMNS
    # View 0: (3 x 1.0 + 0.2) / 4 = 0.8 and (3 x 0.6 + 0.2) / 4 = 0.5; view 90: 0.4 and 0.6.
    assert row(summary, "m", "nm", "0")["mean"] == pytest.approx(0.65)
    assert row(summary, "m", "nm", "90")["mean"] == pytest.approx(0.5)
    assert row(summary, "m", "nm", "mean")["mean"] == pytest.approx((0.65 + 0.5) / 2)
    assert row(summary, "m", "bg", "mean")["mean"] == pytest.approx(0.2)
    assert row(summary, "m", "mean", "mean")["mean"] == pytest.approx((0.575 + 0.2) / 2)
    assert row(summary, "m", "mean", "mean", "mAP")["mean"] == pytest.approx((0.575 + 0.2) / 4)
    assert row(summary, "m", "mean", "mean", "rank5")["mean"] == 1.0


def test_the_spread_is_the_sample_standard_deviation_over_seeds_of_the_same_number(uneven):
    summary = summarise(uneven)
    assert row(summary, "m", "nm", "0")["std"] == pytest.approx(np.std([0.8, 0.5], ddof=1))
    assert row(summary, "m", "nm", "mean")["std"] == pytest.approx(np.std([0.6, 0.55], ddof=1))
    assert row(summary, "m", "mean", "mean")["std"] == pytest.approx(np.std([0.45, 0.325], ddof=1))


def test_rows_are_cells_then_conditions_then_the_overall_mean_with_their_counts(uneven):
    rank1 = summarise(uneven).query("metric == 'rank1'")
    assert rank1[["condition", "view", "n_subjects"]].values.tolist() == [
        ["nm", "0", 2],
        ["nm", "90", 1],
        ["bg", "0", 1],
        ["nm", "mean", 2],
        ["bg", "mean", 1],
        ["mean", "mean", 2],
    ]
    assert rank1["n_seeds"].unique().tolist() == [2]


def test_with_one_seed_there_is_no_spread_and_only_subjects_are_resampled():
    found = row(summarise(one_cell({"m": [[0.0, 1.0]]}), confidence=0.4), "m", "nm", "0")
    # Two subjects drawn of {0, 1}: mean 0, 0.5, 1 with probability 1/4, 1/2, 1/4; so the middle 40 % is 0.5.
    assert (found["mean"], found["ci_low"], found["ci_high"], found["n_seeds"]) == (0.5, 0.5, 0.5, 1)
    assert np.isnan(found["std"])
    wide = row(summarise(one_cell({"m": [[0.0, 1.0]]}), confidence=0.95), "m", "nm", "0")
    assert (wide["ci_low"], wide["ci_high"]) == (0.0, 1.0)


def test_seeds_are_resampled_too():
    # All subjects agree within a seed, so every bit of the interval is from drawing the two seeds.
    found = row(summarise(one_cell({"m": [[0.2] * 9, [0.6] * 9]})), "m", "nm", "0")
    assert (found["ci_low"], found["ci_high"]) == (0.2, 0.6)


def loop_bootstrap(frame: pd.DataFrame, resamples: int) -> np.ndarray:
    """(resamples, 2) accuracy of nm at 0 degrees and overall mean, drawn and computed one by one."""
    rng = np.random.default_rng(7)
    table = {key: list(group.itertuples()) for key, group in frame.groupby(["seed", "subject"])}
    seeds, subjects = frame["seed"].unique(), frame["subject"].unique()
    found = []
    for _ in range(resamples):
        drawn_subjects = rng.choice(subjects, len(subjects))
        per_seed = []
        for seed in rng.choice(seeds, len(seeds)):
            drawn: dict[tuple[str, int], list[float]] = {}
            for subject in drawn_subjects:
                for probe in table[seed, subject]:
                    drawn.setdefault((probe.condition, probe.view), []).extend([probe.rank1] * probe.probes)
            cells = {cell: np.mean(values) for cell, values in drawn.items()}
            by_condition: dict[str, list[float]] = {}
            for (condition, _view), value in cells.items():
                by_condition.setdefault(condition, []).append(value)
            overall = np.mean([np.mean(values) for values in by_condition.values()])
            per_seed.append((cells.get(("nm", 0), np.nan), overall))
        found.append(np.mean(per_seed, axis=0))
    return np.array(found)


def crossed(seed: int = 0) -> pd.DataFrame:
    """Three seeds, eight subjects, uneven probes; view 90 of bg is seen by two subjects only."""
    rng = np.random.default_rng(seed)
    of_subject, of_seed = rng.normal(0, 0.15, 8), rng.normal(0, 0.1, 3)
    rows = []
    for (condition, view), subject in product([("nm", 0), ("nm", 90), ("bg", 0), ("bg", 90)], range(8)):
        if (condition, view) == ("bg", 90) and subject > 1:
            continue
        probes = 1 + (subject + view) % 3
        for run in range(3):
            value = np.clip(0.6 - 0.2 * (condition == "bg") + of_subject[subject] + of_seed[run], 0, 1)
            rows.append(("m", run, condition, view, f"{subject:03d}", probes, value))
    return results(*rows)


def test_the_interval_agrees_with_a_loop_that_draws_subjects_and_seeds():
    summary = summarise(crossed(), resamples=20_000)
    found = [row(summary, "m", "nm", "0"), row(summary, "m", "mean", "mean")]
    expected = np.nanquantile(loop_bootstrap(crossed(), 1500), [0.025, 0.975], axis=0)
    # About three standard errors of the quantiles of 1,500 draws.
    np.testing.assert_allclose([f["ci_low"] for f in found], expected[0], atol=0.015)
    np.testing.assert_allclose([f["ci_high"] for f in found], expected[1], atol=0.015)
    assert all(f["ci_high"] - f["ci_low"] > 0.1 for f in found)


def test_a_view_that_no_drawn_subject_has_is_absent_from_that_resample_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summary = summarise(crossed())
    assert summary[["mean", "std", "ci_low", "ci_high"]].notna().all(axis=None)


def test_everything_right_has_the_interval_1_to_1_and_no_spread():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        summary = summarise(one_cell({"a": [[1.0] * 5] * 3, "b": [[1.0] * 5] * 3}))
    overall = row(summary, "a", "mean", "mean")
    assert overall[["mean", "std", "ci_low", "ci_high"]].tolist() == [1.0, 0.0, 1.0, 1.0]
    difference = row(summary, "a - b", "mean", "mean", "rank1_difference")
    assert difference[["mean", "std", "ci_low", "ci_high", "p_value"]].tolist() == [0.0, 0.0, 0.0, 0.0, 1.0]


def test_one_subject_gives_a_mean_but_no_interval_and_no_test():
    summary = summarise(one_cell({"a": [[0.5], [0.7]], "b": [[0.1], [0.2]]}))
    found = row(summary, "a", "nm", "0")
    assert (found["mean"], found["n_subjects"]) == (0.6, 1)
    assert found[["ci_low", "ci_high"]].isna().all()
    assert row(summary, "a - b", "nm", "mean", "rank1_difference")[["p_value", "p_value_holm"]].isna().all()


def test_the_paired_p_value_is_the_share_of_sign_flips_at_least_as_far_from_zero():
    a, b = [0.9, 0.8, 0.7, 0.6, 0.5], [0.6, 0.6, 0.6, 0.7, 0.3]
    differences = np.subtract(a, b)  # 0.3, 0.2, 0.1, -0.1, 0.2
    flips = np.array(list(product([1, -1], repeat=5)))
    expected = np.mean(np.abs(flips @ differences) >= abs(differences.sum()) - 1e-9)
    assert expected == 6 / 32  # sums of 0.7 or more: all positive, or one of the two 0.1 negative; twice
    found = row(summarise(one_cell({"a": [a], "b": [b]})), "a - b", "nm", "mean", "rank1_difference")
    assert found["mean"] == pytest.approx(0.14)
    assert found["p_value"] == expected


def test_beyond_13_subjects_the_p_value_comes_from_random_flips():
    rng = np.random.default_rng(5)
    a, b = 0.5 + rng.uniform(-0.2, 0.3, 15), np.full(15, 0.5)
    flips = np.array(list(product([1, -1], repeat=15)))
    expected = np.mean(np.abs(flips @ (a - b)) >= abs((a - b).sum()) - 1e-9)
    found = row(summarise(one_cell({"a": [a], "b": [b]})), "a - b", "nm", "mean", "rank1_difference")
    assert 0.01 < expected < 0.5
    assert found["p_value"] == pytest.approx(expected, abs=0.02)


def test_the_test_is_over_subjects_after_averaging_over_seeds():
    a = one_cell({"a": [[0.9, 0.5, 0.8], [0.7, 0.7, 0.8]], "b": [[0.5, 0.4, 0.7], [0.5, 0.4, 0.7]]})
    found = row(summarise(a), "a - b", "nm", "mean", "rank1_difference")
    # Three subjects, all in favour of a: 2 of the 8 flips are as far from zero, however many seeds there are.
    assert found["p_value"] == 2 / 8
    assert found["mean"] == pytest.approx(np.mean([0.3, 0.2, 0.1]))
    assert found["std"] == pytest.approx(np.std([(0.4 + 0.1 + 0.1) / 3, (0.2 + 0.3 + 0.1) / 3], ddof=1), abs=1e-12)


def test_the_test_leaves_out_subjects_without_probes_in_the_condition():
    cells = [("nm", f"{subject:03d}") for subject in range(6)] + [("bg", f"{subject:03d}") for subject in range(3)]
    rows = [(system, 0, condition, 0, subject, 1, value) for condition, subject in cells for system, value in LEVELS]
    summary = summarise(results(*rows))
    found = [row(summary, "a - b", condition, "mean", "rank1_difference") for condition in ("nm", "bg", "mean")]
    assert [f["p_value"] for f in found] == [2 / 64, 2 / 8, 2 / 64]
    assert [f["n_subjects"] for f in found] == [6, 3, 6]


LEVELS = (("a", 0.7), ("b", 0.4))


def test_a_difference_is_the_difference_of_the_tabled_means_also_with_uneven_probes():
    a = crossed(0)
    b = crossed(1).assign(system="b")
    summary = summarise(pd.concat([a, b]))
    for condition in ("nm", "bg", "mean"):
        means = [row(summary, system, condition, "mean")["mean"] for system in ("m", "b")]
        found = row(summary, "m - b", condition, "mean", "rank1_difference")
        assert found["mean"] == pytest.approx(means[0] - means[1])
        assert found["ci_low"] < found["mean"] < found["ci_high"]


def test_differences_use_the_seeds_both_systems_have():
    frame = one_cell({"a": [[0.5, 0.5], [0.7, 0.7], [0.9, 0.9]], "b": [[0.4, 0.4], [0.6, 0.6]]})
    found = row(summarise(frame), "a - b", "nm", "mean", "rank1_difference")
    assert found["mean"] == pytest.approx(0.1)
    assert found["n_seeds"] == 2
    only = frame[~((frame["system"] == "b") & (frame["seed"] == 0)) & ~((frame["system"] == "a") & (frame["seed"] > 0))]
    assert "a - b" not in set(summarise(only)["system"])


def test_p_values_are_adjusted_after_holm_within_a_condition():
    rng = np.random.default_rng(3)
    easy = rng.uniform(0.3, 0.6, 8)
    frame = one_cell({"a": [easy + 0.3], "b": [easy + rng.uniform(0, 0.3, 8)], "c": [easy + rng.uniform(0, 0.2, 8)]})
    pairs = summarise(frame).query("metric == 'rank1_difference' and condition == 'nm'")
    p_values = pairs["p_value"].to_numpy()
    low, middle, high = np.argsort(p_values, kind="stable")
    expected = np.zeros(3)
    expected[low] = 3 * p_values[low]
    expected[middle] = max(expected[low], 2 * p_values[middle])
    expected[high] = min(1, max(expected[middle], p_values[high]))
    assert pairs["p_value_holm"].tolist() == pytest.approx(expected.tolist())


def test_the_summary_is_the_same_every_time_whatever_the_order_of_rows():
    frame = pd.concat([crossed(0), crossed(1).assign(system="b")], ignore_index=True)
    shuffled = pd.concat([frame.iloc[[0, -1]], frame.iloc[1:-1].sample(frac=1, random_state=0)])
    by_key = ["system", "condition", "view", "metric"]
    first, second = (summarise(rows).sort_values(by_key, ignore_index=True) for rows in (frame, shuffled))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert not summarise(frame, seed=1)["ci_low"].equals(summarise(frame)["ci_low"])


def test_a_systems_rows_do_not_depend_on_the_other_systems():
    both = summarise(pd.concat([crossed(0), crossed(1).assign(system="b")]))
    alone = summarise(crossed(0))
    pd.testing.assert_frame_equal(both[both["system"] == "m"], alone, check_exact=True, check_dtype=False)


def test_runs_of_a_system_measured_on_different_probes_are_refused():
    frame = one_cell({"a": [[0.5, 0.5], [0.5, 0.5]]})
    frame.loc[3, "probes"] = 2
    with pytest.raises(DataError) as error:
        summarise(frame)
    assert str(error.value) == (
        "a seed 0 and a seed 1 were measured on different probes (1 and 2 of subject 001 in nm at 0 degrees); "
        "measure all runs on one split."
    )


def test_systems_with_different_probes_have_rows_of_their_own_and_are_not_compared():
    frame = one_cell({"a": [[1.0, 0.0]], "b": [[1.0, 0.0]], "c": [[0.0, 1.0]]})
    frame.loc[(frame["system"] == "b") & (frame["subject"] == frame["subject"].max()), "probes"] = 3
    summary = summarise(frame)
    means = summary[(summary["metric"] == "rank1") & (summary["condition"] == "mean")].set_index("system")["mean"]
    assert means.to_dict() == {"a": 0.5, "b": 0.25, "c": 0.5}
    assert set(summary.loc[summary["metric"] == DIFFERENCE, "system"]) == {"a - c"}


def test_a_missing_column_a_value_that_is_no_fraction_and_a_repeated_row_are_refused():
    frame = one_cell({"a": [[0.5, 0.5]]})
    with pytest.raises(DataError) as error:
        summarise(frame.drop(columns="rank1"))
    assert str(error.value) == (
        "The results by subject lack the column 'rank1'; expected system, seed, condition, view, subject, probes, "
        "rank1."
    )
    with pytest.raises(DataError) as error:
        summarise(frame.assign(mAP=[0.25, np.nan]))
    assert str(error.value) == (
        "The results by subject hold rank1 0.5, rank5 1.0, mAP 0.25 for a seed 0, nm at 0 degrees, subject 000; "
        "expected fractions from 0 to 1, or all metrics of one evaluation."
    )
    with pytest.raises(DataError) as error:
        summarise(frame.assign(rank1=[0.5, 94.9]))
    assert str(error.value) == (
        "The results by subject hold rank1 94.9, rank5 1.0, mAP 0.25 for a seed 0, nm at 0 degrees, subject 001; "
        "expected fractions from 0 to 1, or all metrics of one evaluation."
    )
    with pytest.raises(DataError) as error:
        summarise(pd.concat([frame, frame.iloc[:1]]))
    assert str(error.value) == (
        "The results by subject hold two rows for a seed 0, nm at 0 degrees, subject 000; expected one."
    )
    with pytest.raises(DataError) as error:
        summarise(frame.iloc[:0])
    assert str(error.value) == "The results by subject hold no probe, so there is nothing to summarise."


def test_weights_from_a_file_have_no_seed_and_are_paired_with_every_run_of_another_system():
    by_subject = one_cell({"a": [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]], "file": [[1.0, 1.0, 1.0]]})
    by_subject.loc[by_subject["system"] == "file", "seed"] = NO_SEED
    summary = summarise(by_subject)
    alone = row(summary, "file", "nm", "mean")
    assert (alone["mean"], alone["n_seeds"], alone["n_subjects"]) == (1.0, 0, 3)
    assert np.isnan(alone["std"])
    pair = row(summary, "a - file", "nm", "mean", DIFFERENCE)
    assert pair["mean"] == pytest.approx((2 / 3 + 1 / 3) / 2 - 1)
    assert pair["n_seeds"] == 2
    reverse = summarise(by_subject.iloc[::-1])
    assert row(reverse, "file - a", "nm", "mean", DIFFERENCE)["mean"] == pytest.approx(1 - (2 / 3 + 1 / 3) / 2)
