"""An exported file compared with the evaluation in PyTorch, sequence by sequence."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from gaitcore.evaluation.embedding import embed
from gaitcore.exporting.network import windows
from gaitcore.exporting.onnx_file import OnnxNetwork
from gaitcore.modalities import FrameStore
from gaitcore.settings.evaluation import Evaluation

TOLERANCE, OF_ROUNDED = 1e-3, 0.05  # of the spread; where an input transform rounds


@dataclass(frozen=True)
class Agreement:
    """How far two computations of the same embeddings are apart.

    Attributes:
        sequences: their number.
        real: whether they are test sequences of the run; else they are made up.
        largest: the largest Euclidean distance between the two embeddings of a sequence.
        spread: the root of the mean squared distance of PyTorch's embeddings from their mean.
        runtime: the version of onnxruntime.
        tolerance: the largest distance that is allowed, as a fraction of the spread.
    """

    sequences: int
    real: bool
    largest: float
    spread: float
    runtime: str
    tolerance: float

    @property
    def relative(self) -> float:
        """The largest distance as a fraction of the spread."""
        return self.largest / self.spread if self.spread else float("inf")

    @property
    def within_tolerance(self) -> bool:
        """Whether that fraction is within the tolerance."""
        return self.relative <= self.tolerance

    def sentence(self) -> str:
        """The comparison in words."""
        kind = "test sequences" if self.real else "made-up sequences"
        versions = f"onnxruntime {self.runtime} against PyTorch {torch.__version__.partition('+')[0]}"
        return (
            f"{versions} on {self.sequences} {kind}: the largest distance between the two embeddings of a sequence is "
            f"{self.largest:.2g}, {self.relative:.2g} of the embeddings' spread {self.spread:.3g} (tolerance "
            f"{self.tolerance:g})."
        )


def agreement(
    path: Path,
    network: nn.Module,
    stores: tuple[FrameStore, FrameStore],
    frames: int,
    evaluation: Evaluation,
    *,
    real: bool,
    rounds: bool,
) -> Agreement:
    """Embed the same sequences as the evaluation does, and by the exported file with the mean over windows.

    Args:
        path: the ONNX file.
        network: the trained network.
        stores: the sequences as the evaluation has them, and as the exported network takes them.
        frames: window length T.
        evaluation: that section of the configuration.
        real: whether they are test sequences of the run.
        rounds: whether the input transform rounds. The last digits of onnxruntime and PyTorch differ, and a picture
            whose edge falls on another pixel differs as a whole; the tolerance is then 0.05 in place of 0.001.
    """
    store, raw = stores
    expected = embed(network, store, frames, evaluation)
    exported = OnnxNetwork(path)
    found = np.zeros_like(expected).reshape(len(expected), -1)
    for sequences, numbers in windows(raw.lengths, frames, evaluation):
        for sequence, own in zip(sequences, numbers, strict=True):  # own: (W, T)
            embeddings = exported(raw.windows(sequence.repeat(len(own)), own))
            found[int(sequence)] = embeddings.mean(axis=0).ravel()
    expected = expected.reshape(len(expected), -1).astype(np.float64)
    largest = float(np.linalg.norm(found - expected, axis=1).max())
    spread = float(np.sqrt(np.square(expected - expected.mean(axis=0)).sum(axis=1).mean()))
    tolerance = OF_ROUNDED if rounds else TOLERANCE
    return Agreement(len(expected), real, largest, spread, exported.version, tolerance)
