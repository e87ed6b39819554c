"""A scratch repository in which DVC, git and make are run as a user would."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from places import REPOSITORY
from scratch_workflow import TINY, Workflow

from gaitcore.digests import file_digest

BIN = Path(sys.executable).parent
OVERLAY = "experiments/tiny.yaml"
UP_TO_DATE = "Data and pipelines are up to date."
RATE = "kernel: 5}"  # of GaitMixer alone


class Project:
    """A git repository with the workflow, in which DVC, git and make are run as a user would."""

    def __init__(self, folder, experiment="tiny"):
        self.folder, self.experiment = folder, experiment
        self.environment = os.environ | {"PYTHONPATH": str(folder), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        self.environment |= {
            f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }

    def run(self, *command, fails=False, **environment):
        """What a command printed; it must succeed, or fail if that is expected."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def stages_run_by(self, *command):
        """The stages a DVC command ran; those it took from the cache are not among them."""
        lines = self.run(*command).splitlines()
        return {line.split("'")[1] for line in lines if line.startswith("Running stage '")}

    def nothing_to_do(self):
        """Whether DVC and Snakemake both say so."""
        snakemake = "Nothing to be done" in self.run("snakemake", "-n", "tables")
        return (UP_TO_DATE in self.run("dvc", "status"), snakemake) == (True, True)

    def adopt(self, **options):
        return self.run("make", "adopt", f"BIN={BIN}", **options)

    def commit(self):
        self.run("git", "add", "--all")
        self.run("git", "commit", "-q", "--allow-empty", "-m", "state")

    def result(self, name):
        return self.folder / "results" / self.experiment / name

    def json(self, name):
        return json.loads(self.result(name).read_text())

    def digests(self):
        """path -> digest of every result that DVC or git keeps, without what holds times: logs and their digests."""
        kept = [path for path in (self.folder / "results" / self.experiment).rglob("*") if path.is_file()]
        aside = {"logs", "benchmarks", "receipts", "manifest.json"}
        return {path: file_digest(path) for path in kept if not aside & set(path.relative_to(self.folder).parts)}

    def learn_at(self, rate):
        """Give GaitMixer a learning rate of its own; None takes it back."""
        text = TINY.replace("seeds: [0, 1]", "seeds: [0]")
        own = f"{RATE}\n    training: {{learning_rate: {rate}}}"
        (self.folder / OVERLAY).write_text(text.replace(RATE, own) if rate else text)

    @classmethod
    def new(cls, folder, experiment="tiny"):
        """The workflow with that experiment in config.yaml, not yet under git."""
        Workflow.new(folder)
        for name in (".dvc/config", ".dvc/.gitignore", ".dvcignore", ".gitignore", "Makefile", "dvc.yaml"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
        project = cls(folder, experiment)
        project.replace("config.yaml", "experiment: demo", f"experiment: {experiment}")
        return project

    def replace(self, name, old, new):
        """Edit a file."""
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def start(self):
        """Put everything under git."""
        self.run("git", "init", "-q")
        self.run("git", "config", "gc.auto", "0")
        self.commit()
