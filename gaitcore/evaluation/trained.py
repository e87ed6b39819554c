"""A trained network, from the weights that a run left."""

from pathlib import Path

import torch
from torch import nn

from gaitcore.artefacts.weights import read_weights
from gaitcore.csv_files import REMEDY
from gaitcore.errors import DataError
from gaitcore.networks import build_model
from gaitcore.settings.network import SystemNetwork


def trained_network(network: SystemNetwork, channels: int, weights: Path) -> nn.Module:
    """The network of a system with the weights of one of its runs, on the CPU.

    Args:
        network: what the network was built with.
        channels: number of input channels of a joint.
        weights: weights.safetensors of the run.

    Raises:
        DataError: the file is missing or damaged, or holds the weights of another network.
    """
    model = build_model(in_channels=channels, **network.model_dump())
    found = {name: torch.tensor(array) for name, array in read_weights(weights).items()}
    expected = model.state_dict()
    for name in sorted(found.keys() ^ expected.keys()):
        state = "is missing" if name in expected else "is not part of this network"
        raise DataError(f"{weights}: {name} {state}, expected the weights of {network.name}; {REMEDY}.")
    for name, tensor in expected.items():
        if found[name].shape != tensor.shape:
            raise DataError(
                f"{weights}: {name} has shape {tuple(found[name].shape)}, expected {tuple(tensor.shape)}; {REMEDY}."
            )
    model.load_state_dict(found)
    return model
