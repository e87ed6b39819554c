"""spectrum.safetensors: the spectrum of the last map of a network."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitcore.artefacts.arrays import fact, float32, load_arrays, save_arrays
from gaitcore.errors import REMEDY, DataError


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Means over sequences; zero frequency in the centre, at (T // 2, J // 2).

    Attributes:
        magnitude: (C, T, J), of each channel.
        energy: (T, J), summed over channels, as shares of a sequence's energy without that of zero frequency, which is
            the variance of its map. Zero at the centre; sums to 1, or to 0 where all maps are constant.
        sequences: their number.
    """

    magnitude: np.ndarray
    energy: np.ndarray
    sequences: int


def write_spectrum(spectrum: Spectrum, path: str | Path) -> None:
    """Write spectrum.safetensors, whole or not at all."""
    arrays = {"magnitude": float32(spectrum.magnitude), "energy": float32(spectrum.energy)}
    save_arrays(path, arrays, {"sequences": str(spectrum.sequences)})


def read_spectrum(path: str | Path) -> Spectrum:
    """The content of spectrum.safetensors, float32.

    Raises:
        DataError: the file is missing or damaged, or has other arrays or shapes.
    """
    arrays, facts = load_arrays(path)
    shapes = {name: array.shape for name, array in arrays.items()}
    magnitude = shapes.get("magnitude", ())
    if set(shapes) != {"magnitude", "energy"} or len(magnitude) != 3 or shapes["energy"] != magnitude[1:]:
        content = ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())) or "nothing"
        raise DataError(f"{path}: holds {content}, expected energy (T, J) and magnitude (C, T, J); {REMEDY}.")
    return Spectrum(arrays["magnitude"], arrays["energy"], int(fact(path, facts, "sequences")))
