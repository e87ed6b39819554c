"""run.json: the settings, the machine and the results of a training run."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field

from gaitcore.artefacts.records import Record, read_record, write_record


class Revision(Record):
    """The git revision of the code, and whether there were no uncommitted changes; None outside git."""

    commit: str | None
    clean: bool | None


class Machine(Record):
    """The machine that computed; ``packages`` maps each package to its version, None where it is not installed."""

    platform: str
    processor: str
    cores: int | None
    python: str
    packages: dict[str, str | None]


class Origin(Record):
    """Weights that were trained elsewhere.

    Attributes:
        path: the file they were read from.
        sha256: of that file.
        run: the content of the run.json beside it; None where there is none, as beside a released file.
        trained_on: what is known of their training input: dataset, pose_source, fps, frame_width, channels, ...
        notes: sentences on what differs between that input and the one here.
        left_out: the weights of the file that were not used, since they have another shape here.
    """

    path: str
    sha256: str
    run: dict[str, Any] | None
    trained_on: dict[str, Any]
    notes: tuple[str, ...]
    left_out: tuple[str, ...]


class RunRecord(Record):
    """The content of run.json.

    Attributes:
        seed: of the training; None for weights from a file, whose seed is not known.
        settings: sections of the configuration that the run depends on.
        channels: the channels of a pose that the network receives, in order.
        parameters: number of trained weights.
        epoch: the epoch whose weights were kept.
        final_loss: the mean loss of the last epoch; None without training, as the next one.
        spread: the spread of the embeddings at the end, 0 if all are one point.
        collapsed: whether the spread is below the threshold.
        untrained: whether there was nothing to learn: one training subject alone, or a loss of 0 throughout.
        inputs: name -> SHA-256 of poses.parquet and split.csv.
        outputs: name -> SHA-256 of weights.safetensors and training.csv.
        source_digest: SHA-256 of the source of the frames (poses, silhouettes), empty where it is not known; earlier
            files call it pose_source_digest.
        code_digest: SHA-256 of the code that trained.
        extensions: name -> SHA-256 of each file from outside the repository that was used.
        determinism: the switches of torch that make a run repeatable, the precision of products in training, and how
            the steps were run.
        resumed_after_steps: the steps after which the run was resumed.
        peak_memory_bytes: the most memory of the process, without the GPU's.
        peak_gpu_memory_bytes: the most memory on the GPU; 0 without one.
        origin: the weights that were imported, or with which the training began; None where the seed drew them.
        failure: why the training of a sweep's try ended early, with weights that are of no use; None for other runs.
    """

    system: str
    seed: int | None
    settings: dict[str, Any]
    channels: tuple[str, ...]
    parameters: int
    training_subjects: int
    training_sequences: int
    epoch: int
    final_loss: float | None
    spread: float | None
    collapsed: bool
    untrained: bool
    inputs: dict[str, str]
    source_digest: str = Field(validation_alias=AliasChoices("source_digest", "pose_source_digest"))
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
    peak_gpu_memory_bytes: int
    origin: Origin | None = None
    failure: str | None = Field(None, exclude_if=lambda failure: failure is None)

    @property
    def imported(self) -> bool:
        """Whether the weights are those of ``origin`` as they are, without training here."""
        return self.origin is not None and "training" not in self.settings


def run_of(origin: Origin | None) -> RunRecord | None:
    """The run that trained weights from elsewhere, by the run.json that was beside them; None where there was none."""
    return RunRecord.model_validate_json(json.dumps(origin.run)) if origin and origin.run else None


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
