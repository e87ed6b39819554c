"""Weights that travel: evaluated without training, from one data set to another, and as the start of a training."""

import csv
import hashlib
import json
import re
import subprocess
import sys

import pytest
import torch
from places import REAL_DATA
from safetensors.torch import load_file

pytestmark = pytest.mark.workflow

AUTHORS = (  # our names of GaitMixer's weights, and the authors', in whose files they are
    (r"spatial\.embed\.", "spatial_joint_to_embedding."),
    (r"spatial\.joint_embedding", "spatial_pos_embed"),
    (r"spatial\.blocks\.", "spatial_blocks."),
    (r"spatial\.norm\.", "spatial_norm."),
    (r"temporal\.(\d+)\.widen_norm\.", lambda match: f"conv{int(match[1]) + 1}.bn_skip."),
    (r"temporal\.(\d+)\.widen\.", lambda match: f"conv{int(match[1]) + 1}.linear."),
    (r"temporal\.(\d+)\.norm\.", lambda match: f"conv{int(match[1]) + 1}.bn."),
    (r"temporal\.(\d+)\.", lambda match: f"conv{int(match[1]) + 1}.conv."),
    (r"head_norm\.", "head.0."),
    (r"head\.(?!\d)", "head.1."),
)
RELEASED = """\
extends: tiny
data: {walkers: null}
protocol:
  split: nobody
  splits: {nobody: {train: [], test: 4-6}}
compare: [gaitmixer_released]
systems:
  gaitmixer_released:
    like: gaitmixer
    title: GaitMixer, released
    weights: {path: data/raw/released.pt, sha256: DIGEST, trained_on: {dataset: CASIA-B, fps: 25, pose_source: HRNet}}
"""
OTHER = """\
extends: tiny
data: {dataset: other walkers, path: data/raw/other/poses.csv, walkers: {subjects: 6, seed: 7}}
cross: tiny
"""
TUNED = """\
extends: tiny
data: {walkers: null}
compare: [gaitmixer]
seeds: [0]
training: {start_from: {experiment: tiny}}
"""


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def ask(workflow, *arguments):
    """Run ``python -m gaitcore`` in the workflow's folder: exit status, and all it printed."""
    command = [sys.executable, "-m", "gaitcore", *arguments]
    done = subprocess.run(
        command, **workflow.place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def add(workflow, name, overlay):
    (workflow.folder / "experiments" / f"{name}.yaml").write_text(overlay)


def release(workflow):
    """A file like those that authors release, with the weights of the finished run of seed 0."""
    state = load_file(workflow.results("gaitmixer/seed-0/weights.safetensors"))
    renamed = {}
    for key, tensor in state.items():
        pattern, name = next(pair for pair in AUTHORS if re.match(pair[0], key))
        renamed[re.sub(f"^{pattern}", name, key)] = tensor
    path = workflow.folder / "data" / "raw" / "released.pt"
    torch.save(renamed, path)
    return path


def test_released_weights_are_evaluated_where_nobody_trains(finished):
    path = release(finished)
    add(finished, "released", RELEASED.replace("DIGEST", sha256(path)))
    done = finished.snakemake("report", "tables", experiment="released")
    assert done.returncode == 0, done.stdout
    results = finished.folder / "results" / "released"
    run = results / "gaitmixer_released" / "imported"
    assert sorted(file.name for file in run.iterdir()) == [
        *("embeddings.parquet", "metrics.json", "run.json", "subjects.csv", "weights.safetensors"),
    ]
    own = json.loads(finished.results("gaitmixer/seed-0/metrics.json").read_text())
    assert json.loads((run / "metrics.json").read_text())["means"] == own["means"]  # the same network, the same people

    table = (results / "tables" / "table2.md").read_text()
    assert "GaitMixer, released¶" in table
    assert (
        f"- ¶ GaitMixer, released: weights from data/raw/released.pt, SHA-256 {sha256(path)}, not trained here; they "
        "were trained on CASIA-B. The poses are those of HRNet in training and of kinematic walkers here; their errors "
        "are different." in table
    )
    assert "Protocol: 3 test subjects, gallery" in table
    assert "Measured: weights from files; in brackets the 95% bootstrap interval over subjects only." in table
    assert "±" not in table.partition("Method")[2].partition("\n\n")[0]  # no spread: there is no seed
    assert r"GaitMixer, released$^{\P}$" in (results / "tables" / "table2.tex").read_text()
    cells = list(csv.DictReader((results / "tables" / "table2.csv").open()))
    assert {cell["n_seeds"] for cell in cells} == {""}
    assert not (results / "figures" / "training.png").exists()
    assert (results / "figures" / "frequency.png").exists()
    assert (
        "Nothing was trained here: 1 run with weights that were trained elsewhere."
        in (results / "reproduction.md").read_text()
    )

    status, told = ask(finished, "trace", "results/released/tables/table2.csv", "GaitMixer, released", "NM")
    assert status == 0, told
    said = " ".join(told.split())
    assert f" data/raw/released.pt {sha256(path)[:12]} run.json, 1 receipt " in said
    assert f" weights from data/raw/released.pt, SHA-256 {sha256(path)[:12]} " in said
    assert ask(finished, "check-manifest", "results/released")[0] == 0
    assert finished.jobs(experiment="released") == {}


def test_another_file_than_the_overlay_names_is_refused_in_one_sentence(finished):
    path = release(finished)
    add(finished, "changed", RELEASED.replace("DIGEST", "0" * 64))
    done = finished.snakemake("tables", experiment="changed")
    assert done.returncode != 0
    assert (
        f"data/raw/released.pt: its SHA-256 is {sha256(path)}, expected {'0' * 64} (weights.sha256); fetch the file "
        "again, or correct the digest." in done.stdout
    )
    add(finished, "missing", RELEASED.replace("DIGEST", "0" * 64).replace("released.pt", "none.pt"))
    done = finished.snakemake("tables", "-n", experiment="missing")
    assert "data/raw/none.pt: no such file, expected the weights that the overlay names." in done.stdout
    assert "Traceback" not in done.stdout


def test_the_runs_of_one_data_set_are_tested_on_another_and_the_matrix_is_traced(finished):
    add(finished, "other", OTHER)
    done = finished.snakemake("tables", "cross", experiment="other")
    assert done.returncode == 0, done.stdout
    results = finished.folder / "results" / "other"
    for seed in (0, 1):
        taken = results / "gaitmixer_from_tiny" / f"seed-{seed}" / "weights.safetensors"
        assert taken.read_bytes() == finished.results(f"gaitmixer/seed-{seed}/weights.safetensors").read_bytes()
    rows = [row for row in csv.DictReader((results / "cross" / "cross.csv").open()) if row["condition"] == "mean"]
    assert [(row["system"], row["trained_on"], row["tested_on"], row["n_seeds"]) for row in rows] == [
        (system, *place, "2")
        for system in ("gaitformer", "gaitmixer")
        for place in (("other", "other"), ("tiny", "other"), ("tiny", "tiny"))
    ]
    means = {
        name: json.loads((finished.folder / "results" / name / "rank1.json").read_text()) for name in ("other", "tiny")
    }
    for row in rows:
        mean = means[row["tested_on"]][row["tested_system"]]["mean"]
        assert float(row["rank1_percent"]) == pytest.approx(100 * mean, abs=1e-4)
    for suffix in ("tex", "md", "html", "pdf", "png", "txt"):
        assert (results / "cross" / f"cross.{suffix}").stat().st_size > 0

    cell = ("results/other/cross/cross.csv", "GaitMixer", "other", "--block", "tiny")
    status, told = ask(finished, "trace", *cell)
    assert status == 0, told
    source = finished.results("gaitmixer/seed-1/weights.safetensors")
    said = " ".join(told.split())
    assert f" results/tiny/gaitmixer/seed-1/weights.safetensors {sha256(source)[:12]} run.json, 1 receipt " in said
    assert " results/other/cross/cross.csv " in said.partition("recorded in")[2]
    assert ask(finished, "check-manifest", "results/other")[0] == 0
    content = source.read_bytes()
    try:
        source.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        status, told = ask(finished, "trace", *cell)
        assert status == 1
        assert "NOT traced: results/tiny/gaitmixer/seed-1/weights.safetensors is not the file that run.json" in told
        done = finished.snakemake("tables", "--forcerun", "import_weights", experiment="other")
        assert "not the file that train wrote" in done.stdout
    finally:
        source.write_bytes(content)


def test_a_training_starts_from_weights_and_is_verified_to_the_same_bytes(finished):
    add(finished, "tuned", TUNED)
    done = finished.snakemake("tables", "verify", experiment="tuned")
    assert done.returncode == 0, done.stdout
    assert "gaitmixer, seed 0: reproduced; same machine, same bytes" in done.stdout
    start = finished.results("gaitmixer/seed-0/weights.safetensors")
    record = json.loads((finished.folder / "results/tuned/gaitmixer/seed-0/run.json").read_text())
    assert record["origin"]["path"] == "results/tiny/gaitmixer/seed-0/weights.safetensors"
    assert record["origin"]["sha256"] == sha256(start)
    table = (finished.folder / "results/tuned/tables/table2.md").read_text()
    assert (
        f"- GaitMixer: the training started from results/tiny/gaitmixer/seed-0/weights.safetensors, SHA-256 "
        f"{sha256(start)}; they were trained on tiny walkers." in table
    )
    status, told = ask(finished, "trace", "results/tuned/tables/table2.csv", "GaitMixer", "NM")
    assert status == 0, told
    first = f"first weights from results/tiny/gaitmixer/seed-0/weights.safetensors, SHA-256 {sha256(start)[:12]} "
    assert first in " ".join(told.split())
    assert finished.jobs(experiment="tuned") == {}
    add(finished, "tuned", TUNED.replace("start_from: {experiment: tiny}", "start_from: null"))
    assert finished.jobs(experiment="tuned")["train"] == 1


WEIGHTS = REAL_DATA / "weights" / "GaitMixer.pt"
UCALGARY = REAL_DATA / "ucalgary" / "poses.csv.xz"


@pytest.mark.slow
@pytest.mark.skipif(not (WEIGHTS.exists() and UCALGARY.exists()), reason="the released weights or the walks are absent")
def test_the_released_gaitmixer_has_its_measured_accuracy_on_people_it_never_saw(finished):
    """Measured with the authors' file, three windows and reverse, sequences of 61 frames or more."""
    for folder, file in (("ucalgary", UCALGARY), ("weights", WEIGHTS)):
        (finished.folder / "data" / "raw" / folder).mkdir()
        (finished.folder / "data" / "raw" / folder / file.name).symlink_to(file.resolve())
    alone = "compare=[gaitmixer_released]"
    done = finished.snakemake("results/ucalgary_released/rank1.json", experiment="ucalgary_released", config=(alone,))
    assert done.returncode == 0, done.stdout
    rank1 = json.loads((finished.folder / "results/ucalgary_released/rank1.json").read_text())["gaitmixer_released"]
    assert {name: round(100 * value, 1) for name, value in rank1.items() if name != "mean"} == {
        "nm": 18.9,
        "ar": 13.8,
        "al": 11.5,
    }
