"""weights.safetensors: the trained weights of one run, by the names of the network's parameters and buffers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gaitcore.artefacts.arrays import load_arrays, save_arrays
from gaitcore.artefacts.records import check_unchanged
from gaitcore.artefacts.run_record import read_run
from gaitcore.csv_files import REMEDY
from gaitcore.errors import DataError


def write_weights(weights: Mapping[str, np.ndarray], path: str | Path) -> None:
    """Write weights.safetensors, whole or not at all."""
    save_arrays(path, weights)


def read_weights(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of weights.safetensors by name; the network defines which arrays are expected.

    Raises:
        DataError: the file is missing, cut off or not safetensors, is not the one whose SHA-256 the run.json beside it
            records, or has a number that is not finite.
    """
    arrays = load_arrays(path)[0]
    _check_origin(Path(path))
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError(f"{path}: {name} has NaN or infinite numbers, expected finite ones; {REMEDY}.")
    return arrays


def _check_origin(path: Path) -> None:
    """Refuse weights that are not those of the run beside them; weights from elsewhere have no run.json."""
    record = path.with_name("run.json")
    if record.exists():
        check_unchanged(path, record, read_run(record).outputs, "training")
