"""The descriptions of the environment, for pip, Docker, Apptainer and conda, install the same locks in the same way."""

import re

import pytest
import yaml
from places import REPOSITORY

LOCK = re.compile(r"requirements[\w-]*\.lock")
LOCKS = ["requirements-build.lock", "requirements.lock", "requirements-torch.lock", "requirements-cuda.lock"]


@pytest.mark.parametrize("name", ["Dockerfile", "apptainer.def"])
def test_an_image_installs_each_lock_in_order_and_by_its_hashes(name):
    text = (REPOSITORY / name).read_text()
    installed = re.findall(r"\$install /locks/(\S+?\.lock)", text)
    assert installed == LOCKS
    assert "--require-hashes --no-deps --no-build-isolation --requirement" in text
    assert "python:3.11-slim-bookworm" in text


def test_the_docker_build_context_holds_the_locks_and_nothing_else():
    lines = (REPOSITORY / ".dockerignore").read_text().split()
    assert lines == ["*", *(f"!{lock}" for lock in LOCKS)]


def test_the_conda_environment_installs_locks_that_exist():
    environment = yaml.safe_load((REPOSITORY / "environment.yaml").read_text())
    (pip,) = [part["pip"] for part in environment["dependencies"] if isinstance(part, dict)]
    locks = [line.removeprefix("--requirement ") for line in pip]
    assert locks == LOCKS[:3]
    assert all((REPOSITORY / lock).is_file() for lock in locks)


def test_github_runs_what_any_machine_runs():
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == ["sudo --preserve-env=PATH .ci/run"]
    assert workflow["permissions"] == {"contents": "read"}
