"""A small finished experiment, made by the functions that the workflow's scripts call, in a few seconds.

``SmallExperiment(folder)`` names its files; ``make()`` computes them all, and each job is a method of its own, so that
a door can run one job again on files that were changed.
"""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import inputs
import torch
from places import REPOSITORY

from gaitcore import __version__
from gaitcore.artefacts.split_making import make_splits
from gaitcore.audit.manifest import write_manifest
from gaitcore.audit.receipts import JobPlace, checked_inputs, write_receipt
from gaitcore.evaluation.run import EvaluationOutputs, evaluate_run
from gaitcore.evaluation.summary import OpenSetSource, summarise_runs
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
        self.poses_report = self.results / "poses_report.csv"
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

    @contextmanager
    def _job(self, rule: str, inputs: list[Path], outputs: list[Path]) -> Iterator[None]:
        """Around a job, as in workflow_scripts/job.py: inputs are what their makers wrote; it leaves a receipt."""
        log = self.results / "logs" / f"{rule}.log"
        place = JobPlace.of_log(log)
        digests = checked_inputs(place, map(str, inputs))
        yield
        log.write_text("")
        write_receipt(place, rule, "", digests, map(str, outputs), str(log))

    def read(self) -> None:
        """poses.parquet and its report."""
        data = self.config.data
        with self._job("poses", [Path(path) for path in data.path], [self.poses, self.poses_report]):
            table, report = read_poses(
                data.format, data.path, dataset=data.dataset, pose_source=data.pose_source, **inputs.CAMERA
            )
            table.write(self.poses)
            write_drop_report(report, self.poses_report)

    def assign(self) -> None:
        """split.csv."""
        with self._job("splits", [self.poses], [self.split]):
            make_splits({"keypoints": self.poses}, self.config.protocol, {"keypoints": self.split})

    def train(self, checkpoint_minutes: float = 10) -> None:
        """weights.safetensors, training.csv and run.json."""
        files = [self.run / name for name in ("weights.safetensors", "training.csv", "run.json")]
        with self._job("train", [self.poses, self.split], files):
            train_run(
                SYSTEM,
                SEED,
                self.system.network,
                self.system.input,
                self.system.training,
                tables={"keypoints": self.poses},
                split=self.split,
                protocol=self.config.protocol,
                outputs=RunOutputs(*files, self.results / "checkpoints"),
                threads=1,
                code="c0de",
                configuration={"protocol": self.config.protocol.model_dump(mode="json")},
                checkpoint_minutes=checkpoint_minutes,
            )

    def evaluate(self) -> None:
        """embeddings.parquet, metrics.json and subjects.csv."""
        files = [self.run / name for name in ("embeddings.parquet", "metrics.json", "subjects.csv")]
        weights = self.run / "weights.safetensors"
        with self._job("evaluate", [self.poses, self.split, weights], files):
            evaluate_run(
                SYSTEM,
                self.system.network,
                self.system.input,
                self.system.evaluation,
                tables={"keypoints": self.poses},
                split=self.split,
                protocol=self.config.protocol,
                weights=weights,
                outputs=EvaluationOutputs(*files),
                threads=1,
                code="c0de",
            )

    def summarise(self) -> None:
        """summary.csv and rank1.json."""
        by_subject, rank1 = self.run / "subjects.csv", self.results / "rank1.json"
        embeddings = self.run / "embeddings.parquet"
        runs = [((SYSTEM, SEED), embeddings, self.split)]
        pairs = OpenSetSource(runs, {SYSTEM: self.system.evaluation}, self.config.protocol)
        with self._job("summary", [by_subject, embeddings, self.split], [self.summary, rank1]):
            summarise_runs([((SYSTEM, SEED), by_subject)], self.config.statistics, self.summary, rank1, pairs)

    def tabulate(self) -> None:
        """The tables."""
        names = [f"{table}.{suffix}" for table in ("table1", "table2") for suffix in ("tex", "csv", "md", "html")]
        read = {"summary": self.summary, "splits": [self.split], "poses_report": self.poses_report}
        record = self.run / "run.json"
        with self._job(
            "tables",
            [self.summary, self.split, self.poses_report, record],
            [self.tables / name for name in (*names, "summary.md")],
        ):
            write_tables(self.config, **read, runs=[record], folder=self.tables)

    def reproduce(self) -> None:
        """The reproduction report."""
        pages = {"markdown": self.results / "reproduction.md", "html": self.results / "reproduction.html"}
        read = {"summary": self.summary, "splits": [self.split], "poses_report": self.poses_report}
        record = self.run / "run.json"
        with self._job("reproduction", [self.summary, self.split, self.poses_report, record], [*pages.values()]):
            write_reproduction(self.config, paper_config("config.yaml"), **read, runs=[record], **pages)

    def report(self, figures: list[Path]) -> None:
        """report.html, of figures that no job of this experiment made."""
        page = self.results / "report.html"
        read = {"summary": self.summary, "splits": [self.split], "poses_report": self.poses_report}
        record = self.run / "run.json"
        with self._job("report", [self.summary, self.split, self.poses_report, record], [page]):
            write_report(self.config, **read, runs=[record], figures=figures, timed=[], verified=0, report=page)

    def list_artefacts(self) -> None:
        """manifest.json."""
        facts = {
            "experiment": self.config.experiment,
            "configuration": self.config.model_dump(mode="json"),
            "titles": {SYSTEM: self.system.title},
            "extensions": {},
            "gaitcore": __version__,
        }
        write_manifest(self.results / "manifest.json", list(self.config.data.path), facts)


def finished_files() -> inputs.Files:
    """Every file of the small experiment, configuration and source included."""

    def make(folder: Path) -> None:
        for name, content in (configuration_files() | inputs.gaitgraph_csv()).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        with contextlib.chdir(folder):
            SmallExperiment().make()

    torch.set_num_threads(1)
    return inputs.made(make)
