"""Choosing the epoch: the accuracy on validation subjects, who are held out of training and never tested.

The published code chooses the best epoch on the test subjects; here the last epoch is kept, or the best on validation.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from gaitcore.artefacts.sequences import open_sequences
from gaitcore.evaluation.cross_view import cross_view_metrics
from gaitcore.evaluation.embedding import embed
from gaitcore.protocols.cross_view import GALLERY, PROBE, VALIDATION_GALLERY, VALIDATION_PROBE
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input


def validator(
    modality: str, table: Path, split: Path, frames: int, input: Input, evaluation: Evaluation
) -> Callable[[torch.device], Callable[[nn.Module], float]]:
    """For a device, a function that gives a network's mean cross-view rank-1 on the validation subjects."""

    def on_device(device: torch.device) -> Callable[[nn.Module], float]:
        roles = (VALIDATION_GALLERY, VALIDATION_PROBE)
        keys, store = open_sequences(modality, table, split, *roles, settings=input, device=device)
        keys["role"] = keys["role"].map({VALIDATION_GALLERY: GALLERY, VALIDATION_PROBE: PROBE})

        def rank1(model: nn.Module) -> float:
            embeddings = embed(model, store, frames, evaluation)
            embeddings = embeddings.reshape(len(embeddings), -1)  # parts, if any, one behind the other
            metrics = cross_view_metrics(embeddings, keys, ks=(1,), distance=evaluation.distance)
            return float(np.mean([metrics.mean(condition) for condition in metrics.conditions]))

        return rank1

    return on_device
