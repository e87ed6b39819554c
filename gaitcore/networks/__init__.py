"""The systems by name: one file each, found here, loaded only when asked for.

Nothing of torch is imported until a network is built, so that rules and tables can name systems cheaply, and
so that a change in one system's file concerns that system alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gaitcore.errors import ConfigError
from gaitcore.suggest import nearest

if TYPE_CHECKING:
    from torch import Tensor, nn


class _Entry(NamedTuple):
    title: str  # in tables and figures
    module: str
    class_name: str
    has_map: bool = True  # its methods last_map and read


_REGISTRY = {
    "gaitmixer": _Entry("GaitMixer", "gaitcore.networks.gaitmixer", "GaitMixer"),
    "gaitformer": _Entry("GaitFormer", "gaitcore.networks.gaitformer", "GaitFormer"),
    "gaitgraph": _Entry("GaitGraph", "gaitcore.networks.gaitgraph", "GaitGraph"),
    "gaitgraph2": _Entry("GaitGraph2", "gaitcore.networks.gaitgraph2", "GaitGraph2"),
    "posegait": _Entry("PoseGait", "gaitcore.networks.posegait", "PoseGait", has_map=False),
}


def model_names() -> tuple[str, ...]:
    """The systems that can be built, e.g. ``("gaitmixer", "gaitformer")``."""
    return tuple(_REGISTRY)


def model_title(name: str) -> str:
    """How the field writes a system's name, for tables and figures: ``GaitMixer``."""
    return _entry(name).title


def model_module(name: str) -> str:
    """The module that holds a system, e.g. ``gaitcore.networks.gaitmixer``."""
    return _entry(name).module


def has_map(name: str) -> bool:
    """Whether a system's network ends with a map over frames and joints, which figures can look at.

    Such a network has ``last_map(x)``, (B, T, J, C) poses -> the map (B, T', J, C') and whatever else is read beside
    it, and ``read(*last_map(x))``, the embedding. PoseGait's maps are over frames and features.
    """
    return _entry(name).has_map


def build_model(
    name: str, *, frames: int = 60, joints: int = 17, in_channels: int = 2, embedding_dim: int = 128, **options: Any
) -> nn.Module:
    """A system's network with fresh weights drawn from torch's global generator.

    Args:
        name: one of :func:`model_names`.
        frames, joints, in_channels: T, J and C of the (B, T, J, C) input.
        embedding_dim: length of the unit embedding it returns, (B, embedding_dim).
        options: the system's own settings, e.g. ``kernel=9`` or ``padding="both"``; see its class.

    Raises:
        ConfigError: the name is unknown or the network refuses an option.
    """
    entry = _entry(name)
    network = getattr(import_module(entry.module), entry.class_name)
    known = set(network.__init__.__kwdefaults__ or {})
    for option in options:
        if option not in known:
            raise ConfigError(f'{entry.title} has no option "{option}"{nearest(option, known)}')
    try:
        return network(frames=frames, joints=joints, in_channels=in_channels, embedding_dim=embedding_dim, **options)
    except ValueError as error:
        raise ConfigError(f"{entry.title} cannot be built: {error}.") from error


def load_published_weights(model: nn.Module, weights: str | Path | Mapping[str, Tensor]) -> None:
    """Load the authors' released weights, by their key names, into a network built here.

    Args:
        model: a network from :func:`build_model` with the published options.
        weights: a ``.pt`` file (read without executing code), or a mapping of the authors' keys to tensors. A
            ``module.`` prefix (DataParallel) is taken off.

    Raises:
        DataError: the file cannot be read, a key is unknown or missing, or a shape differs. Strict: every key is
            used, and every weight of the network is set.
    """
    import_module("gaitcore.networks.released").load(model, weights)


def _entry(name: str) -> _Entry:
    if name not in _REGISTRY:
        raise ConfigError(f'There is no model "{name}"{nearest(name, _REGISTRY)}')
    return _REGISTRY[name]
