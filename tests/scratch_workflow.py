"""A scratch copy of the repository in which the real workflow runs a small experiment of synthetic walkers."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from places import REPOSITORY

PARTS = (
    *("Snakefile", "config", "config.yaml", "experiments", "gaitcore", "profiles", "report", "rules", "workflow"),
    *("gaitcore_workflow", "workflow_scripts"),
)

TINY = """\
experiment: tiny
data:
  dataset: tiny walkers
  path: data/raw/tiny/poses.csv
  pose_source: kinematic walkers
  walkers: {subjects: 6}
protocol:
  split: 3/3
  splits:
    3/3: {train: 1-3, test: 4-6}
  min_frames: 21
seeds: [0, 1]
network: {frames: 20, embedding_dim: 16}
training:
  epochs: 1
  batch: {subjects: 3, sequences: 16}
systems:
  gaitmixer:
    network: {spatial_width: 8, spatial_depth: 1, heads: 2, widths: [8, 16], kernel: 5}
  gaitformer:
    network: {width: 8, spatial_depth: 1, temporal_depth: 1, heads: 2}
statistics: {resamples: 200}
tables: {published: false}
"""


class Workflow:
    """A scratch copy of the repository in which Snakemake is run as a user would."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.packages: tuple[Path, ...] = ()  # folders with installed packages beside those of the environment

    @classmethod
    def new(cls, folder: Path):
        """Copy the repository into an empty folder and add the small experiment."""
        for part in PARTS:
            source = REPOSITORY / part
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / part)
        (folder / "experiments" / "tiny.yaml").write_text(TINY)
        return cls(folder)

    def snakemake(self, *arguments, experiment="tiny", config=()):
        """Run Snakemake; the finished process with all it printed in ``stdout``."""
        return subprocess.run(
            self.command(*arguments, experiment=experiment, config=config),
            **self.place,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def command(self, *arguments, experiment="tiny", config=()):
        """``config`` is what stands behind --config beside the experiment: ("seeds=[5]",)."""
        settings = (f"experiment={experiment}", *config)
        return [sys.executable, "-m", "snakemake", "--config", *settings, "--cores", "2", *arguments]

    @property
    def place(self):
        """Where to run it, and with which gaitcore."""
        path = os.pathsep.join(map(str, (self.folder, *self.packages)))
        return {"cwd": self.folder, "env": os.environ | {"PYTHONPATH": path}}

    def jobs(self, *arguments, experiment="tiny"):
        """rule -> number of jobs a dry run would start."""
        done = self.snakemake("tables", "-n", *arguments, experiment=experiment)
        assert done.returncode == 0, done.stdout
        return self.planned(done.stdout)

    @staticmethod
    def planned(said):
        """rule -> number of jobs, from what a dry run prints."""
        if "Nothing to be done" in said:
            return {}
        stats = said.partition("Job stats:")[2].partition("\n\n")[0]
        counts = {rule: int(number) for rule, number in re.findall(r"^(\w+) +(\d+)$", stats, re.MULTILINE)}
        return {rule: number for rule, number in counts.items() if rule not in ("total", "tables")}

    def results(self, name):
        return self.folder / "results" / "tiny" / name
