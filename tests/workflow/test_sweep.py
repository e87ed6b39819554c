"""A sweep with real Snakemake: every try is trained and validated, nobody is tested, and a second run does nothing."""

import json

import pandas as pd
import pytest

from gaitcore.artefacts.subjects import read_subjects
from gaitcore.artefacts.sweep_tries import read_tries
from gaitcore.audit.manifest import check_manifest
from gaitcore.audit.trace_sweep import trace_sweep

pytestmark = pytest.mark.workflow

OVERLAY = """\
extends: tiny
data: {walkers: null}
protocol: {splits: {3/3: {train: 1-4, test: 5-6, validation: 3-4}}}
seeds: [0]
sweep: {system: gaitformer, settings: {training.learning_rate: [1.0e-3]}}
"""


def swept(workflow, *arguments):
    done = workflow.snakemake("sweep", *arguments, experiment="searched")
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_sweep_trains_and_validates_its_tries_tests_nobody_and_is_continued(finished):
    overlay = finished.folder / "experiments" / "searched.yaml"
    overlay.write_text(OVERLAY)
    swept(finished)
    results = finished.folder / "results" / "searched"
    (first,) = (results / "sweep").glob("try_*")
    assert {path.name for path in (first / "seed-0").iterdir()} == {
        *("weights.safetensors", "training.csv", "run.json", "metrics.json", "subjects.csv"),
    }
    assert set(read_subjects(first / "seed-0" / "subjects.csv")["subject"]) == {"003", "004"}
    assert json.loads((first / "seed-0" / "run.json").read_text())["training_subjects"] == 2
    assert not (results / "gaitformer").exists()
    assert not (results / "summary.csv").exists()
    assert check_manifest(results).passes
    assert trace_sweep(results / "sweep" / "sweep.csv", "1", "NM").holds
    assert "Nothing to be done" in swept(finished)
    written = (first / "seed-0" / "weights.safetensors").stat().st_mtime_ns
    overlay.write_text(OVERLAY.replace("[1.0e-3]", "[1.0e-3, 1.0e-2]"))
    assert finished.planned(swept(finished, "-n")) == {"train_try": 1, "validate_try": 1, "write_sweep": 1, "sweep": 1}
    swept(finished)
    assert (first / "seed-0" / "weights.safetensors").stat().st_mtime_ns == written
    tries = read_tries(results / "sweep" / "sweep.csv")
    assert set(tries["training.learning_rate"]) == {"0.001", "0.01"}
    assert pd.notna(tries["rank1_percent"]).all()
    assert check_manifest(results).passes


def test_an_experiment_without_a_sweep_says_so(finished):
    done = finished.snakemake("sweep", "-n")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == (
        "sweep: tiny has no sweep; the section sweep says what is tried, as in experiments/demo_sweep.yaml."
    )
