"""The result that every way of measuring embeddings returns, for metrics.json and subjects.csv."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

import numpy as np
import pandas as pd

from gaitcore.artefacts.metrics import ConditionMetrics, LeftOut
from gaitcore.settings.evaluation import Evaluation

MAP = "mAP"
ALL_VIEWS = "all"  # in the column view: a probe is compared with all views of the gallery at once


def rank_metric(k: int) -> str:
    """The name of a rank-k accuracy: ``rank1``."""
    return f"rank{k}"


@dataclass(frozen=True)
class Measured:
    """The accuracies of one set of embeddings, as fractions.

    Attributes:
        means: metric -> condition -> accuracy.
        by_subject: condition, view (of the probe), subject, probes (their number) and each metric.
        conditions: the accuracies of each condition by view.
        left_out: the cells without a probe or gallery sequence.
        unmatched_probes: probes whose subject has no gallery sequence.
        remarks: sentences for the log beside those on ``left_out``: what counts as a miss.
        cells: a second evaluation's accuracies of each condition by view, if the protocol's kind has one.
    """

    means: dict[str, dict[str, float]]
    by_subject: pd.DataFrame
    conditions: dict[str, ConditionMetrics]
    left_out: tuple[LeftOut, ...]
    unmatched_probes: int
    remarks: tuple[str, ...]
    cells: Mapping[str, ConditionMetrics] = field(default_factory=dict)


class Measure(Protocol):
    """How embeddings are measured: the function ``measure`` of a module of this room that a protocol kind names."""

    def __call__(
        self, embeddings: np.ndarray, keys: pd.DataFrame, settings: Evaluation, exclude_same: str | None
    ) -> Measured:
        """Measure embeddings.

        Args:
            embeddings: (N, D) or (N, parts, D).
            keys: N rows with subject, condition, sequence, view and role, gallery or probe.
            settings: ranks and distance.
            exclude_same: ``protocol.exclude_same``.
        """


def measure_by(metrics: str) -> Measure:
    """The ``measure`` of the module that a kind of protocol names in METRICS, e.g. "cross_view" or "whole_gallery".

    It is loaded by name, so that an edit of one module reruns only the experiments that use it.
    """
    return import_module(f"gaitcore.evaluation.{metrics}").measure
