"""The accuracy on validation subjects, who are held out of training and never tested; it chooses the epoch.

The published code chooses the best epoch on the test subjects; here the last epoch is kept, or the best on validation.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from gaitcore.artefacts.sequences import open_sequences
from gaitcore.evaluation.embedding import embed
from gaitcore.evaluation.measured import measure_by
from gaitcore.protocols.roles import GALLERY, PROBE, VALIDATION_GALLERY, VALIDATION_PROBE
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input


def validator(
    modality: str,
    table: Path,
    split: Path,
    frames: int,
    input: Input,
    evaluation: Evaluation,
    metrics: str = "cross_view",
    exclude_same: str | None = None,
) -> Callable[[torch.device], Callable[[nn.Module], float]]:
    """A function that makes, for a device, the function network -> rank-1 on the validation subjects.

    The rank-1 is the mean over conditions, a fraction.

    Args:
        modality: of the network's frames.
        table: the file that holds them, e.g. poses.parquet.
        split: split.csv.
        frames: window length T.
        input: the input channels and their unit.
        evaluation: windows and distance.
        metrics: how the protocol measures, "cross_view" or "whole_gallery".
        exclude_same: ``protocol.exclude_same``.
    """

    def on_device(device: torch.device) -> Callable[[nn.Module], float]:
        roles = (VALIDATION_GALLERY, VALIDATION_PROBE)
        keys, store = open_sequences(modality, table, split, *roles, settings=input, device=device)
        keys["role"] = keys["role"].map({VALIDATION_GALLERY: GALLERY, VALIDATION_PROBE: PROBE})

        def accuracy(model: nn.Module) -> float:
            embeddings = embed(model, store, frames, evaluation)
            rank1 = measure_by(metrics)(embeddings, keys, evaluation, exclude_same).means["rank1"]
            return float(np.mean(list(rank1.values())))

        return accuracy

    return on_device
