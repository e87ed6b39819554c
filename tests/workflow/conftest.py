"""A workflow that has made its tables: made once for a whole run of the tests, copied for each file of them."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest
from scratch_workflow import Workflow


@pytest.fixture(scope="session")
def original(tmp_path_factory) -> Path:
    """The folder of a workflow that has made its tables; parallel test processes share it, so nobody writes there."""
    temporary = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        temporary = temporary.parent
    folder, done = temporary / "finished-workflow", temporary / "finished-workflow.done"
    with (temporary / "finished-workflow.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            made = Workflow.new(folder).snakemake("tables")
            assert made.returncode == 0, made.stdout
            done.touch()
    return folder


@pytest.fixture(scope="module")
def finished(original, tmp_path_factory) -> Workflow:
    """A workflow that has made its tables, for the tests of one file."""
    folder = tmp_path_factory.mktemp("finished") / "workflow"
    shutil.copytree(original, folder)  # with the times of the files
    return Workflow(folder)


@pytest.fixture
def edited(finished):
    """Edit files of the finished workflow; they are restored after the test."""
    originals = {}

    def edit(name, change):
        path = finished.folder / name
        originals.setdefault(path, path.read_bytes())
        path.write_text(change(path.read_text()))

    yield edit
    for path, content in originals.items():
        path.write_bytes(content)
