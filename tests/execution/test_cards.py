"""Jobs on one machine share its GPUs: each takes the card on which fewest jobs are."""

import os
import re
import subprocess
import sys

import pytest
import torch
import yaml
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


def test_all_cards_of_the_machine_are_used_where_none_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert take_card(tmp_path / "locks") == "0"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"


def test_without_room_for_locks_no_card_is_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    (tmp_path / "file").touch()
    assert take_card(tmp_path / "file" / "locks") is None
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"


@pytest.mark.parametrize("profile", ["gpu", "slurm"])
def test_the_profile_counts_every_rule_that_computes_on_a_gpu(profile):
    """A rule that it does not name starts a job for each core, all on the same cards, or goes to a node without one."""
    computing = {
        ".".join(file.relative_to(REPOSITORY).with_suffix("").parts)
        for file in REPOSITORY.glob("gaitcore/**/*.py")
        if "compute.prepare(" in file.read_text()
    }
    rule = re.compile(r'^rule (\w+):(?:(?!^rule ).)*?^    script:\n        "\.\./([\w/.]+)"', re.M | re.S)
    rules = "\n".join(file.read_text() for file in REPOSITORY.glob("rules/*.smk"))
    scripts = dict(rule.findall(rules))
    scripts |= {name: scripts[used] for used, name in re.findall(r"^use rule (\w+) as (\w+) with:", rules, re.M)}
    imported = {
        name: re.findall(r"from ([\w.]+) import", (REPOSITORY / script).read_text()) for name, script in scripts.items()
    }
    settings = yaml.safe_load((REPOSITORY / "profiles" / profile / "config.yaml").read_text())
    assert {name for name, resources in settings["set-resources"].items() if resources["gpu"] == 1} == {
        name for name, modules in imported.items() if not computing.isdisjoint(modules)
    }
