"""Distances of embeddings, and the identical-view rule: which pairs of probe and gallery sequence share a view."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gaitcore.errors import ProtocolError
from gaitcore.protocols.sides import GALLERY, PROBE

Distance = Literal["cosine", "euclidean"]


def end_to_end(embeddings: np.ndarray) -> np.ndarray:
    """Embeddings with their parts end to end: (N, parts, D) -> (N, parts x D); (N, D) as they are.

    Source: GaitSet, published code, whose distance is that of the 62 x 256 numbers; OpenGait takes the mean over parts.
    """
    return embeddings.reshape(len(embeddings), -1)


def similarities(probes: np.ndarray, gallery: np.ndarray, distance: Distance) -> np.ndarray:
    """The similarity (P, G) of each probe (P, D) to each gallery sequence (G, D): a larger value means nearer.

    For "cosine" it is the cosine. For "euclidean" it is the negative squared distance plus the probe's own squared
    length, which does not change the order of the gallery for that probe. For embeddings with parts, (P, parts, D)
    and (G, parts, D), it is the mean over parts of the cosines, or of the negative distances.
    """
    if probes.ndim == 3:
        parts = zip(probes.swapaxes(0, 1), gallery.swapaxes(0, 1), strict=True)
        return sum(_part_similarities(*pair, distance) for pair in parts) / probes.shape[1]
    if distance == "cosine":
        return _unit_vectors(probes) @ _unit_vectors(gallery).T
    return 2 * (probes @ gallery.T) - np.square(gallery).sum(axis=1)


def _part_similarities(probes: np.ndarray, gallery: np.ndarray, distance: Distance) -> np.ndarray:
    if distance == "cosine":
        return similarities(probes, gallery, distance)
    squares = similarities(probes.astype(np.float64), gallery.astype(np.float64), distance)
    return -np.sqrt((np.square(probes, dtype=np.float64).sum(axis=1, keepdims=True) - squares).clip(min=0))


def pair_distances(probes: np.ndarray, gallery: np.ndarray, distance: Distance) -> np.ndarray:
    """The distance (P, G) of each probe to each gallery sequence, comparable between probes; float64.

    Args:
        probes: (P, D), or (P, parts, D), whose distance is the mean over parts.
        gallery: (G, D), or (G, parts, D).
        distance: "cosine" is 1 - the cosine, "euclidean" the length of the difference.
    """
    if probes.ndim == 2:
        probes, gallery = probes[:, None], gallery[:, None]
    similarity = similarities(probes.astype(np.float64), gallery.astype(np.float64), distance)
    return 1 - similarity if distance == "cosine" else -similarity


def gallery_and_probes(
    embeddings: np.ndarray, keys: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray]:
    """The keys of the gallery, the keys of the probes, and the embeddings of each, by the column ``role`` of the keys.

    Raises:
        ProtocolError: there is no gallery or no probe, or an embedding is not finite.
    """
    embeddings = np.asarray(embeddings)
    if not np.isfinite(embeddings).all():
        raise ProtocolError("An embedding holds NaN or infinite values; the network's weights are damaged.")
    role = keys["role"].to_numpy()
    gallery, probes = (keys[role == wanted].reset_index(drop=True) for wanted in (GALLERY, PROBE))
    if gallery.empty or probes.empty:
        raise ProtocolError(f"There are {len(gallery)} gallery and {len(probes)} probe sequences; both are needed.")
    return gallery, probes, embeddings[role == GALLERY], embeddings[role == PROBE]


def identical_view(probe_views: ArrayLike, gallery_views: ArrayLike) -> np.ndarray:
    """(P, G) bool: whether a probe and a gallery sequence share a view; such pairs are left out of every mean."""
    return np.equal.outer(np.asarray(probe_views), np.asarray(gallery_views))


def _unit_vectors(embeddings: np.ndarray) -> np.ndarray:
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True).clip(min=1e-12)
