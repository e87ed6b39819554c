"""silhouette_maps.safetensors: where a network looks at a silhouette, for one probe and for each condition's probes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gaitcore.artefacts.arrays import fact, float32, load_arrays, save_arrays
from gaitcore.errors import REMEDY, DataError

_PROBE = "probe"  # name of the single probe in the file
_EACH = len(("attribution", "silhouette"))  # arrays of a map


class SilhouetteMap(NamedTuple):
    """Attribution over the rows and columns of a silhouette, and that silhouette: (H, W) each.

    Attributes:
        attribution: weights that sum to 1, or to 0 where none is positive.
        silhouette: the mean over frames, from 0 to 1: the gait energy image.
    """

    attribution: np.ndarray
    silhouette: np.ndarray


@dataclass(frozen=True, eq=False)
class SilhouetteMaps:
    """The attribution maps of a run.

    Attributes:
        probe, match: the names of a single probe and of the gallery sequence it is compared with.
        probe_map: the map of that probe.
        condition_maps: condition -> the mean of its probes' maps.
    """

    probe: str
    match: str
    probe_map: SilhouetteMap
    condition_maps: Mapping[str, SilhouetteMap]


def write_silhouette_maps(maps: SilhouetteMaps, path: str | Path) -> None:
    """Write silhouette_maps.safetensors, whole or not at all."""
    arrays = {name: float32(np.stack(pair)) for name, pair in {_PROBE: maps.probe_map, **maps.condition_maps}.items()}
    save_arrays(path, arrays, {"probe": maps.probe, "match": maps.match})


def read_silhouette_maps(path: str | Path) -> SilhouetteMaps:
    """The content of silhouette_maps.safetensors, float32.

    Raises:
        DataError: the file is missing or damaged, or has other arrays or shapes.
    """
    arrays, facts = load_arrays(path)
    shapes = {name: array.shape for name, array in arrays.items()}
    of_probe = shapes.get(_PROBE, ())
    if len(of_probe) != 3 or of_probe[0] != _EACH or len(set(shapes.values())) != 1:
        content = ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())) or "nothing"
        raise DataError(f"{path}: holds {content}, expected probe and conditions, all (2, H, W); {REMEDY}.")
    maps = {name: SilhouetteMap(*array) for name, array in arrays.items()}
    probe_map = maps.pop(_PROBE)
    return SilhouetteMaps(fact(path, facts, "probe"), fact(path, facts, "match"), probe_map, maps)
