"""Compute the spectrum and attribution of one trained network.

Every test sequence is represented by its centre window. A probe's match is the nearest gallery sequence of its own
subject from another view. All systems are inspected on the same probes, recognised or not.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from gaitcore.artefacts.attribution_maps import AttributionMaps, write_maps
from gaitcore.artefacts.inspected_probes import share_columns, write_probes
from gaitcore.artefacts.spectrum import Spectrum, write_spectrum
from gaitcore.errors import ConfigError
from gaitcore.evaluation.distances import identical_view
from gaitcore.evaluation.trained import TrainedNetwork, open_trained
from gaitcore.execution import compute
from gaitcore.inspection.attribution import attribution, frames_for_half, similarity
from gaitcore.inspection.fourier import spectrum_sums
from gaitcore.keys import KEY_COLUMNS, degrees, sequence_names
from gaitcore.modalities.keypoints.skeleton import JOINTS
from gaitcore.protocols.roles import GALLERY, PROBE
from gaitcore.sampling.centre_window import centre_window
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork

log = logging.getLogger(__name__)

AT_ONCE = {"cpu": 6, "cuda": 256}  # sequences
PROBES_AT_ONCE = 64  # to compare with the whole gallery
SIDE_VIEW = 90  # degrees


@dataclass(frozen=True)
class InspectionOutputs:
    """Where an inspection writes: spectrum.safetensors, maps.safetensors, probes.csv."""

    spectrum: Path
    maps: Path
    probes: Path


def _poses(trained: TrainedNetwork, sequences: Tensor) -> Tensor:
    """(B, T, 17, C), the centre windows of the given sequences (B,)."""
    frames = centre_window(trained.store.lengths[sequences], trained.frames)
    return trained.store.network_input(trained.store.windows(sequences, frames))


def _of_chunks(function: Callable[[Tensor], Any], sequences: Tensor) -> list:
    """A function of a few sequences at a time, on all threads."""
    return compute.in_parallel(function, sequences.split(AT_ONCE[sequences.device.type]))


def inspect_run(
    network: SystemNetwork,
    input: Input,
    distance: str,
    method: str,
    shown: str,
    *,
    table: Path,
    split: Path,
    weights: Path,
    outputs: InspectionOutputs,
    threads: int,
) -> None:
    """Look at a trained network's last map: its frequencies, and what the similarity of probes to their match rests on.

    Args:
        network: what the network was built with.
        input: the input channels and their unit.
        distance: by which the nearest gallery sequence is found, "cosine" or "euclidean".
        method: of attribution, "grad_cam" or "hires_cam".
        shown: the probe whose map is kept by itself; or a condition, for the first of its probes that is seen from the
            side, or as nearly from the side as there is. Views without degrees come last.
        table: the frames of the network's modality, e.g. poses.parquet.
        split: split.csv.
        weights: weights.safetensors of the run.
        outputs: the files to write.
        threads: CPU threads.

    Raises:
        ConfigError: ``shown`` is no condition, and no probe that has a gallery sequence of its subject seen from
            another view.
    """
    device = compute.prepare(threads)
    trained = open_trained(network, input, device, table=table, split=split, weights=weights)
    spectrum, embeddings = _first_pass(trained)
    write_spectrum(spectrum, outputs.spectrum)
    probes = match(embeddings, trained.keys, distance)
    find = partial(attribution, method, trained.network, distance=distance)
    maps = _weights(trained, embeddings, probes, find)
    _write_weights(maps, probes, _place_of(shown, probes), outputs)


def match(embeddings: np.ndarray, keys: pd.DataFrame, distance: str) -> pd.DataFrame:
    """The probes that have a gallery sequence of their subject seen from another view, with the nearest such one.

    Args:
        embeddings: (N, D).
        keys: N rows with subject, condition, sequence, view and role.
        distance: "cosine" or "euclidean".

    Returns:
        The key columns; ``row`` and ``match_row``, of the probe and its match in ``keys``; ``match``, its name;
        ``similarity``; ``recognised``: whether no sequence of another subject is nearer.
    """
    gallery, probes = (keys[keys["role"] == role] for role in (GALLERY, PROBE))
    of_gallery, of_probes = (torch.from_numpy(embeddings[part.index]) for part in (gallery, probes))
    near = torch.cat([similarity(some[:, None], of_gallery, distance) for some in of_probes.split(PROBES_AT_ONCE)])
    near = np.where(identical_view(probes["view"], gallery["view"]), -np.inf, near.numpy())  # (probes, gallery)
    own = np.where(np.equal.outer(probes["subject"].to_numpy(), gallery["subject"].to_numpy()), near, -np.inf)
    best = own.argmax(axis=1)
    matched = probes[list(KEY_COLUMNS)].assign(
        row=probes.index,
        match_row=gallery.index[best],
        match=sequence_names(gallery.iloc[best]),
        similarity=own.max(axis=1),
        recognised=own.max(axis=1) >= near.max(axis=1),
    )
    matched = matched[np.isfinite(matched["similarity"])].reset_index(drop=True)
    log.info("%d of %d probes have a gallery sequence of theirs from another view", len(matched), len(probes))
    return matched


def _first_pass(trained: TrainedNetwork) -> tuple[Spectrum, np.ndarray]:
    """The mean spectrum of all sequences, and the embedding of each (N, D)."""

    @torch.no_grad()
    def chunk(sequences: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        last, *beside = trained.network.last_map(_poses(trained, sequences))
        return *spectrum_sums(last), trained.network.read(last, *beside)

    number = len(trained.keys)
    sequences = torch.arange(number, device=trained.store.device)
    magnitude, energy, embeddings = zip(*_of_chunks(chunk, sequences), strict=True)
    mean = (sum(parts[1:], start=parts[0]).div(number).cpu().numpy() for parts in (magnitude, energy))
    return Spectrum(*mean, sequences=number), torch.cat(embeddings).cpu().numpy()


def _place_of(shown: str, probes: pd.DataFrame) -> int:
    """Which of the matched probes is shown by itself."""
    of_condition = probes[probes["condition"] == shown]
    if len(of_condition):
        return int(of_condition["view"].map(_from_the_side).idxmin())
    names = sequence_names(probes)
    if shown not in names:
        raise ConfigError(
            f"figures.probe: {shown} is no probe with a gallery sequence of its subject seen from another view; "
            f"expected one like {names[0]}."
        )
    return names.index(shown)


def _from_the_side(view: str) -> float:
    """How many degrees a view is away from the side; infinitely many where it has none."""
    angle = degrees(view)
    return np.inf if angle is None else abs(angle - SIDE_VIEW)


def _weights(
    trained: TrainedNetwork, embeddings: np.ndarray, probes: pd.DataFrame, find: Callable[..., Tensor]
) -> np.ndarray:
    """(probes, T, J), what the similarity of each probe to its match rests on."""
    device = trained.store.device
    rows = torch.tensor(probes["row"].to_numpy(), device=device)
    matches = torch.from_numpy(embeddings[probes["match_row"]]).to(device)

    def chunk(places: Tensor) -> Tensor:
        return find(_poses(trained, rows[places]), matches[places])

    found = _of_chunks(chunk, torch.arange(len(probes), device=device))
    return torch.cat(found).double().cpu().numpy()


def _write_weights(weights: np.ndarray, probes: pd.DataFrame, shown: int, outputs: InspectionOutputs) -> None:
    carried = weights.any(axis=(1, 2))
    if not carried.all():
        log.warning("%d of %d probes have no positive attribution for their match", (~carried).sum(), len(probes))
    conditions = probes["condition"].to_numpy()
    condition_maps = {name: _mean_map(weights[carried & (conditions == name)]) for name in dict.fromkeys(conditions)}
    (name,) = sequence_names(probes.loc[[shown]])
    write_maps(AttributionMaps(name, probes.loc[shown, "match"], weights[shown], condition_maps), outputs.maps)
    shares = pd.DataFrame(weights.sum(axis=1), columns=share_columns(JOINTS))
    shares.loc[~carried] = np.nan
    numbers = probes.drop(columns=["row", "match_row"]).assign(frames_for_half=frames_for_half(weights))
    write_probes(pd.concat([numbers, shares], axis=1), outputs.probes)


def _mean_map(weights: np.ndarray) -> np.ndarray:
    """(T, J) of (B, T, J); zero where there is none."""
    return weights.sum(axis=0) / max(1, len(weights))
