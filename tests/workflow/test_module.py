"""The workflow used from elsewhere: from another folder, and as a module of another workflow, also from GitHub."""

import os
import shutil
import subprocess
import sys

import pytest
from places import REPOSITORY
from scratch_workflow import PARTS, Workflow
from test_docs import blocks

from gaitcore.audit.manifest import check_manifest

pytestmark = pytest.mark.workflow

OWN = """\
experiment: tiny
extends: tiny_walkers
compare: [gaitmixer]
seeds: [0]
"""
PER_RUN = {"train": 1, "evaluate": 1}
TABLES = {"summary": 1, "write_tables": 1, "write_reproduction": 1, "write_manifest": 1}
ALL = {"walkers": 1, "read_poses": 1, "splits": 1, **PER_RUN, **TABLES}


class Project:
    """A folder of somebody's own, with the Snakefile of config/README.md; ``source`` is a clone of this repository."""

    def __init__(self, folder, source):
        self.folder = folder
        (example,) = blocks(REPOSITORY / "config" / "README.md", "python")[:1]
        for name, text in {
            "workflow/Snakefile": example.replace("/path/to/gaitcore", str(source)),
            "config/config.yaml": "experiment: tiny\n",
            "experiments/tiny.yaml": OWN,
        }.items():
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_text(text)
        shutil.copytree(source / "profiles", folder / "profiles")
        self.environment = os.environ | {"PYTHONPATH": str(source)}

    def snakemake(self, *arguments):
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def planned(self, *arguments):
        status, said = self.snakemake("-n", *arguments)
        assert status == 0, said
        return {rule: number for rule, number in Workflow.planned(said).items() if rule != "all"}


@pytest.fixture(scope="module")
def source(finished):
    """A clone whose own experiment tiny_walkers the project's overlay extends."""
    experiments = finished.folder / "experiments"
    text = (experiments / "tiny.yaml").read_text()
    (experiments / "tiny_walkers.yaml").write_text(text.replace("experiment: tiny", "experiment: tiny_walkers"))
    return finished.folder


@pytest.fixture(scope="module")
def project(source, tmp_path_factory):
    """A project that has made its tables."""
    project = Project(tmp_path_factory.mktemp("project"), source)
    assert project.planned() == ALL
    status, said = project.snakemake()
    assert status == 0, said
    assert "The results of tiny are in results/tiny/." in said  # the handler of the module, not of the project
    return project


def test_a_workflow_that_uses_this_one_makes_the_same_weights_in_its_own_folder(project, finished):
    weights = "gaitmixer/seed-0/weights.safetensors"
    assert (project.folder / "results" / "tiny" / weights).read_bytes() == finished.results(weights).read_bytes()
    assert sorted(path.name for path in project.folder.iterdir() if not path.name.startswith(".")) == [
        *("config", "data", "experiments", "profiles", "results", "workflow"),
    ]


def test_its_second_run_does_nothing_and_its_manifest_is_complete(project):
    assert project.planned() == {}
    assert check_manifest(project.folder / "results" / "tiny").passes


def test_a_setting_of_its_configuration_replaces_that_of_the_overlay(project):
    file = project.folder / "config" / "config.yaml"
    before = file.read_text()
    file.write_text(before + "statistics: {resamples: 300}\n")
    assert project.planned() == TABLES
    file.write_text(before + "statistics: {resamples: -1}\n")
    status, said = project.snakemake("-n")
    file.write_text(before)
    assert status == 1
    assert "config/config.yaml or --config on the command line: statistics.resamples is -1, expected" in said


def test_the_workflow_is_found_where_github_serves_it_with_its_own_overlays(project, source, tmp_path):
    """Snakemake copies such a module file by file from a clone of its own, which is made here without a network."""
    clone = tmp_path / "snakemake" / "snakemake" / "source-cache" / "snakemake-git-cache" / "github.com/owner/gaitcore"
    git = ["git", "-c", "user.name=Owner", "-c", "user.email=owner@localhost"]
    for command in (
        ["init", "--quiet"],
        ["add", *PARTS],
        ["commit", "--quiet", "--message", "release"],
        ["tag", "v1"],
        ["clone", "--quiet", "--bare", ".", clone],
    ):
        subprocess.run([*git, *command], cwd=source, check=True)
    snakefile = project.folder / "workflow" / "Snakefile"
    before = snakefile.read_text()
    place = 'github("owner/gaitcore", path="workflow/Snakefile", tag="v1")'
    snakefile.write_text(before.replace(f'"{source}/workflow/Snakefile"', place))
    environment, project.environment = project.environment, project.environment | {"XDG_CACHE_HOME": str(tmp_path)}
    try:
        assert project.planned().keys() <= ALL.keys()
        assert project.planned("--config", "experiment=demo")["train"] == 6  # an overlay of the workflow's own
    finally:
        project.environment = environment
        snakefile.write_text(before)


def test_results_that_a_clone_made_are_up_to_date_in_another_folder(finished, tmp_path):
    for name in ("data", "results", ".snakemake", "profiles"):
        shutil.copytree(finished.folder / name, tmp_path / name)
    command = finished.command("-n", "tables", "--snakefile", "Snakefile", "--directory", tmp_path)
    done = subprocess.run(command, **finished.place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    moved = {"write_tables", "write_reproduction", "write_manifest"}  # read published numbers at another path
    assert set(Workflow.planned(done.stdout + done.stderr)) <= moved
