"""Stores of keypoints for tests, made from tensors."""

import torch

from gaitcore.modalities.keypoints.inputs import channels as input_channels
from gaitcore.modalities.keypoints.store import KeypointStore


def keypoint_store(keypoints, lengths, frame_width=320, channels=("x", "y"), divisor=None):
    """A store of poses (N, 17, 3 or 4) end to end, sequences of ``lengths`` frames."""
    lengths = torch.as_tensor(lengths)
    transform = input_channels.Transform(channels, frame_width if divisor is None else divisor)
    return KeypointStore(keypoints, lengths.cumsum(0) - lengths, lengths, frame_width, transform)
