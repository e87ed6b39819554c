"""metrics.json: the accuracies of one run, and digests of the files they were measured on."""

from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, model_serializer

from gaitcore.artefacts.records import Record, read_record, write_record

Rows = tuple[tuple[float | None, ...], ...]  # gallery view by probe view, None where a cell is left out


class LeftOut(Record):
    """A cell of the cross-view table that has no probe or no gallery sequence."""

    condition: str
    gallery_view: str
    probe_view: str
    reason: str


class ConditionMetrics(Record):
    """One condition, fractions. The remaining keys are metrics: see ``cells``.

    Attributes:
        views: the views of rows (gallery) and of columns (probes).
        probes: number of probe sequences, gallery view by probe view.
        per_probe_view: metric -> probe view -> mean over the other gallery views.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Rows]

    views: tuple[str, ...]
    probes: tuple[tuple[int, ...], ...]
    per_probe_view: dict[str, dict[str, float]]

    @property
    def cells(self) -> dict[str, Rows]:
        """Metric -> accuracy, gallery view by probe view; identical views are on the diagonal."""
        return self.__pydantic_extra__

    @model_serializer
    def _in_order(self) -> dict[str, Any]:
        return {"views": self.views, "probes": self.probes, **self.cells, "per_probe_view": self.per_probe_view}


class OpenSetMetrics(Record):
    """The open-set figures of one probe condition, fractions; see gaitcore/evaluation/open_set.py.

    Attributes:
        genuine, impostors: numbers of pairs.
        eer: equal error rate; None where one of the kinds of pair is absent.
        tar: FAR as text -> TAR; None where there are too few impostor pairs to tell it.
    """

    genuine: int
    impostors: int
    eer: float | None
    tar: dict[str, float | None]


class Metrics(Record):
    """The content of metrics.json; accuracies are fractions.

    Attributes:
        evaluation: the section of the configuration.
        inputs: name -> SHA-256 of poses.parquet, split.csv and weights.safetensors.
        outputs: name -> SHA-256 of embeddings.parquet and subjects.csv.
        code_digest: SHA-256 of the code that evaluated, None where it is not known.
        extensions: name -> SHA-256 of each file from outside the repository that was used.
        means: metric -> condition -> mean over probe views, identical views excluded.
        unmatched_probes: probes whose subject has no gallery sequence.
        left_out: the cells without a probe or gallery sequence.
        conditions: the cross-view table of each condition, or the accuracies of each comparison.
        cells: where a protocol has two evaluations: the second one's cross-view table of each comparison.
        open_set: the open-set figures of each condition or comparison; absent in files of earlier releases.
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
    open_set: dict[str, OpenSetMetrics] = Field(default_factory=dict, exclude_if=lambda figures: not figures)
    cells: dict[str, ConditionMetrics] = Field(default_factory=dict, exclude_if=lambda cells: not cells)


def write_metrics(metrics: Metrics, path: str | Path) -> None:
    """Write metrics.json, whole or not at all."""
    write_record(metrics, path)


def read_metrics(path: str | Path) -> Metrics:
    """The content of metrics.json.

    Raises:
        DataError: the file is missing or damaged, or a key is missing, unknown or of another type.
    """
    return read_record(path, Metrics)
