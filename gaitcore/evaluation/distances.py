"""How near embeddings are to each other, and which pairs of probe and gallery sequence are of one view."""

from typing import Literal

import numpy as np


def similarities(probes: np.ndarray, gallery: np.ndarray, distance: Literal["cosine", "euclidean"]) -> np.ndarray:
    """How similar each probe (P, D) is to each gallery sequence (G, D): (P, G), the larger the nearer.

    For "cosine" it is the cosine. For "euclidean" it is the negative squared distance plus the probe's own squared
    length, which does not change a probe's order of the gallery.
    """
    if distance == "cosine":
        return _of_unit_length(probes) @ _of_unit_length(gallery).T
    return 2 * (probes @ gallery.T) - np.square(gallery).sum(axis=1)


def identical_view(probe_views: np.ndarray, gallery_views: np.ndarray) -> np.ndarray:
    """(P, G) bool: whether a probe and a gallery sequence are of one view; such pairs are left out of every mean."""
    return np.equal.outer(np.asarray(probe_views), np.asarray(gallery_views))


def _of_unit_length(embeddings: np.ndarray) -> np.ndarray:
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True).clip(min=1e-12)
