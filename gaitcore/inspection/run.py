"""Compute the spectrum and attribution of one trained network of skeletons.

Every test sequence is represented by its centre window.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from gaitcore.artefacts.attribution_maps import AttributionMaps, write_maps
from gaitcore.artefacts.inspected_probes import share_columns, write_probes
from gaitcore.artefacts.spectrum import Spectrum, write_spectrum
from gaitcore.evaluation.trained import TrainedNetwork, open_trained
from gaitcore.execution import compute
from gaitcore.inspection.attribution import MappedNetwork, attribution, frames_for_half
from gaitcore.inspection.fourier import spectrum_sums
from gaitcore.inspection.matching import example_row, matched_probes
from gaitcore.keys import sequence_names
from gaitcore.modalities.keypoints.skeleton import JOINTS
from gaitcore.sampling.centre_window import centre_window
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol

log = logging.getLogger(__name__)

Result = TypeVar("Result")

CHUNK = {"cpu": 6, "cuda": 256}  # sequences per forward pass


@dataclass(frozen=True)
class InspectionOutputs:
    """The files that an inspection writes: spectrum.safetensors, maps.safetensors, probes.csv."""

    spectrum: Path
    maps: Path
    probes: Path


def _poses(trained: TrainedNetwork, sequences: Tensor) -> Tensor:
    """(B, T, 17, C), the centre windows of sequences (B,)."""
    frames = centre_window(trained.store.lengths[sequences], trained.frames)
    return trained.store.network_input(trained.store.windows(sequences, frames))


def _in_chunks(function: Callable[[Tensor], Result], sequences: Tensor) -> list[Result]:
    """The results of a function for chunks of the sequences (B,), computed on all threads."""
    return compute.in_parallel(function, sequences.split(CHUNK[sequences.device.type]))


def inspect_run(
    network: SystemNetwork,
    input: Input,
    distance: str,
    method: str,
    example_probe: str,
    *,
    tables: Mapping[str, Path],
    split: Path,
    protocol: Protocol,
    weights: Path,
    outputs: InspectionOutputs,
    threads: int,
) -> None:
    """Compute the spectrum of a trained network's last map, and the attribution of the similarity of probes to matches.

    Args:
        network: what the network was built with.
        input: the input channels and their unit.
        distance: the distance to gallery sequences, "cosine" or "euclidean".
        method: of attribution, "grad_cam" or "hires_cam".
        example_probe: the probe whose single map is kept; or a condition, for the first of its probes whose view is
            nearest to the side. Views without degrees come last.
        tables: modality -> its frames, e.g. poses.parquet; see
            :func:`gaitcore.artefacts.sequences.open_sequences`.
        split: split.csv.
        protocol: that section of the configuration; the roles are derived again by it.
        weights: weights.safetensors of the run.
        outputs: the files to write.
        threads: CPU threads.

    Raises:
        ConfigError: ``example_probe`` is neither a condition nor a probe with a gallery sequence of its subject that
            it is compared with.
        DataError: split.csv is not what the protocol makes of the table.
        ProtocolError: no probe has a gallery sequence of its subject that it is compared with.
    """
    device = compute.prepare(threads)
    trained = open_trained(network, input, device, tables=tables, split=split, protocol=protocol, weights=weights)
    spectrum, embeddings = _first_pass(trained)
    write_spectrum(spectrum, outputs.spectrum)
    probes = matched_probes(embeddings, trained.keys, distance, protocol, split)
    attribute = partial(attribution, method, trained.network, distance=distance)
    weights_of_probes = _weights(trained, embeddings, probes, attribute)
    _write_weights(weights_of_probes, probes, example_row(example_probe, probes), outputs)


def _first_pass(trained: TrainedNetwork) -> tuple[Spectrum, np.ndarray]:
    """The mean spectrum of all sequences, and the embedding of each (N, D)."""
    network = cast(MappedNetwork, trained.network)

    @torch.no_grad()
    def spectra_and_embeddings(sequences: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        last, *others = network.last_map(_poses(trained, sequences))
        return *spectrum_sums(last), network.read(last, *others)

    number = len(trained.keys)
    sequences = torch.arange(number, device=trained.store.device)
    magnitude, energy, embeddings = zip(*_in_chunks(spectra_and_embeddings, sequences), strict=True)
    means = [sum(parts[1:], start=parts[0]).div(number).cpu().numpy() for parts in (magnitude, energy)]
    return Spectrum(means[0], means[1], number), torch.cat(embeddings).cpu().numpy()


def _weights(
    trained: TrainedNetwork, embeddings: np.ndarray, probes: pd.DataFrame, attribute: Callable[..., Tensor]
) -> np.ndarray:
    """(probes, T, J), the attribution of the similarity of each probe to its match."""
    device = trained.store.device
    rows = torch.tensor(probes["row"].to_numpy(), device=device)
    matches = torch.from_numpy(embeddings[probes["match_row"]]).to(device)

    def attribution_of(chunk: Tensor) -> Tensor:
        return attribute(_poses(trained, rows[chunk]), matches[chunk])

    chunks = _in_chunks(attribution_of, torch.arange(len(probes), device=device))
    return torch.cat(chunks).double().cpu().numpy()


def _write_weights(weights: np.ndarray, probes: pd.DataFrame, example: int, outputs: InspectionOutputs) -> None:
    positive = weights.any(axis=(1, 2))
    if not positive.all():
        log.warning("%d of %d probes have no positive attribution for their match", (~positive).sum(), len(probes))
    conditions = probes["condition"].to_numpy()
    condition_maps = {name: _mean_map(weights[positive & (conditions == name)]) for name in dict.fromkeys(conditions)}
    probe, match_name = sequence_names(probes)[example], str(probes["match"].iloc[example])
    write_maps(AttributionMaps(probe, match_name, weights[example], condition_maps), outputs.maps)
    shares = pd.DataFrame(weights.sum(axis=1), columns=share_columns(JOINTS))
    shares.loc[~positive] = np.nan
    numbers = probes.drop(columns=["row", "match_row"]).assign(frames_for_half=frames_for_half(weights))
    write_probes(pd.concat([numbers, shares], axis=1), outputs.probes)


def _mean_map(weights: np.ndarray) -> np.ndarray:
    """The mean (T, J) of maps (B, T, J); zero for B = 0."""
    return weights.sum(axis=0) / max(1, len(weights))
