"""run.json: what a training run was given, what it ran on and what came out."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gaitcore.artefacts.records import Record, read_record, write_record


class Revision(Record):
    """The git revision of the code, None outside git; whether it held no uncommitted changes."""

    commit: str | None
    clean: bool | None


class Machine(Record):
    """What computed; ``packages`` has the version of each package that matters, None where it is not installed."""

    platform: str
    processor: str
    cores: int | None
    python: str
    packages: dict[str, str | None]


class RunRecord(Record):
    """The content of run.json.

    Attributes:
        settings: sections of the configuration that the run depends on.
        channels: of a pose that the network received, in order.
        parameters: number of trained weights.
        epoch: whose weights were kept.
        final_loss: mean of the last epoch.
        spread: of the embeddings at the end, 0 if all are one point; ``collapsed`` says whether that is too small.
        inputs: name -> SHA-256 of poses.parquet and split.csv.
        outputs: name -> SHA-256 of weights.safetensors and training.csv.
        pose_source_digest: SHA-256 of the poses' source, empty where it is not known.
        code_digest: SHA-256 of the code that trained.
        extensions: name -> SHA-256 of each file from outside the repository that was used.
        determinism: the switches of torch that make a run repeatable.
        resumed_after_steps: the steps after which the run was taken up again.
    """

    system: str
    seed: int
    settings: dict[str, Any]
    channels: tuple[str, ...]
    parameters: int
    training_subjects: int
    training_sequences: int
    epoch: int
    final_loss: float
    spread: float
    collapsed: bool
    inputs: dict[str, str]
    pose_source_digest: str
    outputs: dict[str, str]
    code_digest: str
    extensions: dict[str, str]
    revision: Revision
    machine: Machine
    device: str
    threads: int
    determinism: dict[str, Any]
    wall_seconds: float
    resumed_after_steps: tuple[int, ...]
    peak_memory_bytes: int


def write_run(record: RunRecord, path: str | Path) -> None:
    """Write run.json, whole or not at all."""
    write_record(record, path)


def read_run(path: str | Path) -> RunRecord:
    """The content of run.json.

    Raises:
        DataError: the file is missing or damaged, or a key is missing, unknown or of another type.
    """
    return read_record(path, RunRecord)


def read_runs(paths: Iterable[str | Path]) -> list[RunRecord]:
    """The content of several files run.json, in their order."""
    return [read_run(path) for path in paths]
