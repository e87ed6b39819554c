"""One evaluation, from files to files: weights in, embeddings and accuracies out."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gaitcore.artefacts.embeddings import write_embeddings
from gaitcore.artefacts.metrics import ConditionMetrics, LeftOut, Metrics, Rows, write_metrics
from gaitcore.artefacts.subjects import write_subjects
from gaitcore.digests import file_digest
from gaitcore.evaluation.cross_view import CrossViewMetrics, cross_view_metrics
from gaitcore.evaluation.embedding import embed
from gaitcore.evaluation.trained import open_trained
from gaitcore.execution import compute
from gaitcore.percent import in_percent
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationOutputs:
    """Where an evaluation writes: embeddings.parquet, metrics.json, subjects.csv."""

    embeddings: Path
    metrics: Path
    subjects: Path


def evaluate_run(
    system: str,
    network: SystemNetwork,
    input: Input,
    evaluation: Evaluation,
    *,
    table: Path,
    split: Path,
    weights: Path,
    outputs: EvaluationOutputs,
    threads: int,
    code: str | None = None,
    extensions: Mapping[str, str] | None = None,
) -> None:
    """Embed every gallery and probe sequence with a trained system and measure cross-view accuracy.

    Args:
        system: its name in the configuration.
        network: what the network was built with.
        input: the input channels and their unit.
        evaluation: windows and ranks.
        table: the frames of the network's modality, e.g. poses.parquet.
        split: split.csv.
        weights: weights.safetensors of the run.
        outputs: the three files to write.
        threads: CPU threads.
        code: digest of the code in use, recorded in metrics.json.
        extensions: the files of that code from outside the library and the digest of each, recorded likewise.
    """
    device = compute.prepare(threads)
    trained = open_trained(network, input, device, table=table, split=split, weights=weights)
    keys = trained.keys
    embeddings = embed(trained.network, trained.store, trained.frames, evaluation)
    embeddings = embeddings.reshape(len(embeddings), -1)  # parts, where there are any, one behind the other
    metrics = cross_view_metrics(embeddings, keys, evaluation.ranks, distance=evaluation.distance)
    _report(metrics)
    write_embeddings(embeddings, keys, outputs.embeddings)
    write_subjects(metrics.by_subject, outputs.subjects)
    record = Metrics(
        system=system,
        evaluation=evaluation.model_dump(mode="json"),
        inputs={path.name: file_digest(path) for path in (table, split, weights)},
        outputs={path.name: file_digest(path) for path in (outputs.embeddings, outputs.subjects)},
        code_digest=code,
        extensions=dict(extensions or {}),
        means={m: {c: metrics.mean(c, m) for c in metrics.conditions} for m in metrics.metrics},
        unmatched_probes=metrics.unmatched_probes,
        left_out=tuple(LeftOut(**cell) for cell in metrics.left_out.to_dict("records")),
        conditions={condition: _condition(metrics, condition) for condition in metrics.conditions},
    )
    write_metrics(record, outputs.metrics)


def _report(metrics: CrossViewMetrics) -> None:
    for condition in metrics.conditions:
        log.info("%s: rank-1 %.1f %%", condition, in_percent(metrics.mean(condition)))
    for cell in metrics.left_out.itertuples():
        log.warning(
            "left out: %s, gallery view %s, probe view %s: %s",
            cell.condition,
            cell.gallery_view,
            cell.probe_view,
            cell.reason,
        )
    if metrics.unmatched_probes:
        log.warning("%d probes count as misses: their subject is not in the gallery", metrics.unmatched_probes)


def _condition(metrics: CrossViewMetrics, condition: str) -> ConditionMetrics:
    counts = metrics.counts[condition]
    return ConditionMetrics(
        views=tuple(counts.index.tolist()),
        probes=tuple(map(tuple, counts.to_numpy().tolist())),
        per_probe_view={
            metric: {str(view): float(value) for view, value in metrics.per_probe_view(condition, metric).items()}
            for metric in metrics.metrics
        },
        **{metric: _rows(metrics.cells[metric][condition]) for metric in metrics.metrics},
    )


def _rows(table: pd.DataFrame) -> Rows:
    """A table's rows with NaN as None, which JSON can hold."""
    return tuple(tuple(None if pd.isna(value) else value for value in row) for row in table.to_numpy().tolist())
