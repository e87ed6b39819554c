"""Augmentation of a whole batch at once, on the device, from its own generator.

Source: GaitMixer, section 4.2 (GaitGraph's augmentations), order and strengths of the published code: mirror, reversal
in time, random window, point noise, joint noise.
"""

import torch
from torch import Tensor

from gaitcore.config import Augmentation
from gaitcore.windows import FrameStore

NOISE_FRAME_WIDTH = 320  # the published noise is in pixels of a frame this wide


def augmented_windows(
    store: FrameStore, sequences: Tensor, frames: int, settings: Augmentation, generator: torch.Generator
) -> Tensor:
    """A random window of each sequence, augmented.

    Args:
        store: the training sequences' frames.
        sequences: (B,) which sequences; each longer than ``frames``.
        frames: window length T.
        settings: probabilities and noise.
        generator: source of every draw, on the store's device.

    Returns:
        (B, T, 17, 3) float32, pixels and confidence.
    """
    poses = store.gather(sequences, _random_frames(store.lengths[sequences], frames, settings.reverse, generator))
    mirrored = _chance(len(poses), settings.mirror, generator)
    scale = store.frame_width / NOISE_FRAME_WIDTH
    x, y, confidence = poses.unbind(-1)  # each (B, T, 17)
    x = torch.where(mirrored[:, None, None], 2 * x.mean(dim=2, keepdim=True) - x, x)
    xy = torch.stack([x, y], dim=-1)
    xy = xy + scale * settings.point_noise * _normal(xy.shape, generator)
    xy = xy + scale * settings.joint_noise * _normal((len(xy), 1, *xy.shape[2:]), generator)
    return torch.cat([xy, confidence[..., None]], dim=-1)


def _random_frames(lengths: Tensor, frames: int, reverse: float, generator: torch.Generator) -> Tensor:
    """(B, T) frame numbers of a random window, run backwards with probability ``reverse``.

    The whole sequence is reversed before the window is cut, and, as in the published code, the last possible start is
    never drawn.
    """
    draws = torch.rand(len(lengths), generator=generator, device=lengths.device)
    start = (draws * (lengths - frames)).long()
    window = start[:, None] + torch.arange(frames, device=lengths.device)
    backwards = _chance(len(lengths), reverse, generator)
    return torch.where(backwards[:, None], lengths[:, None] - 1 - window, window)


def _chance(count: int, probability: float, generator: torch.Generator) -> Tensor:
    return torch.rand(count, generator=generator, device=generator.device) < probability


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device)
