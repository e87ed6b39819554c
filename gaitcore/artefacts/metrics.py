"""metrics.json: the accuracies of one run, and digests of what they were measured on."""

from pathlib import Path
from typing import Any

from pydantic import model_serializer, model_validator

from gaitcore.artefacts.records import Record, read_record, write_record

Rows = tuple[tuple[float | None, ...], ...]  # gallery view by probe view, None where a cell is left out
View = str | int  # text in the data set's spelling; whole numbers in files that were made before keys were text
_OTHER_KEYS = ("views", "probes", "per_probe_view")  # of a condition; the remaining keys are metrics


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


class LeftOut(Record):
    """A cell of the cross-view table that has no probe or no gallery sequence."""

    condition: str
    gallery_view: View
    probe_view: View
    reason: str


class ConditionMetrics(Record):
    """One condition, fractions.

    Attributes:
        views: of rows (gallery) and columns (probes).
        probes: number of probe sequences, gallery view by probe view.
        cells: metric -> accuracy, gallery view by probe view; identical views are on the diagonal.
        per_probe_view: metric -> probe view -> mean over the other gallery views.
    """

    views: tuple[View, ...]
    probes: tuple[tuple[int, ...], ...]
    cells: dict[str, Rows]
    per_probe_view: dict[str, dict[str, float]]

    @model_validator(mode="before")
    @classmethod
    def _collect_cells(cls, data: Any) -> Any:
        """In the file each metric is a key of the condition."""
        if not isinstance(data, dict) or "cells" in data:
            return data
        data = {name: _as_tuples(value) for name, value in data.items()}
        cells = {name: rows for name, rows in data.items() if name not in _OTHER_KEYS}
        return {name: value for name, value in data.items() if name in _OTHER_KEYS} | {"cells": cells}

    @model_serializer
    def _spread_cells(self) -> dict[str, Any]:
        return {
            "views": self.views,
            "probes": self.probes,
            **self.cells,
            "per_probe_view": self.per_probe_view,
        }


class Metrics(Record):
    """The content of metrics.json; accuracies are fractions.

    Attributes:
        evaluation: the section of the configuration.
        inputs: name -> SHA-256 of poses.parquet, split.csv and weights.safetensors.
        outputs: name -> SHA-256 of embeddings.parquet and subjects.csv.
        code_digest: SHA-256 of the code that evaluated, None where it was not given.
        extensions: name -> SHA-256 of each file from outside the repository that was used.
        means: metric -> condition -> mean over probe views, identical views excluded.
        unmatched_probes: probes whose subject has no gallery sequence.
        left_out: the cells without a probe or gallery sequence.
        conditions: the cross-view table of each condition.
    """

    system: str
    evaluation: dict[str, Any]
    inputs: dict[str, str]
    outputs: dict[str, str]
    code_digest: str | None
    extensions: dict[str, str]
    means: dict[str, dict[str, float]]
    unmatched_probes: int
    left_out: tuple[LeftOut, ...]
    conditions: dict[str, ConditionMetrics]


def write_metrics(metrics: Metrics, path: str | Path) -> None:
    """Write metrics.json, whole or not at all."""
    write_record(metrics, path)


def read_metrics(path: str | Path) -> Metrics:
    """The content of metrics.json.

    Raises:
        DataError: the file is missing or damaged, or a key is missing, unknown or of another type.
    """
    return read_record(path, Metrics)
