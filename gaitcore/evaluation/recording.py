"""The records of a measurement, subjects.csv and metrics.json: one place for tested and for validated runs."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from gaitcore.artefacts.metrics import Metrics, OpenSetMetrics, write_metrics
from gaitcore.artefacts.subjects import write_subjects
from gaitcore.digests import file_digest
from gaitcore.evaluation.measured import Measured
from gaitcore.settings.evaluation import Evaluation


def write_measured(
    measured: Measured,
    system: str,
    evaluation: Evaluation,
    *,
    read: Iterable[Path],
    subjects: Path,
    metrics: Path,
    embeddings: Path | None = None,
    open_set: Mapping[str, OpenSetMetrics] | None = None,
    code: str | None = None,
    extensions: Mapping[str, str] | None = None,
) -> None:
    """Write the accuracies of one run, with the digests of what they were measured on and of what was written.

    Args:
        measured: the accuracies.
        system: its name in the configuration.
        evaluation: that section of the configuration.
        read: the files that the measurement read: tables of frames, split.csv, weights.safetensors.
        subjects: subjects.csv to write.
        metrics: metrics.json to write.
        embeddings: embeddings.parquet, if the run keeps it; it must have been written.
        open_set: the open-set figures of each condition or comparison, if they were measured.
        code: digest of the code in use.
        extensions: the files of that code from outside the library and the digest of each.
    """
    write_subjects(measured.by_subject, subjects)
    written = [subjects] if embeddings is None else [embeddings, subjects]
    record = Metrics(
        system=system,
        evaluation=evaluation.model_dump(mode="json"),
        inputs={path.name: file_digest(path) for path in read},
        outputs={path.name: file_digest(path) for path in written},
        code_digest=code,
        extensions=dict(extensions or {}),
        means=measured.means,
        unmatched_probes=measured.unmatched_probes,
        left_out=measured.left_out,
        conditions=measured.conditions,
        open_set=dict(open_set or {}),
        cells=dict(measured.cells),
    )
    write_metrics(record, metrics)
