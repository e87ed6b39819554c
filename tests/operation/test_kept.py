"""A job whose inputs, settings and code are those of the last time takes its files of the last time."""

from pathlib import Path

import pytest

from gaitcore.audit.receipts import checked_inputs, read_receipts
from gaitcore_workflow.kept import discard, forget, keep, restore

POSES, SPLIT = "results/tiny/poses.parquet", Path("results/tiny/split.csv")
LOG, BENCHMARK = Path("results/tiny/logs/splits.log"), Path("results/tiny/benchmarks/splits.tsv")


@pytest.fixture
def planned(results):
    """The split's job, planned again: Snakemake has deleted its files, and writes over log and benchmark in place."""
    place = results.make("splits", "splits", [POSES], [SPLIT])
    results.write_manifest()
    keep(place)
    place.receipt.unlink()
    SPLIT.unlink()
    for path in (LOG, BENCHMARK):
        path.write_text("written over")
    return place


def kept_text():
    return [path.read_text() for path in (SPLIT, LOG)]


def test_the_same_inputs_settings_and_code_give_the_files_back(planned):
    receipts = read_receipts(planned.folder)
    assert restore(planned, "splits", "0", checked_inputs(planned, [POSES]))
    assert kept_text() == ["split.csv by splits", "splits.log by splits"]
    assert set(read_receipts(planned.folder)) == {*receipts, "splits"}
    discard(planned.folder)
    assert BENCHMARK.read_text() == "splits.tsv by splits"  # that of the run that took the time
    assert not Path("results/tiny/.kept").exists()


@pytest.mark.parametrize(
    ("rule", "parameters", "inputs"), [("train", "0", None), ("splits", "1", None), ("splits", "0", {})]
)
def test_another_rule_setting_or_input_makes_the_files_anew(planned, rule, parameters, inputs):
    assert not restore(planned, rule, parameters, checked_inputs(planned, [POSES]) if inputs is None else inputs)
    assert not SPLIT.exists()
    discard(planned.folder)
    assert BENCHMARK.read_text() == "written over"


def test_a_forced_run_and_a_changed_copy_make_the_files_anew(planned):
    kept = Path("results/tiny/.kept/split.csv")
    kept.write_text(kept.read_text().replace("by", "BY"))
    assert not restore(planned, "splits", "0", checked_inputs(planned, [POSES]))
    forget(planned)
    assert not restore(planned, "splits", "0", checked_inputs(planned, [POSES]))


def test_a_job_that_lost_a_file_is_not_kept(results):
    place = results.make("splits", "splits", [POSES], [SPLIT])
    SPLIT.unlink()
    keep(place)
    assert not restore(place, "splits", "0", checked_inputs(place, [POSES]))
