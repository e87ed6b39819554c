"""The statistics of all runs, from each run's subjects.csv."""

import re

import pandas as pd
import pytest

from gaitcore.artefacts.subjects import write_subjects
from gaitcore.errors import DataError
from gaitcore.evaluation.summary import summarise_runs
from gaitcore.settings.statistics import Statistics


@pytest.fixture
def runs(tmp_path):
    """Two seeds of a system, each with three subjects in two views."""
    rows = [("nm", view, subject, 2, 0.5, 1.0, 0.7) for view in ("000", "090") for subject in ("4", "5", "6")]
    table = pd.DataFrame(rows, columns=["condition", "view", "subject", "probes", "rank1", "rank5", "mAP"])
    paths = [tmp_path / f"seed-{seed}.csv" for seed in (0, 1)]
    for path in paths:
        write_subjects(table, path)
    return {("gaitmixer", seed): path for seed, path in enumerate(paths)}


def summarise(runs, tmp_path):
    summarise_runs(
        runs.items(),
        Statistics(confidence=0.95, resamples=20, seed=0),
        tmp_path / "summary.csv",
        tmp_path / "rank1.json",
    )


def test_runs_of_the_same_probes_are_summarised(runs, tmp_path):
    summarise(runs, tmp_path)
    summary = pd.read_csv(tmp_path / "summary.csv")
    assert set(summary["n_subjects"]) == {3}


def test_the_overall_comparison_stands_for_the_mean_of_those_that_share_probes(tmp_path):
    rows = [
        (name, "000", subject, 2, *[rank1] * 3) for name, rank1 in (("Bag", 0.5), ("All", 1.0)) for subject in "456"
    ]
    table = pd.DataFrame(rows, columns=["condition", "view", "subject", "probes", "rank1", "rank5", "mAP"])
    runs = [((system, 0), tmp_path / f"{system}.csv") for system in ("gaitmixer", "gaitformer")]
    for _, path in runs:
        write_subjects(table, path)
    means = {}
    for overall in (None, "All"):
        settings = Statistics(confidence=0.95, resamples=20, seed=0, overall=overall)
        summarise_runs(runs, settings, tmp_path / "summary.csv")
        summary = pd.read_csv(tmp_path / "summary.csv")
        rank1 = summary[
            (summary["system"] == "gaitmixer") & (summary["metric"] == "rank1") & (summary["view"] == "mean")
        ]
        means[overall] = dict(zip(rank1["condition"], rank1["mean"], strict=True))
        assert (summary["metric"] == "rank1_difference").sum() == 3  # Bag, All and their mean
    assert means == {None: {"Bag": 0.5, "All": 1.0, "mean": 0.75}, "All": {"Bag": 0.5, "All": 1.0, "mean": 1.0}}


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        (4, ": other probes than in {first} (3 and 6 rows); delete both and run again."),
        (1, ": has no rows, expected one for each condition, view and subject; delete it and run again."),
        (0, ": empty, expected CSV with a header; delete it and run again."),
    ],
)
def test_a_file_that_lost_rows_is_refused(runs, tmp_path, kept, sentence):
    path = runs["gaitmixer", 1]
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:kept]))
    expected = f"{path}{sentence.format(first=runs['gaitmixer', 0])}"
    with pytest.raises(DataError, match=f"^{re.escape(expected)}$"):
        summarise(runs, tmp_path)
    assert not (tmp_path / "summary.csv").exists()


def test_the_log_has_the_conditions_in_the_tables_order_and_their_mean_last(tmp_path, caplog):
    rows = [(name, "000", "4", 2, 0.5, 1.0, 0.7) for name in ("bg", "cl", "nm")]
    table = pd.DataFrame(rows, columns=["condition", "view", "subject", "probes", "rank1", "rank5", "mAP"])
    write_subjects(table, tmp_path / "subjects.csv")
    runs = [(("gaitmixer", 0), tmp_path / "subjects.csv")]
    statistics = Statistics(confidence=0.95, resamples=20, seed=0)
    with caplog.at_level("INFO"):
        summarise_runs(runs, statistics, tmp_path / "summary.csv", conditions=("nm", "bg", "cl"))
    assert [message.partition(":")[0] for message in caplog.messages] == [
        f"gaitmixer, {name}" for name in ("nm", "bg", "cl", "mean")
    ]
