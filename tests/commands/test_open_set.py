"""``gaitcore open-set``: the table of a finished experiment."""

import pandas as pd
import pytest

from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.summary import read_summary, write_summary
from gaitcore.commands.line import main


def test_the_table_has_eer_and_a_dash_for_what_too_few_pairs_tell(at_two_experiments, capsys):
    assert main(["open-set", "results/small"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["system", "condition", "EER", "TAR", "at", "FAR", "1.0%", "TAR", "at", "FAR", "0.1%"]
    measured = read_metrics("results/small/gaitmixer/seed-0/metrics.json").open_set["nm"]
    # 4 probes, of each the 2 gallery sequences of the other view
    assert (measured.genuine, measured.impostors) == (4, 4)
    assert measured.tar == {"0.01": None, "0.001": None}
    assert lines[2].split()[:3] == ["gaitmixer", "nm", f"{100 * measured.eer:.1f}"]
    assert lines[2].split()[-2:] == ["-", "-"]


def test_a_summary_of_an_earlier_release_is_one_sentence(tmp_path, monkeypatch, at_two_experiments, capsys):
    summary = read_summary("results/small/summary.csv")
    (tmp_path / "results/old").mkdir(parents=True)
    write_summary(pd.DataFrame(summary[summary["metric"] != "EER"]), tmp_path / "results/old/summary.csv")
    monkeypatch.chdir(tmp_path)
    assert main(["open-set", "old"]) == 1
    assert capsys.readouterr().err == (
        "results/old/summary.csv: no open-set figures, which an earlier release did not compute; delete it and run "
        "again.\n"
    )


@pytest.mark.parametrize("name", ["none"])
def test_an_experiment_that_was_not_run_is_one_sentence(at_two_experiments, capsys, name):
    assert main(["open-set", name]) == 1
    assert capsys.readouterr().err == "'none': no such folder, expected that of an experiment, e.g. results/demo.\n"
