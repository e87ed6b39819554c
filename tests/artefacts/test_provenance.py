"""The revision in run.json is that of the code."""

import os
import shutil
import subprocess
import sys

from places import REPOSITORY

ASKED = "from gaitcore.artefacts.provenance import revision; print(revision())"


def test_a_repository_that_does_not_track_the_code_is_not_its_revision(tmp_path):
    git = ["git", "-c", "user.name=Owner", "-c", "user.email=owner@localhost"]

    def asked():
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "packages")}
        command = [sys.executable, "-c", ASKED]
        return subprocess.check_output(command, cwd=tmp_path, env=environment, text=True).strip()

    shutil.copytree(REPOSITORY / "gaitcore", tmp_path / "packages" / "gaitcore")
    (tmp_path / "notes.txt").touch()
    for command in (["init", "-q"], ["add", "notes.txt"], ["commit", "-qm", "notes"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    assert asked() == "{'commit': None, 'clean': None}"
    for command in (["add", "packages"], ["commit", "-qm", "the code"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=tmp_path, text=True).strip()
    assert asked() == str({"commit": commit, "clean": True})
