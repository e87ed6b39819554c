"""An experiment with poses and silhouettes as stages of DVC, which `make stages` writes for it."""

import json
from importlib.util import find_spec

import pytest
from dvc_project import BIN, Project

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.dvc,
    pytest.mark.skipif(find_spec("dvc") is None, reason="DVC is not installed: make dvc"),
]

BOTH = """\
extends: tiny
experiment: both
data:
  modality: [keypoints, silhouettes]
  silhouettes: {format: bodies}
  walkers: {subjects: 6, min_frames: 24, max_frames: 26, short: 0.0}
compare: [gei, gaitset, gaitmixer]
seeds: [0]
systems:
  gaitset:
    network: {frames: 4, embedding_dim: 8, widths: [2, 3, 4]}
    training: {epochs: 1, batch: {subjects: 3, sequences: 2, steps: 2}}
"""
OF_SILHOUETTES = {f"{job}_silhouettes@{system}-0" for job in ("train", "evaluate") for system in ("gei", "gaitset")}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with the experiment, whose stages have not run."""
    project = Project.new(tmp_path_factory.mktemp("dvc"), "both")
    (project.folder / "experiments" / "both.yaml").write_text(BOTH)
    return project


def test_the_stages_of_another_experiment_are_refused_and_those_that_are_written_run_once(project):
    project.replace(
        "dvc.yaml", "systems: [body_statistics, gaitformer, gaitmixer]", "systems: [gei, gaitset, gaitmixer]"
    )
    project.replace("dvc.yaml", "seeds: [0, 1]", "seeds: [0]")
    project.start()
    assert "stages.silhouettes is missing, which the experiment in config.yaml needs" in project.run(
        "dvc", "repro", "settings", fails=True
    )
    project.run("make", "stages", f"BIN={BIN}")
    project.commit()
    assert project.stages_run_by("dvc", "repro") == {
        *("settings", "walkers", "poses", "silhouettes", "splits", "train@gaitmixer-0", "evaluate@gaitmixer-0"),
        *OF_SILHOUETTES,
        "tables",
    }
    assert project.stages_run_by("dvc", "repro") == set()
    assert project.nothing_to_do()


def test_an_edited_body_makes_silhouettes_again_and_trains_no_skeleton_system(project):
    project.replace("experiments/both.yaml", "{format: bodies}", "{format: bodies, bodies: {seed: 5}}")
    before = project.digests()
    ran = project.stages_run_by("dvc", "repro")
    assert {"settings", "silhouettes", "tables"} | OF_SILHOUETTES <= ran
    assert not {stage for stage in ran if "gaitmixer" in stage}
    after = project.digests()
    weights = project.result("gaitmixer/seed-0/weights.safetensors")
    assert after[weights] == before[weights]
    silhouettes = project.result("silhouettes.parquet")
    assert after[silhouettes] != before[silhouettes]
    run = json.loads(project.result("gaitset/seed-0/run.json").read_text())
    assert run["settings"]["data"]["silhouettes"]["bodies"]["seed"] == 5
    assert project.nothing_to_do()
