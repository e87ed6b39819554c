"""Finished files that DVC has not recorded are kept while its stages run; those that it has are in its cache."""

import hashlib
from pathlib import Path

import pytest
from results_folder import Results

from gaitcore.audit.receipts import add_benchmarks, checked_inputs
from gaitcore_workflow.kept import restore, return_benchmarks
from gaitcore_workflow.recorded import keep_unrecorded

POSES, SPLIT = "data/poses.csv", Path("results/tiny/split.csv")
RECORDS = [
    Path(f"results/tiny/{name}") for name in ("receipts/splits.json", "logs/splits.log", "benchmarks/splits.tsv")
]


@pytest.fixture
def splits(tmp_path, monkeypatch):
    """A finished job."""
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path(POSES).write_text("poses")
    place = Results().make("splits", "splits", [POSES], [SPLIT])
    add_benchmarks(place.folder)
    return place


def dvc_deletes():
    for path in (SPLIT, *RECORDS):
        path.unlink(missing_ok=True)


def test_what_dvc_has_not_recorded_is_there_again_after_dvc_deleted_it(splits):
    Path("dvc.lock").write_text(f"outs:\n  - path: results/tiny/split.csv\n    md5: {'0' * 32}\n")
    keep_unrecorded(splits.folder)
    dvc_deletes()
    keep_unrecorded(splits.folder)  # of a later stage, which runs Snakemake again
    assert restore(splits, "splits", "0", checked_inputs(splits, [POSES]))
    return_benchmarks(splits.folder)
    assert [path.read_text() for path in (SPLIT, *RECORDS[1:])] == [
        *("split.csv by splits", "splits.log by splits", "splits.tsv by splits")
    ]


def test_what_dvc_has_recorded_is_made_anew(splits):
    digest = hashlib.md5(splits.receipt.read_bytes()).hexdigest()
    Path("dvc.lock").write_text(f"    outs:\n    - path: {splits.receipt}\n      hash: md5\n      md5: {digest}\n")
    keep_unrecorded(splits.folder)
    dvc_deletes()
    assert not restore(splits, "splits", "0", checked_inputs(splits, [POSES]))
