"""Jobs on one machine share its GPUs: each takes the card on which fewest jobs are."""

import os
import subprocess
import sys

import pytest
from places import REPOSITORY

from gaitcore.execution.cards import take_card

JOB = """
import os, sys
from pathlib import Path
from gaitcore.execution.cards import take_card
print(take_card(Path(sys.argv[1])), os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
sys.stdin.read()
"""


def start(folder, visible="3,GPU-a/b"):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "CUDA_VISIBLE_DEVICES": visible}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", JOB, str(folder)], env=environment, **pipes)
    return process, process.stdout.readline().split()


def end(process):
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_each_job_has_a_card_of_its_own_until_there_are_more_jobs_than_cards(tmp_path):
    jobs = []
    try:
        jobs += [start(tmp_path) for _ in range(3)]
        assert [said for _, said in jobs] == [["3", "3"], ["GPU-a/b", "GPU-a/b"], ["3", "3"]]
        end(jobs[1][0])  # killed; its card is free
        jobs.append(start(tmp_path))
        assert jobs[-1][1] == ["GPU-a/b", "GPU-a/b"]
    finally:
        for process, _ in jobs:
            if process.poll() is None:
                end(process)


@pytest.mark.parametrize("visible", ["", "-1", "2"])
def test_with_one_card_or_none_nothing_is_chosen(monkeypatch, tmp_path, visible):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert take_card(tmp_path / "locks") is None
    assert os.environ["CUDA_VISIBLE_DEVICES"] == visible
    assert not (tmp_path / "locks").exists()


def test_the_cards_are_those_that_nvidia_smi_lists(monkeypatch, tmp_path):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H200 (UUID: GPU-1)'\necho 'GPU 1: NVIDIA H200 (UUID: GPU-2)'\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert take_card(tmp_path / "locks") == "0"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"


def test_without_room_for_locks_no_card_is_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    (tmp_path / "file").touch()
    assert take_card(tmp_path / "file" / "locks") is None
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
