"""The measurement of every comparison of a protocol, each with its own gallery and probes, as one result."""

import numpy as np
import pandas as pd

from gaitcore.evaluation.measured import Measured, measure_by
from gaitcore.protocols.derivation import metrics_of
from gaitcore.protocols.sides import SINGLE, compared
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.protocol import Protocol


def measure(embeddings: np.ndarray, keys: pd.DataFrame, settings: Evaluation, protocol: Protocol) -> Measured:
    """The metrics of the protocol's kind for each of its comparisons, or for its gallery and probes.

    Args:
        embeddings: (N, D) or (N, parts, D).
        keys: N rows with the key columns, role and a column for each comparison, as split.csv has them.
        settings: ranks and distance.
        protocol: that section of the configuration.

    Raises:
        ProtocolError: there is no gallery or no probe, or an embedding is not finite.
    """
    measure_one = measure_by(metrics_of(protocol))
    keys = keys.reset_index(drop=True)
    parts = {
        name: measure_one(embeddings[rows.index], rows.reset_index(drop=True), settings, protocol.exclude_same)
        for name, rows in compared(keys, protocol).items()
    }
    return parts[SINGLE] if SINGLE in parts else _together(parts)


def _together(parts: dict[str, Measured]) -> Measured:
    measured = tuple(parts.values())
    metrics = dict.fromkeys(metric for part in measured for metric in part.means)
    return Measured(
        means={metric: {name: part.means[metric][name] for name, part in parts.items()} for metric in metrics},
        by_subject=pd.concat([part.by_subject for part in measured], ignore_index=True),
        conditions={name: part.conditions[name] for name, part in parts.items()},
        left_out=tuple(cell for part in measured for cell in part.left_out),
        unmatched_probes=sum(part.unmatched_probes for part in measured),
        remarks=tuple(f"{name}: {remark}" for name, part in parts.items() for remark in part.remarks),
        cells={name: cells for part in measured for name, cells in part.cells.items()},
    )
