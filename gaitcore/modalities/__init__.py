"""The modalities by name: the kinds of frames that networks take; one package each, imported only when used.

A folder of this room that has these four modules is a modality:

- ``table``: ``TABLE``, the file under results/<experiment>/ that holds its frames; ``list_sequences(path)``, one
  row per sequence with the key columns and ``frames``, read without the frames themselves; and
  ``sequence_digests(path)``, the SHA-256 of each sequence's frames;
- ``store``: ``open_store(path, keep, settings, device)``, the frames of some sequences as a :class:`FrameStore`;
  and ``made_up_store(lengths, settings, device)``, made-up frames to measure a step on;
- ``augmentation``: ``augmented(windows, settings, store, generator)``, windows of a training batch, augmented;
- ``exported``: ``ExportedInput``, the way from a user's frames to a network's input as a module of an exported graph,
  and the :class:`RawFrames` that it is tried on.

Training and evaluation load them by the modality that the network declares, and use a store only through the methods of
:class:`FrameStore`. The augmentation is
a module of its own because evaluation does not depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from gaitcore.declared import declared
from gaitcore.errors import ConfigError
from gaitcore.suggest import nearest

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor

Part = Literal["table", "store", "augmentation", "exported"]


class FrameStore(Protocol):
    """The frames of S sequences, ready to be cut into windows.

    Attributes:
        device: where windows are made, and where the network runs.
        lengths: (S,) frames in each sequence.
        channels: the names of the input channels of each frame.
        per_frame: whether the input of a frame depends on that frame alone; if not, windows become input as a whole.
        source_digest: SHA-256 of the content that the frames were read from.
    """

    device: torch.device
    lengths: Tensor
    channels: tuple[str, ...]
    per_frame: bool
    source_digest: str

    def windows(self, sequences: Tensor, frames: Tensor, copy: str = "original") -> Tensor:
        """Windows as they are stored, (B, T, ...).

        Args:
            sequences: (B,) which sequence each window is cut from.
            frames: (B, T) frame numbers within that sequence, from 0, also before its first and after its last.
            copy: a test-time copy of the frames, see ``evaluation.test_time_augmentation``; a reversal in
                time is expressed by the frame numbers.
        """

    def network_input(self, windows: Tensor) -> Tensor:
        """The input channels of windows, in the unit the network takes: (B, T, ...) -> (B, T, ...) float32."""

    def network_arguments(self) -> dict[str, Any]:
        """The arguments of the network's class that follow from the frames, e.g. ``{"in_channels": 2}``."""


class RawFrames(NamedTuple):
    """Frames of S sequences, one after the other, as a user has them.

    Attributes:
        frames: (N, ...) keypoints in pixels, or silhouettes.
        lengths: (S,) int64, frames of each sequence.
        frame_width: pixels.
        facts: what their table says of them: "data set", "poses by", ...; empty where they are made up.
    """

    frames: np.ndarray
    lengths: np.ndarray
    frame_width: int
    facts: Mapping[str, str]


def modality_names() -> tuple[str, ...]:
    """The names of all modalities, e.g. ``("keypoints", "silhouettes")``."""
    return tuple(sorted(file.parent.name for file in Path(__file__).parent.glob("*/store.py")))


def part_module(modality: str, name: Part) -> str:
    """The dotted name of a modality's module, e.g. ``gaitcore.modalities.keypoints.store``.

    Raises:
        ConfigError: there is no such modality.
    """
    if modality not in modality_names():
        raise ConfigError(f'There is no modality "{modality}"{nearest(modality, modality_names())}')
    return f"{__name__}.{modality}.{name}"


def part(modality: str, name: Part) -> Any:
    """A modality's module, loaded by name; the caller adds :func:`part_module` to the digest of its code."""
    return import_module(part_module(modality, name))


def table_name(modality: str) -> str:
    """The file under results/<experiment>/ that holds a modality's frames, e.g. ``poses.parquet``."""
    part_module(modality, "table")
    return declared(Path(__file__).parent / modality / "table.py")["TABLE"]


def modality_of(table: str | Path) -> str:
    """The modality whose table has the name of this file: keypoints for ``results/demo/poses.parquet``.

    Raises:
        ConfigError: no modality's table has this name.
    """
    names = {table_name(modality): modality for modality in modality_names()}
    if Path(table).name not in names:
        raise ConfigError(f"{table}: no table of frames has this name{nearest(Path(table).name, names)}")
    return names[Path(table).name]
