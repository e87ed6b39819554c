"""One evaluation, from files to files: weights in, embeddings and accuracies out."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.torch import load_file

from gaitcore.artefacts.split import read_split, select_role
from gaitcore.digests import file_digest
from gaitcore.evaluation.cross_view import CrossViewMetrics, cross_view_metrics
from gaitcore.evaluation.embedding import embed
from gaitcore.execution import compute
from gaitcore.files import replacing, write_json
from gaitcore.keys import KEY_COLUMNS
from gaitcore.modalities.keypoints.input import NetworkInput
from gaitcore.modalities.keypoints.store import FrameStore
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.networks import build_model
from gaitcore.protocols.cross_view import GALLERY, PROBE
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
    given: Input,
    evaluation: Evaluation,
    *,
    poses: Path,
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
        given: what of the poses it is given.
        evaluation: windows and ranks.
        poses: poses.parquet.
        split: split.csv.
        weights: weights.safetensors of the run.
        outputs: the three files to write.
        threads: CPU threads.
        code: digest of the code in use, recorded in metrics.json.
        extensions: the files of that code from outside the library and the digest of each, recorded likewise.
    """
    device = compute.prepare(threads)
    roles = read_split(split)
    table = select_role(PoseTable.read(poses), roles, GALLERY, PROBE)
    keys = roles[roles["role"].isin([GALLERY, PROBE])].reset_index(drop=True)
    store = FrameStore.from_table(table, device)
    of_poses = NetworkInput.of(given, store)
    model = build_model(in_channels=len(of_poses.channels), **network.model_dump())
    model.load_state_dict(load_file(weights))
    embeddings = embed(model.to(device), store, of_poses, network.frames, evaluation)
    embeddings = embeddings.reshape(len(embeddings), -1)  # parts, where there are any, one behind the other
    metrics = cross_view_metrics(embeddings, keys, evaluation.ranks, distance=evaluation.distance)
    _report(metrics)
    _write_embeddings(embeddings, keys, outputs.embeddings)
    with replacing(outputs.subjects) as unfinished:
        metrics.by_subject.to_csv(unfinished, index=False)
    write_json(
        outputs.metrics,
        {
            "system": system,
            "evaluation": evaluation.model_dump(mode="json"),
            "inputs": {path.name: file_digest(path) for path in (poses, split, weights)},
            "outputs": {path.name: file_digest(path) for path in (outputs.embeddings, outputs.subjects)},
            "code_digest": code,
            "extensions": dict(extensions or {}),
            **_as_dict(metrics),
        },
    )


def _report(metrics: CrossViewMetrics) -> None:
    for condition in metrics.conditions:
        log.info("%s: rank-1 %.1f %%", condition, 100 * metrics.mean(condition))
    for cell in metrics.left_out.itertuples():
        log.warning(
            "left out: %s, gallery view %d, probe view %d: %s",
            cell.condition,
            cell.gallery_view,
            cell.probe_view,
            cell.reason,
        )
    if metrics.unmatched_probes:
        log.warning("%d probes count as misses: their subject is not in the gallery", metrics.unmatched_probes)


def _write_embeddings(embeddings: np.ndarray, keys: pd.DataFrame, path: Path) -> None:
    columns = {name: pa.array(keys[name]) for name in (*KEY_COLUMNS, "role")}
    flat = pa.array(embeddings.ravel(), pa.float32())
    columns["embedding"] = pa.FixedSizeListArray.from_arrays(flat, embeddings.shape[1])
    with replacing(path) as unfinished:
        pq.write_table(pa.table(columns), unfinished)


def _as_dict(metrics: CrossViewMetrics) -> dict:
    """Fractions; cells are lists of rows, gallery view by probe view, null where a cell is left out."""
    result: dict = {
        "means": {m: {c: metrics.mean(c, m) for c in metrics.conditions} for m in metrics.metrics},
        "unmatched_probes": metrics.unmatched_probes,
        "left_out": metrics.left_out.to_dict("records"),
        "conditions": {},
    }
    for condition in metrics.conditions:
        counts = metrics.counts[condition]
        result["conditions"][condition] = {
            "views": counts.index.tolist(),
            "probes": _rows(counts),
            **{metric: _rows(metrics.cells[metric][condition]) for metric in metrics.metrics},
            "per_probe_view": {
                metric: {str(view): value for view, value in metrics.per_probe_view(condition, metric).items()}
                for metric in metrics.metrics
            },
        }
    return result


def _rows(table: pd.DataFrame) -> list[list]:
    """A table's rows with NaN as None, which JSON can hold."""
    return [[None if pd.isna(value) else value for value in row] for row in table.to_numpy().tolist()]
