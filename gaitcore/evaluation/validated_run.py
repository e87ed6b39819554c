"""The validation of one run of a sweep: reads its weights, writes its accuracies on the validation subjects."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gaitcore.artefacts.run_record import read_run
from gaitcore.artefacts.subjects import COLUMNS
from gaitcore.artefacts.summary import TESTED_METRIC
from gaitcore.evaluation.comparisons import measure
from gaitcore.evaluation.embedding import embed
from gaitcore.evaluation.measured import Measured
from gaitcore.evaluation.recording import write_measured
from gaitcore.evaluation.trained import trained_network
from gaitcore.evaluation.validation import open_validation
from gaitcore.execution import compute
from gaitcore.networks import modality
from gaitcore.percent import in_percent
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ValidationOutputs:
    """Where a validation writes: metrics.json, subjects.csv."""

    metrics: Path
    subjects: Path


def validate_run(
    system: str,
    network: SystemNetwork,
    input: Input,
    evaluation: Evaluation,
    *,
    tables: Mapping[str, Path],
    split: Path,
    protocol: Protocol,
    weights: Path,
    run: Path,
    outputs: ValidationOutputs,
    threads: int,
    code: str | None = None,
    extensions: Mapping[str, str] | None = None,
) -> None:
    """Embed the gallery and the probes of the validation subjects, and of nobody else, and measure the accuracy.

    A run that has failed, or whose embeddings are not finite, has no accuracy: the files are written without one.

    Args:
        run: run.json beside the weights.
        system, network, input, evaluation, tables, split, protocol, weights, threads, code, extensions: as in
            :func:`gaitcore.evaluation.run.evaluate_run`.
        outputs: the two files to write.

    Raises:
        ProtocolError: a sequence is not of a validation subject.
        DataError: split.csv is not what the protocol makes of the table, or the weights are damaged.
    """
    device = compute.prepare(threads)
    keys, store = open_validation(
        modality(network.name), tables, split, protocol=protocol, settings=input, device=device
    )
    measured = _NOTHING
    if read_run(run).failure is None:
        model = trained_network(network, store.network_arguments(), weights).to(device).eval()
        embeddings = embed(model, store, network.frames, evaluation)
        if np.isfinite(embeddings).all():
            measured = measure(embeddings, keys, evaluation, protocol)
    for condition, rank1 in measured.means[TESTED_METRIC].items():
        log.info("%s: rank-1 %.1f %% on validation subjects", condition, in_percent(rank1))
    write_measured(
        measured,
        system,
        evaluation,
        read=(*tables.values(), split, weights),
        subjects=outputs.subjects,
        metrics=outputs.metrics,
        code=code,
        extensions=extensions,
    )


_NOTHING = Measured(
    means={TESTED_METRIC: {}},
    by_subject=pd.DataFrame(columns=[*COLUMNS, TESTED_METRIC]),
    conditions={},
    left_out=(),
    unmatched_probes=0,
    remarks=(),
)
