"""Silhouettes as an exported network takes them: pretreated, 64 x 64 pixels from 0 to 255."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from gaitcore.modalities import RawFrames
from gaitcore.modalities.silhouettes.pretreatment import SIZE
from gaitcore.modalities.silhouettes.store import SilhouetteStore, open_store, scaled
from gaitcore.modalities.silhouettes.table import read_info
from gaitcore.settings.input import Input

NAME = "silhouettes"

_CPU = torch.device("cpu")


class ExportedInput(nn.Module):
    """(B, T, 64, 64) uint8 silhouettes -> (B, T, 64, 44), the input of a network.

    Args:
        settings, channels, frame_width: those of joints, which are not used.
    """

    def __init__(self, settings: Input, channels: Sequence[str], frame_width: int):
        super().__init__()
        self.frame_shape, self.dtype = (SIZE, SIZE), torch.uint8
        self.rounds = False

    def forward(self, frames: Tensor, swapped: bool) -> Tensor:
        """The input of one copy of the frames."""
        return scaled(frames)

    def sentences(self, frame_width: int | None) -> list[str]:
        """The graph's input in words."""
        return [
            f"Silhouettes of {SIZE} x {SIZE} pixels, 0 (background) to 255 (the walker), pretreated. Left to the user: "
            "the pretreatment of gaitcore.modalities.silhouettes.pretreatment (cut to the walker's height, centred)."
        ]


def read_raw(table: Path, keep: np.ndarray, settings: Input, channels: Sequence[str]) -> RawFrames:
    """The silhouettes of some sequences."""
    store, info = open_store(table, keep, settings, _CPU), read_info(table)
    facts = {"data set": info.dataset, "silhouettes by": info.source, "pretreatment": info.pretreatment}
    return RawFrames(store.masks.numpy(), store.lengths.numpy(), SIZE, facts)


def made_up_raw(lengths: np.ndarray, channels: Sequence[str], frame_width: int | None = None) -> RawFrames:
    """Sequences (S,) of these lengths whose silhouettes are boxes of random places and sizes."""
    generator = np.random.default_rng(0)
    masks = np.zeros((int(lengths.sum()), SIZE, SIZE), np.uint8)
    for mask in masks:
        top, left, height, width = generator.integers((0, 10, 30, 5), (8, 30, 56, 24))
        mask[top : top + height, left : left + width] = 255
    return RawFrames(masks, lengths, SIZE, {})


def stores(raw: RawFrames, settings: Input) -> tuple[SilhouetteStore, SilhouetteStore]:
    """The store that the evaluation uses, twice: its windows are what the exported network takes."""
    lengths = torch.from_numpy(raw.lengths)
    store = SilhouetteStore(torch.from_numpy(raw.frames), lengths.cumsum(0) - lengths, lengths)
    return store, store
