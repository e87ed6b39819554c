"""Named arrays and a few facts in a safetensors file."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from gaitcore.errors import REMEDY, DataError
from gaitcore.files import replacing

FACTS = "gaitcore"  # the metadata's key


def save_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], facts: Mapping[str, str] | None = None) -> None:
    """Write arrays under their names, whole or not at all; equal arrays give equal bytes."""
    # The facts are one entry, since the order of several is not defined.
    metadata = {FACTS: json.dumps(facts, sort_keys=True)} if facts else None
    with replacing(path) as unfinished:
        save_file(dict(arrays), unfinished, metadata=metadata)


def load_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays by name, and the facts.

    Raises:
        DataError: the file is missing, unreadable, cut off or not safetensors.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: no such file; run the workflow to make it.")
    try:
        with safe_open(path, "numpy") as file:
            facts = json.loads((file.metadata() or {}).get(FACTS, "{}"))
            if not isinstance(facts, dict):
                raise TypeError(facts)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if any(
                array.dtype.kind not in "biuf" for array in arrays.values()
            ):  # bfloat16, where ml_dtypes is installed
                raise TypeError
            return arrays, facts
    # The others: facts that are no JSON object, or a type of numbers that NumPy lacks.
    except (SafetensorError, ValueError, RecursionError, AttributeError, TypeError):
        raise DataError(f"{path}: cut off, damaged or not a safetensors file; {REMEDY}.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from None


def float32(array: np.ndarray) -> np.ndarray:
    """An array as it is stored: float32, contiguous."""
    return np.ascontiguousarray(array, np.float32)


def fact(path: str | Path, facts: Mapping[str, str], name: str) -> str:
    """One fact of a file.

    Raises:
        DataError: the file does not have it.
    """
    if name not in facts:
        raise DataError(f"{path}: has no {name} in its metadata; {REMEDY}.")
    return facts[name]
