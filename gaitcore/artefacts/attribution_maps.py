"""maps.safetensors: the attribution maps of one probe and of each condition's probes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitcore.artefacts.arrays import fact, float32, load_arrays, save_arrays
from gaitcore.errors import REMEDY, DataError

_PROBE = "probe"  # name of the single probe's map in the file


@dataclass(frozen=True, eq=False)
class AttributionMaps:
    """Attribution over frames and joints; the weights of a map (T, J) sum to 1, or to 0 where none is positive.

    Attributes:
        probe, match: the names of a single probe and of the gallery sequence it is compared with.
        probe_map: the map of that probe.
        condition_maps: condition -> mean map of its probes.
    """

    probe: str
    match: str
    probe_map: np.ndarray
    condition_maps: Mapping[str, np.ndarray]


def write_maps(maps: AttributionMaps, path: str | Path) -> None:
    """Write maps.safetensors, whole or not at all."""
    arrays = {_PROBE: maps.probe_map, **maps.condition_maps}
    facts = {"probe": maps.probe, "match": maps.match}
    save_arrays(path, {name: float32(array) for name, array in arrays.items()}, facts)


def read_maps(path: str | Path) -> AttributionMaps:
    """The content of maps.safetensors, float32.

    Raises:
        DataError: the file is missing or damaged, or has other arrays or shapes.
    """
    arrays, facts = load_arrays(path)
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(shapes.get(_PROBE, ())) != 2 or len(set(shapes.values())) != 1:
        content = ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())) or "nothing"
        raise DataError(f"{path}: holds {content}, expected probe and conditions, all (T, J); {REMEDY}.")
    condition_maps = {name: array for name, array in arrays.items() if name != _PROBE}
    return AttributionMaps(fact(path, facts, "probe"), fact(path, facts, "match"), arrays[_PROBE], condition_maps)
