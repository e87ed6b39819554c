"""Compute where one trained network looks at silhouettes.

Every test sequence is represented by all of its frames in one pass.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from gaitcore.artefacts.silhouette_maps import SilhouetteMap, SilhouetteMaps, write_silhouette_maps
from gaitcore.evaluation.trained import TrainedNetwork, open_trained
from gaitcore.execution import compute
from gaitcore.inspection.attribution import silhouette_attribution
from gaitcore.inspection.matching import example_row, matched_probes
from gaitcore.keys import sequence_names
from gaitcore.sampling.whole_sequence import whole_sequences
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol

log = logging.getLogger(__name__)

CHUNK = {"cpu": 1, "cuda": 16}  # sequences of one length in a forward pass


def inspect_silhouettes(
    network: SystemNetwork,
    input: Input,
    evaluation: Evaluation,
    method: str,
    example_probe: str,
    *,
    tables: Mapping[str, Path],
    split: Path,
    protocol: Protocol,
    weights: Path,
    output: Path,
    threads: int,
) -> None:
    """Compute the attribution of the similarity of probes to their matches over rows and columns of the silhouette.

    Args:
        network: what the network was built with.
        input: the settings of the input.
        evaluation: the distance to gallery sequences, and how parts are compared.
        method: of attribution, "grad_cam" or "hires_cam".
        example_probe: the probe whose single map is kept; or a condition, see
            :func:`gaitcore.inspection.matching.example_row`.
        tables: modality -> its frames, e.g. silhouettes.parquet; see
            :func:`gaitcore.artefacts.sequences.open_sequences`.
        split: the split of the silhouettes.
        protocol: that section of the configuration; the roles are derived again by it.
        weights: weights.safetensors of the run.
        output: silhouette_maps.safetensors.
        threads: CPU threads.

    Raises:
        ConfigError: ``example_probe`` is neither a condition nor a probe with a gallery sequence of its subject that
            it is compared with.
        DataError: the split is not what the protocol makes of the table.
        ProtocolError: no probe has a gallery sequence of its subject that it is compared with.
    """
    device = compute.prepare(threads)
    trained = open_trained(network, input, device, tables=tables, split=split, protocol=protocol, weights=weights)
    embeddings = _embeddings(trained, evaluation.parts)
    keys, distance = trained.keys, evaluation.distance
    probes = matched_probes(embeddings.cpu().numpy(), keys, distance, protocol, split)
    example = example_row(example_probe, probes)

    rows, match_rows = (torch.tensor(probes[column].to_numpy(), device=device) for column in ("row", "match_row"))

    def maps_of(places: Tensor, frames: Tensor) -> Tensor:
        silhouettes = _input(trained, rows[places], frames)
        matches = embeddings[match_rows[places]]
        attributions = silhouette_attribution(method, trained.network, silhouettes, matches, distance)
        return torch.stack([attributions, silhouettes.mean(dim=1)], dim=1)  # (B, 2, 64, 44)

    chunks = _chunks(trained.store.lengths[rows])
    maps = _in_order(compute.in_parallel(maps_of, *zip(*chunks, strict=True)), chunks)
    write_silhouette_maps(_summary(maps.double().cpu().numpy(), probes, example), output)


def _input(trained: TrainedNetwork, sequences: Tensor, frames: Tensor) -> Tensor:
    """(B, T, 64, 44), the frames (B, T) of sequences (B,)."""
    return trained.store.network_input(trained.store.windows(sequences, frames))


def _chunks(lengths: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Sequences (B,) of one length and the numbers of all their frames (B, T), a few at a time."""

    def chunks() -> Iterator[tuple[Tensor, Tensor]]:
        size = CHUNK[lengths.device.type]
        for sequences, frames in whole_sequences(lengths):
            yield from zip(sequences.split(size), frames[:, 0].split(size), strict=True)

    return list(chunks())


def _in_order(results: list[Tensor], chunks: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The results of chunks, in the order of their sequences."""
    return torch.cat(results)[torch.cat([sequences for sequences, _ in chunks]).argsort()]


def _embeddings(trained: TrainedNetwork, parts: str) -> Tensor:
    """(N, parts, D), or (N, parts x D) where the parts are compared end to end."""

    @torch.no_grad()
    def embeddings(sequences: Tensor, frames: Tensor) -> Tensor:
        of_chunk: Tensor = trained.network(_input(trained, sequences, frames))
        return of_chunk.flatten(1) if parts == "concatenated" else of_chunk

    chunks = _chunks(trained.store.lengths)
    return _in_order(compute.in_parallel(embeddings, *zip(*chunks, strict=True)), chunks)


def _summary(maps: np.ndarray, probes: pd.DataFrame, example: int) -> SilhouetteMaps:
    """The map of the example and the means of each condition, from maps (probes, 2, H, W)."""
    positive = maps[:, 0].any(axis=(1, 2))
    if not positive.all():
        log.warning("%d of %d probes have no positive attribution for their match", (~positive).sum(), len(probes))
    conditions = probes["condition"].to_numpy()
    means = {}
    for name in dict.fromkeys(conditions):
        of_condition = conditions == name
        attributions = maps[of_condition & positive, 0]
        silhouette = maps[of_condition, 1].mean(axis=0)
        means[name] = SilhouetteMap(attributions.sum(axis=0) / max(1, len(attributions)), silhouette)
    match = str(probes["match"].iloc[example])
    return SilhouetteMaps(sequence_names(probes)[example], match, SilhouetteMap(*maps[example]), means)
