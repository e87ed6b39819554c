"""The workflow on a real Slurm of one node: submitted, grouped, retried, resumed, cancelled; the bytes are the same."""

import json
import os
import re
import runpy
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from gaitcore.provenance import file_digest

HERE = Path(__file__).parent
ONE_NODE = runpy.run_path(str(HERE / "one_node_slurm.py"), run_name="one_node_slurm")
Workflow = runpy.run_path(str(HERE.parent / "workflow" / "conftest.py"))["Workflow"]
slurm = ONE_NODE["slurm"]

if find_spec("snakemake_executor_plugin_slurm") is None:
    MISSING = "the Slurm executor is not installed: make slurm"
else:
    MISSING = ONE_NODE["missing"]()
pytestmark = [pytest.mark.slurm, pytest.mark.skipif(MISSING is not None, reason=f"no Slurm: {MISSING}")]

# The executor looks at its jobs after so many seconds, then ten later each time; most of these jobs take ten.
QUICK = ("--slurm-init-seconds-before-status-checks", "12", "--latency-wait", "5")
ARTEFACTS = ("weights.safetensors", "embeddings.parquet", "metrics.json", "subjects.csv")
ONE_SEED = ("seeds: [0, 1]", "seeds: [0]")
LONG = "results/tiny/gaitmixer/seed-7/weights.safetensors"


class OnSlurm(Workflow):
    """The scratch workflow, its jobs submitted to Slurm."""

    def command(self, *arguments, experiment="tiny"):
        profile = ["--profile", "profiles/slurm", *QUICK]
        return [sys.executable, "-m", "snakemake", "--config", f"experiment={experiment}", *profile, *arguments]

    def start(self, *arguments):
        """Run Snakemake in the background; its log goes to ``snakemake.log``."""
        with (self.folder / "snakemake.log").open("w") as log:
            return subprocess.Popen(
                self.command(*arguments), **self.place, stdout=log, stderr=log, start_new_session=True
            )


def edit(workflow, old, new, name="experiments/tiny.yaml"):
    path = workflow.folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return workflow


def queue():
    """The jobs in Slurm's queue: id -> state."""
    return dict(line.split() for line in slurm("squeue", "-h", "-o", "%A %T").splitlines())


def jobs_seen():
    """What Slurm remembers of every job, finished ones too: a mapping for each."""
    records = slurm("scontrol", "-o", "show", "jobs").splitlines()
    return [dict(re.findall(r"(\S+?)=(\S*)", record)) for record in records]


def jobs_of(rule):
    return [job for job in jobs_seen() if rule in job.get("Comment", "")]


def wait_for(condition, process=None):
    for _ in range(1200):
        if found := condition():
            return found
        assert process is None or process.poll() is None
        time.sleep(0.1)
    raise AssertionError(f"not within two minutes: {condition}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A Slurm that runs."""
    with ONE_NODE["one_node_slurm"](tmp_path_factory.mktemp("slurm")):
        yield


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The same experiment made on this machine without Slurm."""
    workflow = edit(Workflow(tmp_path_factory.mktemp("local")), *ONE_SEED)
    done = workflow.snakemake("tables")
    assert done.returncode == 0, done.stdout
    return workflow


@pytest.fixture(scope="module")
def on_slurm(cluster, tmp_path_factory):
    """The experiment made by Slurm's jobs."""
    workflow = edit(OnSlurm(tmp_path_factory.mktemp("on_slurm")), *ONE_SEED)
    done = workflow.snakemake("tables")
    assert done.returncode == 0, done.stdout
    return workflow


def test_every_job_went_through_sbatch_and_short_ones_together(on_slurm):
    jobs = jobs_seen()
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    # one for walkers, poses and split; two to train, two to evaluate; one for statistics, tables, report and manifest
    assert len(jobs) == 6
    assert [job["Partition"] for job in jobs].count("gpu") == 4
    assert [job.get("TresPerJob") for job in jobs].count("gres:gpu:1") == 4
    assert [job.get("TresPerJob") for job in jobs_of("rule_train")] == ["gres:gpu:1"] * 2


def test_the_results_are_those_of_this_machine_to_the_byte(local, on_slurm):
    names = [f"{model}/seed-0/{name}" for model in ("gaitformer", "gaitmixer") for name in ARTEFACTS]
    names += ["poses.parquet", "poses_report.csv", "split.csv", "summary.csv", "rank1.json"]
    names += [f"tables/{path.name}" for path in local.results("tables").iterdir()]
    different = [name for name in names if file_digest(on_slurm.results(name)) != file_digest(local.results(name))]
    assert different == []
    assert local.jobs() == {}
    assert on_slurm.jobs() == {}


def test_a_failing_job_is_retried_and_reported_with_its_log(on_slurm):
    before = len(jobs_seen())
    script = on_slurm.folder / "workflow_scripts" / "splits.py"
    text = script.read_text()
    try:
        script.write_text(text.replace("table = Pose", "raise OSError('the disk is full')\n    table = Pose"))
        done = on_slurm.snakemake("--retries", "1", "--", "results/tiny/split.csv")
    finally:
        script.write_text(text)
    assert done.returncode == 1
    failed = jobs_seen()[before:]
    assert [job["JobState"] for job in failed] == ["FAILED", "FAILED"]
    assert "results/tiny/logs/splits.log" in done.stdout
    assert "OSError: the disk is full" in on_slurm.results("logs/splits.log").read_text()


def test_a_training_job_that_is_ended_by_its_time_limit_resumes_with_the_same_bytes(local, on_slurm):
    for workflow in (local, on_slurm):
        edit(workflow, "seeds: [0]", "seeds: [7]")
        edit(workflow, "epochs: 1", "epochs: 20")
    edit(on_slurm, "train: {", "train: {checkpoint_minutes: 0, ", "profiles/slurm/config.yaml")
    before = len(jobs_seen())
    process = on_slurm.start("--", LONG)
    checkpoints = on_slurm.results("checkpoints/gaitmixer/seed-7")
    wait_for(lambda: len(list(checkpoints.glob("*.checkpoint"))) == 2, process)
    (job,) = [job["JobId"] for job in jobs_seen()[before:]]
    slurm("scontrol", "update", f"JobId={job}", "TimeLimit=1")  # minute, the least there is
    scripts = f"{on_slurm.folder}/.snakemake/scripts/.*train.py"
    (training,) = subprocess.run(["pgrep", "-f", scripts], check=True, capture_output=True, text=True).stdout.split()
    os.kill(int(training), signal.SIGSTOP)  # or it would be done by then; Slurm wakes it up to end it
    assert process.wait(timeout=300) == 0, (on_slurm.folder / "snakemake.log").read_text()
    assert [(job["JobState"], job["Partition"]) for job in jobs_seen()[before:]] == [
        ("TIMEOUT", "gpu"),
        ("COMPLETED", "gpu"),
    ]
    assert json.loads((on_slurm.folder / LONG).with_name("run.json").read_text())["resumed_after_steps"] != []
    done = local.snakemake(LONG)
    assert done.returncode == 0, done.stdout
    assert file_digest(on_slurm.folder / LONG) == file_digest(local.folder / LONG)


def test_an_interrupt_cancels_what_is_in_the_queue(on_slurm):
    process = on_slurm.start("--forcerun", "splits", "--", "results/tiny/split.csv")
    wait_for(lambda: "RUNNING" in queue().values(), process)
    before = len(jobs_seen())
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=120) != 0
    wait_for(lambda: queue() == {})
    assert jobs_seen()[before - 1]["JobState"] == "CANCELLED"
    assert len(jobs_seen()) == before
