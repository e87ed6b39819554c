"""A finished run as commands use it: its records, and the settings by which sequences are embedded."""

from dataclasses import dataclass
from pathlib import Path

from gaitcore.artefacts.metrics import Metrics, read_metrics
from gaitcore.artefacts.run_record import RunRecord, read_run
from gaitcore.errors import DataError
from gaitcore.networks import modality
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork


@dataclass(frozen=True)
class TrainedRun:
    """A finished run: its folder and records, and the settings by which sequences are embedded."""

    folder: Path
    record: RunRecord
    metrics: Metrics
    network: SystemNetwork
    input: Input
    evaluation: Evaluation

    @property
    def modality(self) -> str:
        """The frames that its network takes."""
        return modality(self.network.name)


def open_run(place: Path) -> TrainedRun:
    """The run in a folder, or whose weights are this file.

    Raises:
        DataError: there is no finished, evaluated run, or a record is damaged.
    """
    folder = place if place.is_dir() else place.parent
    if not (folder / "run.json").is_file() or not (folder / "metrics.json").is_file():
        raise DataError(
            f"{place}: no run.json and metrics.json beside the weights, expected the folder of an evaluated run, e.g. "
            "results/demo/gaitmixer/seed-0."
        )
    record, metrics = read_run(folder / "run.json"), read_metrics(folder / "metrics.json")
    return TrainedRun(
        folder,
        record,
        metrics,
        SystemNetwork.model_validate(record.settings["network"]),
        Input.model_validate(record.settings["input"]),
        Evaluation.model_validate(metrics.evaluation),
    )
