"""Poses as an exported network takes them: in pixels, as a pose estimator gives them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from gaitcore.modalities import RawFrames
from gaitcore.modalities.keypoints.input import transform_of
from gaitcore.modalities.keypoints.skeleton import NUM_JOINTS
from gaitcore.modalities.keypoints.store import KeypointStore, exchanged
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.settings.input import Input

NAME = "keypoints"
WIDTH = 320  # pixels, of a frame where the run's own is not known

_CPU = torch.device("cpu")


class ExportedInput(nn.Module):
    """(B, T, 17, 3 or 4) poses in pixels -> the input of a network, by the input transform of a run.

    Args:
        settings: the section ``input`` of the run.
        channels: the names of the run's channels; with a z among them each joint has four values.
        frame_width: pixels, of the run's frames.
    """

    def __init__(self, settings: Input, channels: Sequence[str], frame_width: int):
        super().__init__()
        values = 4 if "z" in channels else 3
        self.transform = transform_of(settings, values, frame_width)
        self.frame_shape, self.dtype = (NUM_JOINTS, values), torch.float32
        self.prepares, self.rounds = self.transform.prepares_each_frame, self.transform.rounds

    def forward(self, frames: Tensor, swapped: bool) -> Tensor:
        """The input of one copy of the frames; ``swapped`` exchanges the left and the right joints."""
        if self.prepares:
            lengths = torch.empty(0, dtype=torch.long)  # each frame is prepared on its own
            frames = self.transform.prepared(frames.flatten(0, 1), lengths).unflatten(0, frames.shape[:2])
        return self.transform(exchanged(frames) if swapped else frames)

    def sentences(self, frame_width: int | None) -> list[str]:
        """The graph's input in words."""
        z, joint = (", z", "four numbers") if self.frame_shape[1] == 4 else ("", "three numbers")
        if frame_width:
            size = f"of a frame {frame_width} pixels wide"
            other = (
                f" Multiply x{', y and z' if z else ' and y'} of a frame of another width by {frame_width} / its width."
            )
        else:
            size, other = "of the run's data, whose frame's width its files do not hold", ""
        sentences = [
            f"17 joints in COCO's order; of each, {joint}: x and y in pixels (x to the right, y downwards) {size}, the "
            f"confidence from 0 to 1{z}.{other}"
        ]
        if not self.prepares:
            sentences.append(
                "What the input transform prepares over a whole sequence is not in the graph: apply `prepared` of "
                f"{type(self.transform).__module__} to the sequence first. It leaves a sequence without missing joints "
                "(coordinates that are exactly 0) as it is."
            )
        return sentences


def read_raw(table: Path, keep: np.ndarray, settings: Input, channels: Sequence[str]) -> RawFrames:
    """The poses of some sequences, in pixels, as their table has them."""
    poses = PoseTable.read(table).select(keep)
    values = poses.row_keypoints if "z" in channels else poses.keypoints
    info = poses.info
    facts = {
        "data set": info.dataset,
        "poses by": info.source,
        "camera's frame": f"{info.frame_width} x {info.frame_height} pixels",
        "frames per second": f"{info.fps:g}",
    }
    return RawFrames(values, np.array(poses.sequences["frames"], dtype=np.int64), info.frame_width, facts)


def made_up_raw(lengths: np.ndarray, channels: Sequence[str], frame_width: int | None = None) -> RawFrames:
    """Sequences (S,) of these lengths in a frame of this width, each a body of random joints that sways."""
    generator, values = np.random.default_rng(0), 4 if "z" in channels else 3
    poses = []
    for length in lengths:
        body = generator.uniform(40, 200, (NUM_JOINTS, values))
        sway = generator.uniform(2, 12, (NUM_JOINTS, values)) * np.sin(np.arange(length) / 4)[:, None, None]
        one = body + sway
        one[..., 2] = generator.uniform(0.5, 1, (length, NUM_JOINTS))
        poses.append(one)
    return RawFrames(np.concatenate(poses).astype(np.float32), lengths, frame_width or WIDTH, {})


def stores(raw: RawFrames, settings: Input) -> tuple[KeypointStore, KeypointStore]:
    """The store that the evaluation uses, and one whose windows are what the exported network takes."""
    store = KeypointStore.made(raw.frames, raw.lengths, raw.frame_width, settings, _CPU)
    if not store.input.prepares_each_frame:
        return store, store
    return store, replace(store, keypoints=torch.from_numpy(raw.frames))
