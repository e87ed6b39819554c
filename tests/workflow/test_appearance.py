"""Appearance and skeleton systems in one table: bodies drawn round walkers, and a split for each modality."""

import json

import pandas as pd
import pytest
from PIL import Image
from scratch_workflow import Workflow

from gaitcore.artefacts.split import read_split
from gaitcore.modalities.keypoints.table import list_sequences as list_poses
from gaitcore.modalities.silhouettes.table import list_sequences, read_info

pytestmark = pytest.mark.workflow

BOTH = """\
experiment: both
extends: tiny
data:
  modality: [keypoints, silhouettes]
  silhouettes: {format: bodies}
protocol:
  min_frames: 80
  min_frames_of: {silhouettes: 1}
compare: [gei, gaitset, body_statistics, gaitmixer]
seeds: [0]
systems:
  gaitset:
    network: {frames: 4, embedding_dim: 8, widths: [2, 3, 4]}
    training: {epochs: 1, batch: {subjects: 3, sequences: 2, steps: 2}}
"""


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    workflow = Workflow.new(tmp_path_factory.mktemp("appearance"))
    (workflow.folder / "experiments" / "both.yaml").write_text(BOTH)
    done = workflow.snakemake("tables", experiment="both")
    assert done.returncode == 0, done.stdout
    return workflow


@pytest.fixture(scope="module")
def results(workflow):
    return workflow.folder / "results" / "both"


def test_every_pose_has_a_body_and_the_frames_keep_their_numbers(results):
    drawn, poses = list_sequences(results / "silhouettes.parquet"), list_poses(results / "poses.parquet")
    pd.testing.assert_frame_equal(drawn, poses)
    assert read_info(results / "silhouettes.parquet").source == "bodies drawn round skeletons"


def test_each_modality_has_its_split_and_the_table_says_on_what_its_rows_stand(results):
    counts = {}
    for name in ("split.csv", "split_silhouettes.csv"):
        roles = read_split(results / name)["role"].value_counts()
        counts[name] = f"{roles['probe']} probes and {roles['gallery']} gallery sequences"
    assert counts["split.csv"] != counts["split_silhouettes.csv"] == "198 probes and 132 gallery sequences"
    notes = (results / "tables" / "table2.md").read_text()
    assert (
        f"The rows stand on different sequences: Body statistics (no learning), GaitMixer on {counts['split.csv']}; "
        f"GEI (no learning), GaitSet on {counts['split_silhouettes.csv']}."
    ) in notes
    assert "Without training: GEI (no learning), Body statistics (no learning)." in notes


def test_a_system_without_learning_has_a_row_and_no_history(results):
    cells = pd.read_csv(results / "tables" / "table2.csv")
    assert set(cells["method"]) == {"GEI (no learning)", "GaitSet", "Body statistics (no learning)", "GaitMixer"}
    assert len(pd.read_csv(results / "gei" / "seed-0" / "training.csv")) == 0
    record = json.loads((results / "gei" / "seed-0" / "run.json").read_text())
    assert (record["parameters"], record["epoch"], record["final_loss"]) == (0, 0, None)


def test_the_figures_show_silhouettes(workflow, results):
    figures = [f"results/both/figures/{name}.csv" for name in ("silhouette_attribution", "contact_sheet")]
    done = workflow.snakemake(*figures, "movie", experiment="both", config=("sequence=004-nm-01-090",))
    assert done.returncode == 0, done.stdout
    maps = pd.read_csv(results / "figures" / "silhouette_attribution.csv")
    assert (set(maps["system"]), len(maps)) == ({"gaitset"}, 4 * 64 * 44)
    sheet = pd.read_csv(results / "figures" / "contact_sheet.csv")
    assert sheet["frames"].fillna(0).tolist() == sheet["silhouettes"].fillna(0).tolist()
    with Image.open(results / "movies" / "004-nm-01-090.gif") as gif:
        assert gif.size == (480 + 8 + 320, 418)


def test_a_second_run_has_nothing_to_do(workflow):
    assert workflow.jobs(experiment="both") == {}


def test_with_common_tests_all_rows_stand_on_the_same_sequences(workflow, results):
    common = ("protocol={common_tests: true}",)
    done = workflow.snakemake("results/both/tables/table2.md", experiment="both", config=common)
    assert done.returncode == 0, done.stdout
    keys = ["subject", "condition", "sequence", "view", "role"]
    tested = []
    for name in ("split.csv", "split_silhouettes.csv"):
        split = read_split(results / name)
        tested.append(split.loc[split["role"].isin(["gallery", "probe"]), keys].reset_index(drop=True))
    pd.testing.assert_frame_equal(*tested)
    assert "stand on different sequences" not in (results / "tables" / "table2.md").read_text()
