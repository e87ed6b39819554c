"""Augmentation of a whole batch of silhouettes at once, on the device, from its own generator.

The published recipes have none: GaitSet (published code) and GaitPart and OpenGait's (its configurations) train on the
silhouettes as they are. A mirror image of a walk is offered beside.
"""

import torch
from torch import Tensor

from gaitcore.errors import ConfigError
from gaitcore.modalities.silhouettes.store import SilhouetteStore
from gaitcore.settings.training import Augmentation

_OF_JOINTS = ("swap", "point_noise", "joint_noise", "confidence_noise", "move")


def augmented(windows: Tensor, settings: Augmentation, store: SilhouetteStore, generator: torch.Generator) -> Tensor:
    """Windows of silhouettes, augmented.

    Args:
        windows: (B, T, 64, 64) uint8.
        settings: ``mirror`` is the probability of reflecting a window left to right; ``reverse`` concerns the choice of
            frames and is not used here.
        store: where the windows are from.
        generator: source of every draw, on the device of the silhouettes; nothing is drawn where ``mirror`` is 0.

    Returns:
        (B, T, 64, 64) uint8; the same windows where ``mirror`` is 0.

    Raises:
        ConfigError: the settings ask for an augmentation that concerns joints.
    """
    for name in _OF_JOINTS:
        value = getattr(settings, name)
        if value and value != (0, 0):
            raise ConfigError(
                f"training.augmentation.{name} is {value}, but silhouettes have no joints; set it to 0 for this system."
            )
    if not settings.mirror:
        return windows
    mirrored = torch.rand(len(windows), generator=generator, device=generator.device) < settings.mirror
    return torch.where(mirrored[:, None, None, None], windows.flip(-1), windows)
