"""weights.safetensors: the trained weights of one run, by the names of the network's parameters and buffers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gaitcore.artefacts.arrays import load_arrays, save_arrays


def write_weights(weights: Mapping[str, np.ndarray], path: str | Path) -> None:
    """Write weights.safetensors, whole or not at all."""
    save_arrays(path, weights)


def read_weights(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of weights.safetensors by name; the network defines which arrays are expected.

    Raises:
        DataError: the file is missing, cut off or not safetensors.
    """
    return load_arrays(path)[0]
