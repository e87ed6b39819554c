"""Opening a trained network with the test sequences, for evaluation and for inspection."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from gaitcore.artefacts.sequences import open_sequences
from gaitcore.artefacts.weights import read_weights
from gaitcore.errors import REMEDY, DataError
from gaitcore.modalities import FrameStore
from gaitcore.networks import build_model, modality
from gaitcore.protocols.roles import SUBMITTED, TESTED
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A trained network with the gallery and the probes.

    Attributes:
        network: with its trained weights, on the store's device, in evaluation mode.
        keys: S rows with the key columns, role and a column for each comparison.
        store: their frames, in the same order.
        frames: window length T.
    """

    network: nn.Module
    keys: pd.DataFrame
    store: FrameStore
    frames: int


def open_trained(
    network: SystemNetwork,
    input: Input,
    device: torch.device,
    *,
    tables: Mapping[str, Path],
    split: Path,
    protocol: Protocol,
    weights: Path,
) -> TrainedNetwork:
    """Build a network, load its weights and open the test sequences.

    Args:
        network: the arguments the network was built with.
        input: the input channels and their unit.
        device: the device it computes on.
        tables: modality -> its frames, e.g. poses.parquet; see
            :func:`gaitcore.artefacts.sequences.open_sequences`.
        split: split.csv.
        protocol: that section of the configuration; the roles are derived again by it.
        weights: weights.safetensors of the run.

    Raises:
        DataError: split.csv is not what the protocol makes of the table; or the weights are missing, damaged, or those
            of another network.
    """
    frames_of = modality(network.name)
    roles = (*TESTED, *SUBMITTED)
    keys, store = open_sequences(frames_of, tables, split, *roles, protocol=protocol, settings=input, device=device)
    model = trained_network(network, store.network_arguments(), weights)
    return TrainedNetwork(model.to(device).eval(), keys, store, network.frames)


def trained_network(network: SystemNetwork, arguments: Mapping[str, Any], weights: Path) -> nn.Module:
    """The network of a system with the weights of one of its runs, on the CPU.

    Args:
        network: the arguments the network was built with.
        arguments: the arguments of its class that follow from its frames, e.g. ``{"in_channels": 2}``.
        weights: weights.safetensors of the run.

    Raises:
        DataError: the file is missing or damaged, or holds the weights of another network.
    """
    model = build_model(**arguments, **network.model_dump())
    loaded = {name: torch.tensor(array) for name, array in read_weights(weights).items()}
    expected = model.state_dict()
    for key in sorted(loaded.keys() ^ expected.keys()):
        state = "is missing" if key in expected else "is not part of this network"
        raise DataError(f"{weights}: {key} {state}, expected the weights of {network.name}; {REMEDY}.")
    for key, tensor in expected.items():
        if loaded[key].shape != tensor.shape:
            raise DataError(
                f"{weights}: {key} has shape {tuple(loaded[key].shape)}, expected {tuple(tensor.shape)}; {REMEDY}."
            )
    model.load_state_dict(loaded)
    return model
