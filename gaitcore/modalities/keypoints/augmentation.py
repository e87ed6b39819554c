"""Augmentation of a whole batch at once, on the device, from its own generator.

Source: GaitMixer, section 4.2 (GaitGraph's augmentations), order and strengths of the published code: mirror, reversal
in time, random window, point noise, joint noise. GaitGraph2, published code: reversal, window, left and right
exchanged, joint noise, point noise, also of the confidence, and a move of the whole window. GaitTR, FastPoseGait's
code: point noise, left and right exchanged frame by frame, joint noise.
"""

import torch
from torch import Tensor

from gaitcore.modalities.keypoints.store import KeypointStore, exchanged
from gaitcore.settings.training import Augmentation

NOISE_FRAME_WIDTH = 320  # the published noise is in pixels of a frame this wide


def augmented(windows: Tensor, settings: Augmentation, store: KeypointStore, generator: torch.Generator) -> Tensor:
    """Windows of poses, augmented.

    Args:
        windows: (B, T, 17, C) float32, pixels and confidence.
        settings: probabilities and noise; ``reverse`` is applied where frames are chosen and is not used here.
        store: the source of the windows; the noise is scaled to its frame width.
        generator: source of every draw, on the device of the poses.

    Returns:
        (B, T, 17, C) float32, pixels and confidence.
    """
    mirrored = _chance((len(windows),), settings.mirror, generator)
    scale = store.frame_width / NOISE_FRAME_WIDTH
    x, y, *others = windows.unbind(-1)  # each (B, T, 17)
    x = torch.where(mirrored[:, None, None], 2 * x.mean(dim=2, keepdim=True) - x, x)
    xy = torch.stack([x, y], dim=-1)
    xy = xy + _noise(scale * settings.point_noise, xy.shape, settings.noise, generator)
    if settings.swap and settings.swap_each == "frame":
        swapped = _chance(xy.shape[:2], settings.swap, generator)
        xy = torch.where(swapped[..., None, None], exchanged(xy), xy)
        others = [torch.where(swapped[..., None], exchanged(other), other) for other in others]
    xy = xy + _noise(scale * settings.joint_noise, (len(xy), 1, *xy.shape[2:]), settings.noise, generator)
    if any(settings.move):
        reach = scale * torch.cat([torch.full((1,), amount, device=xy.device) for amount in settings.move])
        xy = xy + reach * _noise(1.0, (len(xy), 1, 1, 2), "uniform", generator)
    if settings.confidence_noise:
        noise = _noise(settings.confidence_noise, others[0].shape, settings.noise, generator)
        others[0] = (others[0] + noise).clamp(0, 1)
    poses = torch.cat([xy, torch.stack(others, dim=-1)], dim=-1)
    if settings.swap and settings.swap_each == "window":
        swapped = _chance((len(poses),), settings.swap, generator)
        poses = torch.where(swapped[:, None, None, None], exchanged(poses), poses)
    return poses


def _chance(shape: tuple[int, ...], probability: float, generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device) < probability


def _noise(amount: float, shape: tuple[int, ...], distribution: str, generator: torch.Generator) -> Tensor:
    if distribution == "normal":
        return amount * torch.randn(shape, generator=generator, device=generator.device)
    return amount * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1)
