"""PsyMo's own poses and silhouettes of the same walks in one table, by the experiment of the repository."""

import json
import re
import tarfile

import pandas as pd
import pytest
from places import REAL_DATA
from scratch_workflow import Workflow

from gaitcore.artefacts.split import read_split
from gaitcore.keys import sequence_names
from gaitcore.modalities.silhouettes.table import list_sequences, read_info

PSYMO = REAL_DATA / "psymo"
SUBJECTS = ("0", "1", "5", "6")  # two to train on and two to test

pytestmark = [pytest.mark.workflow, pytest.mark.real_data, pytest.mark.slow]

SHORT = """\
extends: psymo_appearance
experiment: psymo_short
seeds: [0]
training: {epochs: 1}
systems:
  gaitset:
    network: {frames: 4, embedding_dim: 8, widths: [2, 3, 4]}
    training: {epochs: 1, batch: {subjects: 2, sequences: 2, steps: 2}}
compare: [gei, gaitset, body_statistics, gaitformer]
"""


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    """The experiment with few subjects and steps, up to its tables."""
    if not (PSYMO / "silhouettes.tar.xz").exists():
        pytest.skip("PsyMo is not beside the checkout (shared/data)")
    workflow = Workflow.new(tmp_path_factory.mktemp("psymo"))
    for name in ("skeletons", "silhouettes"):
        with tarfile.open(PSYMO / f"{name}.tar.xz") as archive:
            wanted = [member for member in archive if re.search(rf"/{name}/({'|'.join(SUBJECTS)})/", member.name)]
            archive.extractall(workflow.folder / "data" / "raw" / "psymo", wanted, filter="data")
    (workflow.folder / "experiments" / "psymo_short.yaml").write_text(SHORT)
    done = workflow.snakemake("tables", experiment="psymo_short")
    assert done.returncode == 0, done.stdout
    return workflow


@pytest.fixture(scope="module")
def results(workflow):
    return workflow.folder / "results" / "psymo_short"


def test_poses_and_silhouettes_are_of_the_same_walks(results):
    silhouettes = list_sequences(results / "silhouettes.parquet")
    assert len(silhouettes) == 48 * len(SUBJECTS)
    assert len(pd.read_csv(results / "silhouettes_report.csv")) == 0
    assert read_info(results / "silhouettes.parquet").source == "instance segmentation (PsyMo PNG)"
    names = [set(sequence_names(read_split(results / f"split{end}.csv"))) for end in ("", "_silhouettes")]
    assert names[0] == names[1]


def test_the_table_has_rows_of_both_and_says_on_what_they_stand(results):
    counts = []
    for name in ("split.csv", "split_silhouettes.csv"):
        roles = read_split(results / name)["role"].value_counts()
        counts.append(f"{roles['probe']} probes and {roles['gallery']} gallery sequences")
    assert counts[0] != counts[1] == "84 probes and 12 gallery sequences"  # 2 subjects x 6 views, 7 conditions
    notes = (results / "tables" / "table2.md").read_text()
    assert (
        f"The rows stand on different sequences: Body statistics (no learning), GaitFormer on {counts[0]}; "
        f"GEI (no learning), GaitSet on {counts[1]}."
    ) in notes
    rank1 = json.loads((results / "rank1.json").read_text())
    assert set(rank1) == {"gei", "gaitset", "body_statistics", "gaitformer"}


def test_with_common_tests_all_rows_stand_on_the_same_probes(workflow, results):
    done = workflow.snakemake(
        "results/psymo_short/tables/table2.md",
        experiment="psymo_short",
        config=("protocol={common_tests: true}",),
    )
    assert done.returncode == 0, done.stdout
    tested = []
    for name in ("split.csv", "split_silhouettes.csv"):
        split = read_split(results / name)
        tested.append(set(sequence_names(split[split["role"].isin(["gallery", "probe"])])))
    assert tested[0] == tested[1]
    assert "stand on different sequences" not in (results / "tables" / "table2.md").read_text()
