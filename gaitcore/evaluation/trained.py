"""A trained network with the test sequences, opened in the same way for evaluation and inspection."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import load_file
from torch import nn

from gaitcore.artefacts.sequences import open_sequences
from gaitcore.modalities import FrameStore
from gaitcore.networks import build_model, modality
from gaitcore.protocols.cross_view import GALLERY, PROBE
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A trained network with the gallery and the probes.

    Attributes:
        network: with its trained weights, on the store's device, in evaluation mode.
        keys: S rows with the key columns and role, gallery or probe.
        store: their frames, in the same order.
        frames: window length T.
    """

    network: nn.Module
    keys: pd.DataFrame
    store: FrameStore
    frames: int


def open_trained(
    network: SystemNetwork, input: Input, device: torch.device, *, table: Path, split: Path, weights: Path
) -> TrainedNetwork:
    """Build a network, load its weights and open the test sequences.

    Args:
        network: what the network was built with.
        input: the input channels and their unit.
        device: where it computes.
        table: the frames of the network's modality, e.g. poses.parquet.
        split: split.csv.
        weights: weights.safetensors of the run.

    Raises:
        DataError: table and split do not list the same sequences.
    """
    frames_of = modality(network.name)
    keys, store = open_sequences(frames_of, table, split, GALLERY, PROBE, settings=input, device=device)
    model = build_model(**store.network_arguments(), **network.model_dump())
    model.load_state_dict(load_file(weights))
    return TrainedNetwork(model.to(device).eval(), keys, store, network.frames)
