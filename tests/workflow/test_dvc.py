"""The experiment as stages of DVC: real DVC and Snakemake, with a small experiment, in a scratch repository."""

import json
import shutil
import socket
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest
from dvc_project import BIN, OVERLAY, Project

from gaitcore.digests import file_digest

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.dvc,
    pytest.mark.skipif(find_spec("dvc") is None, reason="DVC is not installed: make dvc"),
]

RESULTS = "results/tiny"
GAITMIXERS = {"settings", "train@gaitmixer-0", "evaluate@gaitmixer-0", "tables"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose results were made by Snakemake alone, and taken over by `dvc repro`."""
    project = Project.new(tmp_path_factory.mktemp("dvc"))
    project.replace("dvc.yaml", "seeds: [0, 1]", "seeds: [0]")
    project.replace("dvc.yaml", "systems: [body_statistics, ", "systems: [")
    project.replace("dvc.yaml", "      - results/${experiment}/body_statistics # every system again\n", "")
    project.learn_at(None)
    project.start()
    project.run("snakemake", "--cores", "2", "tables")
    made = project.digests()
    assert project.stages_run_by("dvc", "repro") == GAITMIXERS | {
        *("walkers", "poses", "splits", "train@gaitformer-0", "evaluate@gaitformer-0")
    }
    taken_over = project.digests()
    assert taken_over.pop(project.result("settings.json"))
    assert taken_over == made  # training.csv and run.json have times, so nothing was trained again
    project.commit()
    return project


@pytest.fixture
def restored(project):
    """The project, brought back to its first state after the test."""
    yield project
    project.run("git", "checkout", "-q", "--force", "HEAD")
    project.learn_at(None)
    project.run("dvc", "checkout", "--force")
    project.run("dvc", "repro")
    project.adopt()


def test_a_second_repro_does_nothing(project):
    assert project.stages_run_by("dvc", "repro") == set()
    assert project.nothing_to_do()


@pytest.mark.parametrize(("link", "rate"), [("copy", 1e-3), ("hardlink", 2e-3), ("symlink", 4e-3)])
def test_an_edited_learning_rate_retrains_what_it_touches_and_a_revert_comes_from_the_cache(restored, link, rate):
    project = restored
    project.run("dvc", "config", "--local", "cache.type", link)
    project.run("dvc", "checkout", "--relink")
    weights = project.result("gaitmixer/seed-0/weights.safetensors")
    assert (weights.is_symlink(), weights.stat().st_nlink > 1) == (link == "symlink", link == "hardlink")
    before = project.digests()
    metrics = project.json("gaitmixer/seed-0/metrics.json")

    project.learn_at(rate)
    assert project.stages_run_by("dvc", "repro") == GAITMIXERS
    after = project.digests()
    changed = {path.relative_to(project.folder / RESULTS).parts[0] for path in after if after[path] != before[path]}
    assert "gaitmixer" in changed
    assert "gaitformer" not in changed
    fresh = project.json("gaitmixer/seed-0/metrics.json")
    assert fresh["inputs"]["weights.safetensors"] == file_digest(weights) != metrics["inputs"]["weights.safetensors"]
    assert project.json("rank1.json")["gaitmixer"]["nm"] == pytest.approx(fresh["means"]["rank1"]["nm"], abs=1e-9)
    assert project.json("gaitmixer/seed-0/run.json")["settings"]["training"]["learning_rate"] == rate
    assert project.nothing_to_do()

    project.learn_at(None)
    assert project.stages_run_by("dvc", "repro") == {"tables"}  # which git keeps, so that DVC does not
    assert project.digests() == before
    project.adopt()
    assert project.nothing_to_do()


def test_an_edit_of_the_code_reaches_the_stages_that_use_it(restored):
    for module, stages in (
        ("reporting/tables/latex.py", {"tables"}),
        ("networks/gaitmixer.py", {"train@gaitmixer-0", "evaluate@gaitmixer-0"}),
        ("modalities/keypoints/readers/gaitgraph_csv.py", {"poses"}),
    ):
        code = restored.folder / "gaitcore" / module
        text = code.read_text()
        code.write_text(text + "\n# an edit\n")
        assert restored.stages_run_by("dvc", "repro", "settings") == {"settings"}
        assert set(json.loads(restored.run("dvc", "status", "--json"))) == stages
        code.write_text(text)


def test_metrics_and_plots_of_an_experiment_are_compared(restored):
    project = restored
    assert project.stages_run_by("dvc", "exp", "run", "-S", "config.yaml:training.loss.margin=0.05") == {
        *GAITMIXERS,
        *("train@gaitformer-0", "evaluate@gaitformer-0"),
    }
    assert project.json("gaitmixer/seed-0/run.json")["settings"]["training"]["loss"]["margin"] == 0.05
    shown = json.loads(project.run("dvc", "metrics", "show", "--json"))[""]["data"][f"{RESULTS}/rank1.json"]["data"]
    assert shown == project.json("rank1.json")
    before = json.loads(project.run("git", "show", f"HEAD:{RESULTS}/rank1.json"))
    changes = json.loads(project.run("dvc", "metrics", "diff", "--all", "--json"))[f"{RESULTS}/rank1.json"]
    assert changes["gaitmixer.mean"]["old"] == before["gaitmixer"]["mean"]
    assert changes["gaitmixer.mean"]["new"] == shown["gaitmixer"]["mean"]
    name = f"{RESULTS}/gaitmixer/seed-0/training.csv"
    plots = json.loads(project.run("dvc", "plots", "diff", "--json", "--targets", name))["data"]
    (plot,) = plots[f"dvc.yaml::{name}"]
    losses = {point["rev"]: float(point["loss"]) for point in plot["content"]["data"]["values"]}
    assert losses["workspace"] != losses["HEAD"]


def test_dvc_takes_over_what_snakemake_made_alone_and_makes_it_anew_if_forced(restored):
    restored.learn_at(8e-3)
    restored.run("snakemake", "--cores", "2", "tables")
    made = restored.digests()
    history = made[restored.result("gaitmixer/seed-0/training.csv")]
    receipt = restored.result("receipts/gaitmixer/seed-0/train.json").read_text()
    metrics = restored.result("gaitmixer/seed-0/metrics.json")
    right = metrics.read_text()
    metrics.write_text(right.replace("rank1", "rank2"))
    assert f"{RESULTS}/gaitmixer/seed-0/metrics.json: not the file that evaluate wrote" in restored.run(
        "dvc", "repro", fails=True
    )
    metrics.write_text(right)
    assert restored.stages_run_by("dvc", "repro") == GAITMIXERS
    settings = restored.result("settings.json")
    taken_over = restored.digests()
    assert taken_over.pop(settings) != made.pop(settings)
    assert taken_over == made
    assert json.loads(restored.result("receipts/gaitmixer/seed-0/train.json").read_text()) == json.loads(receipt)
    assert not restored.result(".kept").exists()
    assert restored.nothing_to_do()
    assert restored.stages_run_by("dvc", "repro") == set()

    restored.run("dvc", "repro", "--force", "--single-item", "train@gaitmixer-0")
    assert file_digest(restored.result("gaitmixer/seed-0/training.csv")) != history  # it has the times of this run


def test_adopt_refuses_what_dvc_does_not_vouch_for(restored):
    weights = restored.result("gaitmixer/seed-0/weights.safetensors")
    content = weights.read_bytes()
    weights.unlink()
    weights.write_bytes(content[:-4] + bytes(4))
    told = restored.adopt(fails=True)
    assert "Not adopted: dvc status is not clean" in told
    weights.unlink()


def test_other_systems_than_the_experiments_are_refused(restored):
    overlay = restored.folder / OVERLAY
    overlay.write_text(overlay.read_text().replace("seeds: [0]", "seeds: [0, 3]"))
    told = restored.run("dvc", "repro", fails=True)
    assert (
        "dvc.yaml, line 9: vars.runs.seeds is [0], but the experiment in config.yaml has [0, 3]; "
        "write there: seeds: [0, 3]"
    ) in told


@pytest.fixture
def s3(tmp_path):
    """The address of an S3 server on loopback with an empty bucket, and the environment to use it."""
    boto3 = pytest.importorskip("boto3", reason="the S3 server is not installed: make test-extras")
    pytest.importorskip("moto", reason="the S3 server is not installed: make test-extras")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "s3.log").open("w") as log:
        server = subprocess.Popen([BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    try:
        while True:
            assert server.poll() is None
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        address = f"http://127.0.0.1:{port}"
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
        client = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="gait")
        yield address, keys, client
    finally:
        server.terminate()
        server.wait()


def clone_pulls_and_adopts(project, clone, **environment):
    """A fresh clone gets everything from the remote, and neither DVC nor Snakemake wants to work."""
    project.run("git", "clone", "-q", str(project.folder), str(clone))
    fresh = Project(clone)
    assert not fresh.result("poses.parquet").exists()
    assert fresh.result("tables/table2.md").read_bytes() == project.result("tables/table2.md").read_bytes()
    fresh.run("dvc", "pull", **environment)
    expected = {path.relative_to(project.folder): digest for path, digest in project.digests().items()}
    assert {path.relative_to(clone): digest for path, digest in fresh.digests().items()} == expected
    fresh.adopt()
    assert fresh.nothing_to_do()
    assert fresh.run(sys.executable, "-m", "gaitcore", "check-manifest", RESULTS).endswith("artefacts are as listed.\n")


def test_a_clone_pulls_from_a_folder_and_has_nothing_to_do(project, tmp_path):
    project.run("dvc", "remote", "add", "--force", "--default", "store", str(tmp_path / "store"))
    project.commit()
    project.run("dvc", "push")
    clone_pulls_and_adopts(project, tmp_path / "clone")


def test_a_clone_pulls_from_s3_and_has_nothing_to_do(project, tmp_path, s3):
    address, keys, client = s3
    project.run("dvc", "remote", "add", "--force", "--default", "store", "s3://gait/dvc")
    project.run("dvc", "remote", "modify", "store", "endpointurl", address)
    project.commit()
    project.run("dvc", "push", **keys)
    assert client.list_objects_v2(Bucket="gait", Prefix="dvc/files/md5/")["KeyCount"] > 10
    clone_pulls_and_adopts(project, tmp_path / "clone", **keys)


ELSEWHERE = """\
extends: tiny
experiment: elsewhere
compare: [released, gaitformer_from_tiny, gaitformer_tuned]
seeds: [0]
systems:
  released: {like: gaitmixer, weights: {path: data/raw/released.safetensors, sha256: DIGEST}}
  gaitformer_from_tiny: {like: gaitformer, weights: {experiment: tiny, system: gaitformer}}
  gaitformer_tuned: {like: gaitformer, training: {start_from: {experiment: tiny, system: gaitformer}}}
"""


def test_weights_from_elsewhere_are_stages_that_run_again_if_their_file_changes(project):
    released = project.folder / "data/raw/released.safetensors"
    shutil.copy(project.result("gaitmixer/seed-0/weights.safetensors"), released)
    (project.folder / "experiments/elsewhere.yaml").write_text(ELSEWHERE.replace("DIGEST", file_digest(released)))
    project.replace("config.yaml", "experiment: tiny", "experiment: elsewhere")
    project.run("make", "stages", f"BIN={BIN}")
    own = {"import-gaitformer_from_tiny-0", "train-gaitformer_tuned-0"}
    assert project.stages_run_by("dvc", "repro") >= own | {
        *("import-released", "evaluate-released", "evaluate@gaitformer_from_tiny-0", "evaluate@gaitformer_tuned-0")
    }
    means = [
        json.loads((project.folder / f"results/{run}/metrics.json").read_text())["means"]
        for run in ("tiny/gaitmixer/seed-0", "elsewhere/released/imported")
    ]
    assert means[0] == means[1]
    assert project.nothing_to_do()

    weights = project.result("gaitformer/seed-0/weights.safetensors")
    weights.unlink()
    shutil.copy(released, weights)
    assert own <= set(json.loads(project.run("dvc", "status", "--json")))
