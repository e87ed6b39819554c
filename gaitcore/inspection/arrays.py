"""Arrays in a file, with a few facts in words: what an inspection leaves for the figures."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from gaitcore.files import replacing

FACTS = "gaitcore"


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray], **facts: str) -> None:
    """Write arrays as float32 under their names, whole or not at all; equal arrays give equal bytes."""
    with replacing(path) as unfinished:
        contiguous = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
        # One entry: the format writes several in any order.
        save_file(contiguous, unfinished, metadata={FACTS: json.dumps(facts, sort_keys=True)})


def load_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays by name, and the facts."""
    with safe_open(path, "numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()[FACTS])  # noqa: SIM118
