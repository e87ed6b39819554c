"""The tutorial's commands run in its order in a copy of the repository, and print what the page shows."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from places import REPOSITORY
from scratch_workflow import Workflow

pytestmark = pytest.mark.workflow

PAGE = REPOSITORY / "docs" / "tutorial.md"
STEP = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
SMALL_DEMO = """\
experiment: demo
extends: whole_demo
data: {walkers: {subjects: 9}}
protocol: {split: 5/4, splits: {5/4: {train: 1-5, test: 6-9}}}
compare: [body_statistics]
seeds: [0]
statistics: {resamples: 200}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy with fewer people in the demo, whose environment is that of the tests."""
    folder = tmp_path_factory.mktemp("tutorial")
    Workflow.new(folder)
    demo = folder / "experiments" / "demo.yaml"
    whole = demo.read_text().replace("experiment: demo", "experiment: whole_demo")
    (folder / "experiments" / "whole_demo.yaml").write_text(whole)
    demo.write_text(SMALL_DEMO)
    for file in (REPOSITORY / "Makefile", REPOSITORY / "pyproject.toml", *REPOSITORY.glob("requirements*.lock")):
        shutil.copy(file, folder)
    commands = folder / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name, module in {"python": "", "snakemake": "-m snakemake", "gaitcore": "-m gaitcore"}.items():
        (commands / name).write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
        (commands / name).chmod(0o755)
    (commands / "activate").write_text(f'PATH="{commands}:$PATH"\n')
    for made in ("packages", "ready"):
        (folder / ".venv" / made).touch()
    return folder


def pattern(shown):
    """What a block shows, as a pattern: ``...`` is any text, also over several lines; other blanks count once."""
    parts = [re.escape(re.sub(r" +", " ", part)) for part in shown.strip().split("...")]
    return r"\s*" + r".*?".join(part.replace("\\\n", "\n") for part in parts) + r"\s*"


def test_every_command_of_the_tutorial_prints_what_the_page_shows(folder):
    environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    steps = STEP.findall(PAGE.read_text(encoding="utf-8"))
    assert len(steps) == PAGE.read_text(encoding="utf-8").count("```sh")
    activated = ""
    for commands, shown in steps:
        if ".venv/bin/activate" in commands:
            activated = commands
        done = subprocess.run(
            ["bash", "-e", "-c", activated + commands],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, commands + done.stdout
        said = re.sub(r" +", " ", done.stdout)
        if shown:
            assert re.fullmatch(pattern(shown), said, re.DOTALL), f"{commands}\n{done.stdout}\nexpected\n{shown}"
