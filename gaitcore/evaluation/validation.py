"""The accuracy on validation subjects, who are held out of training and never tested; it chooses the epoch.

The published code chooses the best epoch on the test subjects; here the last epoch is kept, or the best on validation.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from gaitcore.artefacts.sequences import open_sequences
from gaitcore.evaluation.comparisons import measure
from gaitcore.evaluation.embedding import embed
from gaitcore.modalities import FrameStore
from gaitcore.protocols.roles import TESTED, VALIDATED, check_validated
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input
from gaitcore.settings.protocol import Protocol


def open_validation(
    modality: str, tables: Mapping[str, Path], split: Path, *, protocol: Protocol, settings: Input, device: torch.device
) -> tuple[pd.DataFrame, FrameStore]:
    """The gallery and the probes of the validation subjects, and no frame of anybody else.

    The arguments are those of :func:`gaitcore.artefacts.sequences.open_sequences`.

    Returns:
        S rows with the key columns, role (gallery, probe, as for a test) and the column of each comparison, and the
        store of their frames in the same order.

    Raises:
        ProtocolError: a sequence is of a subject whom the split does not name in ``validation``.
        DataError: as :func:`gaitcore.artefacts.sequences.open_sequences`.
    """
    keys, store = open_sequences(
        modality, tables, split, *VALIDATED, protocol=protocol, settings=settings, device=device
    )
    check_validated(keys["subject"].unique(), protocol, split)
    keys["role"] = keys["role"].map(dict(zip(VALIDATED, TESTED, strict=True)))
    return keys, store


def validator(
    modality: str,
    tables: Mapping[str, Path],
    split: Path,
    frames: int,
    input: Input,
    evaluation: Evaluation,
    protocol: Protocol,
) -> Callable[[torch.device], Callable[[nn.Module], float]]:
    """A function that makes, for a device, the function network -> rank-1 on the validation subjects.

    The rank-1 is the mean over conditions, a fraction.

    Args:
        modality: of the network's frames.
        tables: modality -> its frames, e.g. poses.parquet; see
            :func:`gaitcore.artefacts.sequences.open_sequences`.
        split: split.csv.
        frames: window length T.
        input: the input channels and their unit.
        evaluation: windows and distance.
        protocol: that section of the configuration; the roles are derived again by it.
    """

    def on_device(device: torch.device) -> Callable[[nn.Module], float]:
        keys, store = open_validation(modality, tables, split, protocol=protocol, settings=input, device=device)

        def accuracy(model: nn.Module) -> float:
            embeddings = embed(model, store, frames, evaluation)
            rank1 = measure(embeddings, keys, evaluation, protocol).means["rank1"]
            return float(np.mean(list(rank1.values())))

        return accuracy

    return on_device
