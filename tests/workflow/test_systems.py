"""Every system goes from poses to the tables through the same rules, and so does a variant of one."""

import json
import re

import pandas as pd
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.workflow

ALL = """\
experiment: all_systems
extends: tiny
data: {path: data/raw/all_systems/poses.csv, walkers: {views: [0, 90, 180]}}
seeds: [0]
compare: [posegait, gaitgraph, gaitgraph2, gaitmixer, narrow, gaittr, gpgait, skeletongait, ptsn]
systems:
  gaitgraph: {network: {frames: 8}, training: {epochs: 1, second_phase: {epochs: 1}, batch: {size: 16}}}
  gaitgraph2: {network: {frames: 8}, training: {epochs: 1, batch: {size: 16}}}
  posegait: {network: {frames: 12, embedding_dim: 24}, training: {epochs: 1, batch: {size: 16}}}
  gaittr: {network: {widths: [32]}, training: {epochs: 1, batch: {subjects: 3, sequences: 4, steps: 4}}}
  gpgait:
    network: {embedding_dim: 8, shared: [4], width: 8}
    training: {epochs: 1, batch: {subjects: 3, sequences: 4, steps: 4}}
  skeletongait:
    network: {frames: 4, embedding_dim: 8, widths: [2, 2, 2, 2]}
    training: {epochs: 1, batch: {subjects: 3, sequences: 2, steps: 2}}
    evaluation: {windows: centre}
  ptsn: {network: {hidden: 8, widths: [4]}, training: {epochs: 1}}
  narrow: {like: gaitmixer, title: "GaitMixer, kernel 3", network: {kernel: 3}, training: {epochs: 2}}
figures: {against: {kernel: [narrow, gaitmixer]}}
"""
VECTORS = [f"{vector}_{axis}" for vector in ("position", "from_nose", "next", "over_two", "bone") for axis in "xy"]


@pytest.fixture(scope="module")
def printed(finished):
    (finished.folder / "experiments" / "all_systems.yaml").write_text(ALL)
    done = finished.snakemake("tables", "figures", experiment="all_systems")
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def results(finished, printed):
    return finished.folder / "results" / "all_systems"


def test_the_longest_training_begins_first(printed):
    order = re.findall(r"Training (\w+), seed 0, on all_systems", printed)
    assert len(order) == 9
    assert order[0] == "narrow"  # two epochs, the others have one


def test_each_has_its_row_under_its_title(results):
    table = pd.read_csv(results / "tables" / "table2.csv")
    assert set(table["method"]) == {
        *("PoseGait", "GaitGraph", "GaitGraph2", "GaitMixer", "GaitMixer, kernel 3"),
        *("GaitTR", "GPGait", "SkeletonGait", "PTSN, reconstructed"),
    }


@pytest.mark.parametrize(
    ("system", "channels", "length"),
    [
        ("posegait", ["x", "y"], 24),
        ("gaitgraph", ["x", "y", "confidence"], 16),
        ("gaitgraph2", ["x", "y", "confidence"], 3 * 16),  # three views, one behind the other
        ("gaitmixer", ["x", "y"], 16),
        ("gaittr", VECTORS, 16),
        ("gpgait", ["x", "y", "bone_x", "bone_y", "angle", "zero"], 19 * 8),
        ("skeletongait", ["limbs", "joints"], 16 * 8),
        ("ptsn", ["x", "y"], 16),
    ],
)
def test_each_is_given_its_channels_and_makes_its_embeddings(results, system, channels, length):
    folder = results / system / "seed-0"
    assert json.loads((folder / "run.json").read_text())["channels"] == channels
    embeddings = pq.read_table(folder / "embeddings.parquet").column("embedding")
    assert {len(embedding) for embedding in embeddings.to_pylist()} == {length}


def test_a_second_phase_is_in_the_history(results):
    history = pd.read_csv(results / "gaitgraph" / "seed-0" / "training.csv")
    assert history["epoch"].tolist() == [1, 2]
    assert history["learning_rate"].iloc[1] < 1e-5


def test_the_figure_has_its_numbers_beside_it(results):
    numbers = pd.read_csv(results / "figures" / "against_kernel.csv")
    assert sorted(set(zip(numbers["system"], numbers["kernel"], strict=True))) == [("gaitmixer", 5), ("narrow", 3)]
    assert (results / "figures" / "against_kernel.pdf").read_bytes().startswith(b"%PDF")


def test_a_second_run_has_nothing_to_do(finished, results):
    assert "Nothing to be done" in finished.snakemake("tables", "figures", "-n", experiment="all_systems").stdout
