"""A small finished experiment, made by the functions that the workflow's scripts call, in a few seconds.

``SmallExperiment(folder)`` names its files; ``make()`` computes them all, and each job is a method of its own, so that
a door can run one job again on files that were changed.
"""

from pathlib import Path
from typing import Any

import inputs
import torch
from places import REPOSITORY

from gaitcore import __version__
from gaitcore.artefacts.split_making import make_split
from gaitcore.audit.manifest import Origin, write_manifest
from gaitcore.evaluation.run import EvaluationOutputs, evaluate_run
from gaitcore.evaluation.summary import summarise_runs
from gaitcore.modalities.keypoints.reading import read_poses
from gaitcore.modalities.report import write_report as write_drop_report
from gaitcore.reporting.pages.write_report import write_report
from gaitcore.reporting.pages.write_reproduction import write_reproduction
from gaitcore.reporting.tables.write_tables import write_tables
from gaitcore.settings.files import load_config, paper_config
from gaitcore.systems import system_settings
from gaitcore.training.run import RunOutputs, train_run

OVERLAY = """\
experiment: small
data: {dataset: small, path: raw/poses.csv, pose_source: drawn}
protocol:
  split: 2/2
  splits: {2/2: {train: 1-2, test: 3-4}}
  gallery: {nm: [1]}
  probes: {nm: [2]}
  min_frames: 11
compare: [gaitmixer]
seeds: [0]
network: {frames: 10, embedding_dim: 8}
training: {epochs: 3, batch: {subjects: 2, sequences: 2}, repeat: {}}
evaluation: {windows: centre}
systems: {gaitmixer: {network: {spatial_width: 8, spatial_depth: 1, heads: 2, widths: [8], kernel: 3}}}
statistics: {resamples: 50}
tables: {published: false}
"""
SYSTEM, SEED = "gaitmixer", 0


def configuration_files() -> inputs.Files:
    """config.yaml, and the overlay of the small experiment."""
    return {
        "config.yaml": (REPOSITORY / "config.yaml").read_bytes(),
        "experiments/small.yaml": OVERLAY.encode(),
        "experiments/demo.yaml": (REPOSITORY / "experiments" / "demo.yaml").read_bytes(),
    }


class SmallExperiment:
    """The jobs of the small experiment, on files relative to the working folder."""

    def __init__(self, name: str = "small", **settings: Any) -> None:
        self.results = Path("results", name)
        self.run = self.results / SYSTEM / f"seed-{SEED}"
        self.config = load_config("config.yaml", {"experiment": name, **settings})
        self.system = system_settings(self.config, SYSTEM)
        self.poses, self.split = self.results / "poses.parquet", self.results / "split.csv"
        self.summary, self.tables = self.results / "summary.csv", self.results / "tables"

    def make(self) -> None:
        """All of its files."""
        self.make_folders()
        self.read()
        self.assign()
        self.train()
        self.evaluate()
        self.summarise()
        self.tabulate()
        self.reproduce()
        self.list_artefacts()

    def make_folders(self) -> None:
        """The folders of its files."""
        for folder in (self.run, self.tables, self.results / "logs"):
            folder.mkdir(parents=True, exist_ok=True)

    def read(self) -> None:
        """poses.parquet and its report."""
        data = self.config.data
        table, report = read_poses(
            data.format, data.path, dataset=data.dataset, pose_source=data.pose_source, **inputs.CAMERA
        )
        table.write(self.poses)
        write_drop_report(report, self.results / "poses_report.csv")

    def assign(self) -> None:
        """split.csv."""
        make_split("keypoints", self.poses, self.config.protocol, self.split)

    def train(self, checkpoint_minutes: float = 10) -> None:
        """weights.safetensors, training.csv and run.json."""
        names = ("weights.safetensors", "training.csv", "run.json")
        train_run(
            SYSTEM,
            SEED,
            self.system.network,
            self.system.input,
            self.system.training,
            table=self.poses,
            split=self.split,
            protocol=self.config.protocol,
            outputs=RunOutputs(*(self.run / name for name in names), self.results / "checkpoints"),
            threads=1,
            code="c0de",
            configuration={"protocol": self.config.protocol.model_dump(mode="json")},
            checkpoint_minutes=checkpoint_minutes,
        )

    def evaluate(self) -> None:
        """embeddings.parquet, metrics.json and subjects.csv."""
        names = ("embeddings.parquet", "metrics.json", "subjects.csv")
        evaluate_run(
            SYSTEM,
            self.system.network,
            self.system.input,
            self.system.evaluation,
            table=self.poses,
            split=self.split,
            protocol=self.config.protocol,
            weights=self.run / "weights.safetensors",
            outputs=EvaluationOutputs(*(self.run / name for name in names)),
            threads=1,
            code="c0de",
        )

    def summarise(self) -> None:
        """summary.csv and rank1.json."""
        runs = [((SYSTEM, SEED), self.run / "subjects.csv")]
        summarise_runs(runs, self.config.statistics, self.summary, self.results / "rank1.json")

    def tabulate(self) -> None:
        """The tables."""
        write_tables(
            self.config,
            summary=self.summary,
            split=self.split,
            poses_report=self.results / "poses_report.csv",
            runs=[self.run / "run.json"],
            folder=self.tables,
        )

    def reproduce(self) -> None:
        """The reproduction report."""
        write_reproduction(
            self.config,
            paper_config("config.yaml"),
            summary=self.summary,
            split=self.split,
            poses_report=self.results / "poses_report.csv",
            runs=[self.run / "run.json"],
            markdown=self.results / "reproduction.md",
            html=self.results / "reproduction.html",
        )

    def report(self, figures: list[Path]) -> None:
        """report.html."""
        write_report(
            self.config,
            summary=self.summary,
            split=self.split,
            poses_report=self.results / "poses_report.csv",
            runs=[self.run / "run.json"],
            figures=figures,
            timed=[],
            report=self.results / "report.html",
        )

    def list_artefacts(self) -> None:
        """manifest.json."""
        artefacts = sorted(path for path in self.results.rglob("*") if path.is_file())
        origins = [Origin(str(path), "a rule", ()) for path in artefacts if path.name != "manifest.json"]
        facts = {
            "experiment": self.config.experiment,
            "configuration": self.config.model_dump(mode="json"),
            "titles": {SYSTEM: self.system.title},
            "extensions": {},
            "gaitcore": __version__,
        }
        write_manifest(self.results / "manifest.json", origins, list(self.config.data.path), facts)


def finished_files() -> inputs.Files:
    """Every file of the small experiment, configuration and source included."""
    import contextlib

    def make(folder: Path) -> None:
        for name, content in (configuration_files() | inputs.gaitgraph_csv()).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        with contextlib.chdir(folder):
            SmallExperiment().make()

    torch.set_num_threads(1)
    return inputs.made(make)
