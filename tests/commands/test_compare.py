"""``gaitcore compare``: what differs first, then each number on the probes that both have."""

import shutil

import pandas as pd
import pytest

from gaitcore.artefacts.run_record import read_run, write_run
from gaitcore.artefacts.subjects import write_subjects
from gaitcore.commands.comparison import number_lines, read_runs
from gaitcore.commands.line import main


def compare(capsys, *words):
    status = main(["compare", *map(str, words)])
    return status, capsys.readouterr()


def test_the_setting_that_differs_is_told_first(at_two_experiments, capsys):
    status, said = compare(capsys, "before", "results/small")
    assert status == 0
    lines = said.out.splitlines()
    assert lines[:3] == ["A: results/before", "B: results/small", ""]
    assert lines[3].split() == ["differs", "A", "B"]
    assert [line.split() for line in lines[5:7]] == [["training.learning_rate", "0.0001", "0.006"], []]
    assert lines[7] == "gaitmixer: 1 and 1 seeds, 2 common subjects; percent"


def test_an_experiment_beside_itself_differs_in_nothing(at_two_experiments, capsys):
    said = compare(capsys, "small", "small")[1].out
    assert "Settings, data, code and machine are the same." in said
    rank1 = next(line.split() for line in said.splitlines() if line.startswith("mean") and "rank1" in line)
    assert rank1[4:] == ["+0.0", "[+0.0,", "+0.0]", "1.000"]


@pytest.fixture
def by_hand(two_experiments, tmp_path):
    """Two results folders whose subjects.csv are written by hand: {letter: {seed: rows}}."""

    def make(runs):
        for letter, seeds in runs.items():
            for seed, rows in seeds.items():
                run = tmp_path / letter / "gaitmixer" / f"seed-{seed}"
                shutil.copytree(two_experiments / "results/small/gaitmixer/seed-0", run)
                write_run(read_run(run / "run.json").model_copy(update={"seed": seed}), run / "run.json")
                columns = ["condition", "view", "subject", "probes", "rank1", "rank5", "mAP"]
                write_subjects(pd.DataFrame(rows, columns=columns), run / "subjects.csv")
        return read_runs(str(tmp_path / "a")), read_runs(str(tmp_path / "b"))

    return make


def rows_of(accuracies, condition="nm", view="090"):
    return [(condition, view, subject, 2, value, 1.0, value) for subject, value in accuracies.items()]


def table(lines):
    return {tuple(line.split()[:2]): line.split()[2:] for line in lines[1].splitlines() if "rank1" in line}


def test_numbers_are_of_the_common_subjects_and_the_others_are_told(by_hand):
    a = rows_of({"1": 0.5, "2": 0.5, "3": 0.0})
    b = rows_of({"1": 1.0, "2": 1.0, "4": 1.0})
    lines = number_lines(*by_hand({"a": {0: a}, "b": {0: b}}), "gaitmixer", "gaitmixer")
    assert lines[:2] == ["", "gaitmixer: 1 and 1 seeds, 2 common subjects; percent"]
    found = table(lines[1:])
    # Two subjects who both gain: two of the four sign flips are as extreme, so p is 0.5.
    assert found["nm", "rank1"] == ["50.0", "100.0", "+50.0", "[+50.0,", "+50.0]", "0.500"]
    assert lines[3] == "Left out: 2 rows of subjects.csv whose probes the other experiment does not have."


def test_conditions_are_in_the_experiments_order(by_hand):
    rows = [*rows_of({"1": 0.5}, "bg"), *rows_of({"1": 0.5}, "cl"), *rows_of({"1": 0.5}, "nm")]
    _, *lines = number_lines(*by_hand({"a": {0: rows}, "b": {0: rows}}), "gaitmixer", "gaitmixer")
    assert [condition for condition, _ in table(lines)] == ["nm", "bg", "cl", "mean"]


def test_the_test_is_over_the_seeds_that_both_have(by_hand):
    a = {0: rows_of({"1": 0.5, "2": 0.0}), 1: rows_of({"1": 0.0, "2": 0.0})}
    b = {0: rows_of({"1": 0.5, "2": 0.5}), 2: rows_of({"1": 1.0, "2": 1.0})}
    lines = number_lines(*by_hand({"a": a, "b": b}), "gaitmixer", "gaitmixer")
    assert table(lines[1:])["nm", "rank1"][:3] == ["12.5", "75.0", "+25.0"]


def test_without_a_common_seed_there_is_no_test(by_hand):
    lines = number_lines(
        *by_hand({"a": {0: rows_of({"1": 0.5, "2": 0.0})}, "b": {1: rows_of({"1": 1.0, "2": 1.0})}}),
        *("gaitmixer", "gaitmixer"),
    )
    assert table(lines[1:])["nm", "rank1"] == ["25.0", "100.0", "+75.0"]
    assert lines[-1] == "No test: the two have no seed in common."


def test_without_a_common_probe_nothing_is_compared(by_hand):
    lines = number_lines(
        *by_hand({"a": {0: rows_of({"1": 0.5})}, "b": {0: rows_of({"2": 1.0})}}), "gaitmixer", "gaitmixer"
    )
    assert lines == ["", "gaitmixer: no probe in common, so that no number can be compared."]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("smal", "small"), "'smal': no such folder, expected that of an experiment, e.g. results/demo.\n"),
        (
            ("config.yaml", "small"),
            "'config.yaml': no such folder, expected that of an experiment, e.g. results/demo.\n",
        ),
        (
            ("small", "demo"),
            "results/demo: no such folder, the experiment has not been run; run it with: snakemake --cores 8 tables "
            "--config experiment=demo\n",
        ),
        (
            ("experiments", "small"),
            "experiments: no evaluated run in it, expected SYSTEM/seed-0/metrics.json; run the workflow first.\n",
        ),
        (
            ("small", "before", "--systems", "gaitmixer", "gaitmixr"),
            'results/before has no system "gaitmixr"; did you mean "gaitmixer"?\n',
        ),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(at_two_experiments, capsys, words, sentence):
    assert compare(capsys, *words) == (1, ("", sentence))
