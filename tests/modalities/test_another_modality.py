"""Training and evaluation ask a store for windows and input and never look inside: pictures do as well as keypoints."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch
from places import REPOSITORY
from torch import nn

from gaitcore.evaluation.embedding import embed
from gaitcore.settings.files import load_config
from gaitcore.settings.network import Network
from gaitcore.settings.training import Training
from gaitcore.training.loop import train

DEMO = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"})
RECIPE = DEMO.training.model_dump()
RECIPE |= {"epochs": 2, "batch": {"kind": "balanced", "subjects": 2, "sequences": 2}}
NETWORK = Network(frames=4, embedding_dim=3)


@dataclass(frozen=True)
class Pictures:
    """Bytes of 8 x 6 pixels: frames of several sequences, end to end."""

    frames: torch.Tensor  # (N, 8, 6) uint8
    lengths: torch.Tensor
    channels: tuple[str, ...] = ("mask",)
    per_frame: bool = True
    source_digest: str = ""

    @property
    def device(self):
        return self.frames.device

    def windows(self, sequences, frames, copy="original"):
        first = self.lengths.cumsum(0) - self.lengths
        return self.frames[first[sequences, None] + frames]

    def network_input(self, windows):
        return windows.float() / 255

    def network_arguments(self):
        return {}


class Parts(nn.Module):
    """(B, T, 8, 6) -> (B, 2, 3): the two halves of the mean picture, each mapped linearly."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(24, 3)

    def forward(self, x):
        return self.head(x.mean(dim=1).unflatten(1, (2, 4)).flatten(2))


class OnePart(Parts):
    """(B, T, 8, 6) -> (B, 3)."""

    def forward(self, x):
        return super().forward(x).mean(dim=1)


@pytest.fixture
def pictures():
    generator = torch.Generator().manual_seed(0)
    lengths = torch.full((6,), 7)
    return Pictures(torch.randint(256, (42, 8, 6), generator=generator, dtype=torch.uint8), lengths)


def test_a_network_trains_on_bytes(pictures):
    torch.manual_seed(0)
    network, kinds = OnePart(), set()
    before = network.head.weight.clone()

    def augmented(windows, settings, store, generator):
        kinds.add((windows.dtype, tuple(windows.shape[1:])))
        return windows

    sequences = pd.DataFrame({"subject": list("aaabbb"), "condition": "nm"})
    settings = Training.model_validate(RECIPE)
    result = train(network, pictures, sequences, settings, augmented=augmented, network=NETWORK, seed=0)
    assert kinds == {(torch.uint8, (4, 8, 6))}
    assert result.history["epoch"].tolist() == [1, 2]
    assert not torch.equal(network.head.weight, before)


def test_embeddings_of_bytes_have_the_networks_parts(pictures):
    torch.manual_seed(0)
    network = Parts()
    centre = DEMO.evaluation.model_copy(update={"windows": "centre"})
    with torch.no_grad():
        expected = network(pictures.frames.view(6, 7, 8, 6)[:, 1:5].float() / 255).numpy()
    np.testing.assert_allclose(embed(network, pictures, 4, centre), expected, atol=1e-6)
