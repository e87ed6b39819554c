"""The probes that are inspected, and the gallery sequence that each is compared with.

A probe's match is the nearest gallery sequence of its own subject from another view. All systems are inspected on the
same probes, whether recognised or not.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from gaitcore.errors import ConfigError, ProtocolError
from gaitcore.evaluation.distances import identical_view
from gaitcore.inspection.attribution import similarity
from gaitcore.keys import KEY_COLUMNS, degrees, sequence_names
from gaitcore.protocols.derivation import excludes_identical_view
from gaitcore.protocols.sides import GALLERY, PROBE, compared
from gaitcore.settings.protocol import Protocol

log = logging.getLogger(__name__)

PROBES_PER_CHUNK = 64  # compared with the whole gallery at a time
LARGEST = 2**25  # numbers in the differences of a chunk
SIDE_VIEW = 90  # degrees


def matched_probes(
    embeddings: np.ndarray, keys: pd.DataFrame, distance: str, protocol: Protocol, split: Path
) -> pd.DataFrame:
    """The probes with their matches, as :func:`match` returns them, under a protocol.

    Raises:
        ProtocolError: no probe has a gallery sequence of its subject that it is compared with; ``split`` is named.
    """
    excluded = excludes_identical_view(protocol)
    parts = [match(embeddings, rows, distance, excluded) for rows in compared(keys, protocol).values()]
    probes = pd.concat(parts, ignore_index=True)
    if probes.empty:
        raise ProtocolError(
            f"{split}: no probe has a gallery sequence of its subject to be compared with, expected one; there "
            "is nothing to inspect. Change who is compared with whom in the section protocol."
        )
    return probes


def match(
    embeddings: np.ndarray, keys: pd.DataFrame, distance: str, exclude_identical_view: bool = True
) -> pd.DataFrame:
    """The probes that have a gallery sequence of their subject from another view, with the nearest such sequence.

    Args:
        embeddings: (N, D), or (N, parts, D) for the mean over parts.
        keys: rows with subject, condition, sequence, view and role; their index is that of the embeddings.
        distance: "cosine" or "euclidean".
        exclude_identical_view: False also compares sequences of one view.

    Returns:
        The key columns; ``row`` and ``match_row``, of the probe and its match in ``keys``; ``match``, its name;
        ``similarity``; ``recognised``: whether no sequence of another subject is nearer.
    """
    gallery, probes = (keys[keys["role"] == role] for role in (GALLERY, PROBE))
    gallery_embeddings, probe_embeddings = (torch.from_numpy(embeddings[part.index]) for part in (gallery, probes))
    chunks = probe_embeddings.split(max(1, min(PROBES_PER_CHUNK, LARGEST // max(1, gallery_embeddings.numel()))))
    pairs = torch.cat([similarity(chunk[:, None], gallery_embeddings, distance) for chunk in chunks])
    all_pairs = (pairs.mean(dim=-1) if pairs.ndim == 3 else pairs).numpy()  # (probes, gallery)
    excluded = identical_view(probes["view"], gallery["view"]) & exclude_identical_view
    similarities = np.where(excluded, -np.inf, all_pairs)
    same_subject = np.equal.outer(probes["subject"].to_numpy(), gallery["subject"].to_numpy())
    own = np.where(same_subject, similarities, -np.inf)
    best = own.argmax(axis=1)
    matched = probes[list(KEY_COLUMNS)].assign(
        row=probes.index,
        match_row=gallery.index[best],
        match=sequence_names(gallery.iloc[best]),
        similarity=own.max(axis=1),
        recognised=own.max(axis=1) >= similarities.max(axis=1),
    )
    matched = matched[np.isfinite(matched["similarity"])].reset_index(drop=True)
    views = "another view" if exclude_identical_view else "any view"
    log.info("%d of %d probes have a gallery sequence of their subject from %s", len(matched), len(probes), views)
    return matched


def example_row(example_probe: str, probes: pd.DataFrame) -> int:
    """The row of the matched probes whose single map is kept."""
    in_condition = probes[probes["condition"] == example_probe]
    if len(in_condition):
        return int(in_condition.index[int(in_condition["view"].map(_angle_to_side).argmin())])
    names = sequence_names(probes)
    if example_probe not in names:
        raise ConfigError(
            f"figures.probe: {example_probe} is not a probe with a gallery sequence of its subject from another view; "
            f"expected e.g. {names[0]}."
        )
    return names.index(example_probe)


def _angle_to_side(view: str) -> float:
    """The angle between a view and the side view in degrees, infinite for a view without degrees."""
    angle = degrees(view)
    return np.inf if angle is None else abs(angle - SIDE_VIEW)
