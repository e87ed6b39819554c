"""A killed workflow, started again by the same command, goes on with the run it was training."""

import json
import os
import signal
import subprocess
import time

import pytest

pytestmark = pytest.mark.workflow

WEIGHTS = "results/tiny/gaitmixer/seed-7/weights.safetensors"
OFTEN = ("--set-resources", "train:checkpoint_minutes=0", "--")


def test_training_goes_on_after_the_whole_workflow_was_killed(finished, edited):
    edited("experiments/tiny.yaml", lambda text: text.replace("[0, 1]", "[0, 1, 7]").replace("epochs: 1", "epochs: 40"))
    checkpoints = finished.results("checkpoints/gaitmixer/seed-7")
    process = subprocess.Popen(
        finished.command(*OFTEN, WEIGHTS),
        **finished.place,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while len(list(checkpoints.glob("*.checkpoint"))) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (finished.folder / WEIGHTS).exists()
    assert finished.snakemake("--unlock", "tables").returncode == 0
    done = finished.snakemake(*OFTEN, WEIGHTS)
    assert done.returncode == 0, done.stdout
    assert "resuming from results/tiny/checkpoints/gaitmixer/seed-7/step-" in done.stdout
    (resumed,) = json.loads((finished.folder / WEIGHTS).with_name("run.json").read_text())["resumed_after_steps"]
    assert resumed >= 2
    assert not checkpoints.exists()
