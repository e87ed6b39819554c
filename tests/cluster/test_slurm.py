"""The workflow on a real Slurm of one node: submitted, grouped, retried, resumed, cancelled; the bytes are the same."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest
from one_node_slurm import missing, one_node_slurm, slurm
from scratch_workflow import Workflow

from gaitcore.digests import file_digest

if find_spec("snakemake_executor_plugin_slurm") is None:
    MISSING = "the Slurm executor is not installed: make slurm"
else:
    MISSING = missing()
pytestmark = [pytest.mark.slurm, pytest.mark.skipif(MISSING is not None, reason=f"no Slurm: {MISSING}")]

# The executor looks at its jobs after so many seconds, then ten later each time; most of these jobs take ten.
QUICK = ("--slurm-init-seconds-before-status-checks", "15", "--latency-wait", "5")
ARTEFACTS = ("weights.safetensors", "embeddings.parquet", "metrics.json", "subjects.csv")
ONE_SEED = ("seeds: [0, 1]", "seeds: [0]")
LONG_RUN = ("epochs: 1\n", "epochs: 8\n")
WEIGHTS = "results/tiny/gaitmixer/seed-1/weights.safetensors"


def hears_interrupts():
    """As at a terminal: tests that a shell runs in the background inherit that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class OnSlurm(Workflow):
    """The scratch workflow, its jobs submitted to Slurm."""

    def command(self, *arguments, experiment="tiny", config=()):
        profile = ["--profile", "profiles/slurm", *QUICK]
        return [
            sys.executable,
            "-m",
            "snakemake",
            "--config",
            f"experiment={experiment}",
            *config,
            *profile,
            *arguments,
        ]

    def start(self, *arguments):
        """Run Snakemake in the background; what it prints goes to ``snakemake.log``."""
        with (self.folder / "snakemake.log").open("w") as log:
            command = self.command(*arguments)
            return subprocess.Popen(
                command,
                **self.place,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=hears_interrupts,
            )

    def submitted(self):
        """What Slurm knows of each job of this workflow, finished ones too, in their order."""
        records = slurm("scontrol", "-o", "show", "jobs").splitlines()
        jobs = [dict(re.findall(r"(\S+?)=(\S*)", record)) for record in records]
        mine = [job for job in jobs if job.get("WorkDir") == str(self.folder)]
        return sorted(mine, key=lambda job: int(job["JobId"]))


def edit(workflow, old, new, name="experiments/tiny.yaml"):
    path = workflow.folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return workflow


def wait_for(condition, process=None):
    """What a condition becomes that must come true; the time limit is for a hang, other tests share the machine."""
    for _ in range(3000):
        if found := condition():
            return found
        assert process is None or process.poll() is None
        time.sleep(0.1)
    raise AssertionError("not within five minutes")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A Slurm that runs."""
    with one_node_slurm(tmp_path_factory.mktemp("slurm")):
        yield


@pytest.fixture(scope="module")
def limited(cluster, tmp_path_factory):
    """A workflow whose training job has begun, and will reach its time limit while other tests run."""
    workflow = edit(OnSlurm.new(tmp_path_factory.mktemp("limited")), *LONG_RUN)
    edit(workflow, "train: {", "train: {checkpoint_minutes: 0, ", "profiles/slurm/config.yaml")
    subprocess.run(Workflow.command(workflow, "results/tiny/split.csv"), **workflow.place, check=True)
    process = workflow.start("--", WEIGHTS)
    checkpoints = workflow.results("checkpoints/gaitmixer/seed-1")
    wait_for(lambda: len(list(checkpoints.glob("*.checkpoint"))) == 2, process)
    scripts = f"{workflow.folder}/.snakemake/scripts/.*train.py"
    (training,) = subprocess.run(["pgrep", "-f", scripts], check=True, capture_output=True, text=True).stdout.split()
    os.kill(int(training), signal.SIGSTOP)  # or it would be done before its time is; Slurm wakes it up to end it
    (job,) = workflow.submitted()
    slurm("scontrol", "update", f"JobId={job['JobId']}", "TimeLimit=1")  # minute, the least there is
    yield workflow, process
    if process.poll() is None:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def on_slurm(limited, tmp_path_factory):
    """The experiment made by Slurm's jobs."""
    workflow = edit(OnSlurm.new(tmp_path_factory.mktemp("on_slurm")), *ONE_SEED)
    done = workflow.snakemake("tables")
    assert done.returncode == 0, done.stdout
    return workflow


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The same experiment made on this machine without Slurm."""
    workflow = edit(Workflow.new(tmp_path_factory.mktemp("local")), *ONE_SEED)
    done = workflow.snakemake("tables")
    assert done.returncode == 0, done.stdout
    return workflow


def test_every_job_went_through_sbatch_and_short_ones_together(on_slurm):
    jobs = on_slurm.submitted()
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    # one for walkers, poses and split; two to train, two to evaluate; one for statistics, tables, report and manifest
    assert [job["Partition"] for job in jobs] == ["cpu", "gpu", "gpu", "gpu", "gpu", "cpu"]
    assert [job.get("TresPerJob") for job in jobs] == [None, *["gres:gpu:1"] * 4, None]
    assert [job["Comment"].startswith("rule_train") for job in jobs] == [False, True, True, False, False, False]


def test_the_results_are_those_of_this_machine_to_the_byte(local, on_slurm):
    names = [f"{system}/seed-0/{name}" for system in ("gaitformer", "gaitmixer") for name in ARTEFACTS]
    names += ["poses.parquet", "poses_report.csv", "split.csv", "summary.csv", "rank1.json"]
    names += [f"tables/{path.name}" for path in local.results("tables").iterdir()]
    different = [name for name in names if file_digest(on_slurm.results(name)) != file_digest(local.results(name))]
    assert different == []
    assert local.jobs() == {}
    assert on_slurm.jobs() == {}


def test_a_failing_job_is_retried_and_reported_with_its_log(on_slurm):
    before = len(on_slurm.submitted())
    line = "names = snakemake.params.modalities"
    edit(on_slurm, line, f"raise OSError('the disk is full')\n    {line}", "workflow_scripts/splits.py")
    done = on_slurm.snakemake("--retries", "1", "--", "results/tiny/split.csv")
    edit(on_slurm, "raise OSError('the disk is full')\n    ", "", "workflow_scripts/splits.py")
    assert done.returncode == 1
    assert [job["JobState"] for job in on_slurm.submitted()[before:]] == ["FAILED", "FAILED"]
    assert "results/tiny/logs/splits.log" in done.stdout
    assert "OSError: the disk is full" in on_slurm.results("logs/splits.log").read_text()


def test_an_interrupt_cancels_what_is_in_the_queue(on_slurm):
    before = len(on_slurm.submitted())
    process = on_slurm.start("--forcerun", "splits", "--", "results/tiny/split.csv")

    def states():
        return [job["JobState"] for job in on_slurm.submitted()[before:]]

    wait_for(lambda: states() == ["RUNNING"], process)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(timeout=300) != 0
    wait_for(lambda: states() == ["CANCELLED"])


def test_a_training_job_that_hits_its_time_limit_resumes_and_ends_with_the_same_bytes(local, limited):
    workflow, process = limited
    assert process.wait(timeout=900) == 0, (workflow.folder / "snakemake.log").read_text()
    assert [(job["JobState"], job["Partition"]) for job in workflow.submitted()] == [
        ("TIMEOUT", "gpu"),
        ("COMPLETED", "gpu"),
    ]
    run = json.loads((workflow.folder / WEIGHTS).with_name("run.json").read_text())
    assert len(run["resumed_after_steps"]) == 1
    done = edit(edit(local, *reversed(ONE_SEED)), *LONG_RUN).snakemake(WEIGHTS)
    assert done.returncode == 0, done.stdout
    assert file_digest(workflow.folder / WEIGHTS) == file_digest(local.folder / WEIGHTS)
