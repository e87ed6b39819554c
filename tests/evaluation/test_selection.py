"""The best of many tries: its accuracy, how often it is chosen, and how optimistic it is, against plain loops."""

import math

import numpy as np
import pandas as pd
import pytest

from gaitcore.evaluation.selection import accuracies_of, choose, expected_maximum

CONDITIONS, VIEWS = ("nm", "bg"), ("0", "90")


def made_up(tries=3, seeds=(0, 1), subjects=6, seed=0):
    """subjects.csv of all runs; some subjects lack a view."""
    generator = np.random.default_rng(seed)
    rows = []
    for name in range(tries):
        for run in seeds:
            for condition in CONDITIONS:
                for view in VIEWS:
                    for subject in range(subjects):
                        if (subject, view) != (1, "90"):
                            probes = 1 + (subject % 2)
                            hits = generator.integers(0, probes, endpoint=True) / probes
                            rows.append((f"try_{name}", run, condition, view, str(subject), probes, hits))
    return pd.DataFrame(rows, columns=["system", "seed", "condition", "view", "subject", "probes", "rank1"])


def accuracy(rows, counts):
    """The mean over conditions of the mean over views of the share of hits, when subjects count so many times."""
    conditions = []
    for condition in CONDITIONS:
        views = []
        for view in VIEWS:
            cell = rows[(rows["condition"] == condition) & (rows["view"] == view)]
            weights = cell["probes"] * cell["subject"].map(lambda subject: counts[int(subject)])
            if weights.sum():
                views.append((cell["rank1"] * weights).sum() / weights.sum())
        if views:
            conditions.append(np.mean(views))
    return np.mean(conditions) if conditions else math.nan


def test_the_accuracy_of_a_try_is_the_mean_over_seeds_with_its_deviation():
    rows = made_up()
    found = accuracies_of(rows)
    for name in ("try_0", "try_1", "try_2"):
        by_seed = [accuracy(rows[(rows["system"] == name) & (rows["seed"] == seed)], [1] * 6) for seed in (0, 1)]
        assert found[name].means["mean"] == pytest.approx(np.mean(by_seed))
        assert found[name].means["mean"] == pytest.approx(np.mean([found[name].means[one] for one in CONDITIONS]))
        assert found[name].std == pytest.approx(np.std(by_seed, ddof=1))
        assert found[name].seeds == 2
    assert math.isnan(accuracies_of(made_up(seeds=(0,)))["try_0"].std)
    assert accuracies_of(pd.DataFrame()) == {}


def test_the_corrected_accuracy_is_that_of_the_winners_on_the_subjects_who_did_not_choose_them():
    rows, names = made_up(), ["try_0", "try_1", "try_2"]
    choice = choose(rows, resamples=200, seed=5)
    drawn = np.random.default_rng(5).multinomial(6, [1 / 6] * 6, 200)
    winners, beyond = [], []
    for counts in drawn:
        inside = [accuracy(rows[rows["system"] == name], counts) for name in names]
        winner = names[int(np.argmax(inside))]
        winners.append(winner)
        beyond.append(accuracy(rows[rows["system"] == winner], counts == 0))
    assert choice.corrected == pytest.approx(np.nanmean(beyond))
    assert choice.chosen == {name: pytest.approx(winners.count(name) / 200) for name in names}
    means = {name: accuracy(rows[rows["system"] == name], [1] * 6) for name in names}
    assert choice.best == max(means, key=means.get)
    assert choice.accuracy == pytest.approx(means[choice.best])
    assert choice.subjects == 6


def test_the_best_of_equally_good_tries_loses_its_lead_by_the_correction():
    choices = [choose(made_up(tries=20, seeds=(0,), subjects=12, seed=seed), resamples=300) for seed in range(8)]
    assert np.mean([choice.accuracy for choice in choices]) > 0.56  # the truth is 0.5
    assert np.mean([choice.corrected for choice in choices]) == pytest.approx(0.5, abs=0.03)


def test_the_lead_by_chance_is_the_expected_largest_of_normal_numbers_times_the_standard_error():
    rows = made_up(tries=4)
    deviations = [one.std for one in accuracies_of(rows).values()]
    error = math.sqrt(np.mean(np.square(deviations)) / 2)
    assert choose(rows, resamples=10).lead_by_chance == pytest.approx(error * expected_maximum(4))
    assert math.isnan(choose(made_up(seeds=(0,)), resamples=10).lead_by_chance)


def test_the_expected_largest_of_normal_numbers():
    assert expected_maximum(1) == pytest.approx(0)
    assert expected_maximum(2) == pytest.approx(1 / math.sqrt(math.pi))
    assert expected_maximum(3) == pytest.approx(1.5 / math.sqrt(math.pi))
    largest = np.random.default_rng(0).standard_normal((100_000, 20)).max(axis=1).mean()
    assert expected_maximum(20) == pytest.approx(largest, abs=0.01)


def test_one_subject_or_one_try_has_no_correction_and_no_try_no_choice():
    for rows in (made_up(subjects=1), made_up(tries=1)):
        choice = choose(rows, resamples=10)
        assert math.isnan(choice.corrected)
        assert choice.chosen == {}
    assert choose(pd.DataFrame()) is None
