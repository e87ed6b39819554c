"""The authors' released weights: read safely, renamed, loaded strictly.

A network's file has their key names in ``PUBLISHED_KEYS``, as patterns and what replaces them. It may have
``PUBLISHED_FILES``, SHA-256 -> name of the files that the authors released; ``PUBLISHED_ORDER``, for tensors whose
first axis is in another order than here: their key -> for each of our indices theirs; ``PUBLISHED_WITHOUT``: a pattern
of our keys that their weights lack and that stay as they are; and ``PUBLISHED_BESIDE``: a pattern of their keys that
are no part of the network here, such as a training classifier.
"""

import logging
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from gaitcore.digests import file_digest
from gaitcore.errors import DataError
from gaitcore.torch_files import read_state_dict

log = logging.getLogger(__name__)


def load(model: nn.Module, weights: str | Path | Mapping[str, Tensor]) -> None:
    """See :func:`gaitcore.networks.load_published_weights`."""
    name = "the mapping given" if isinstance(weights, Mapping) else str(weights)
    fit(model, named(model, weights), name)


def trained_on(model: nn.Module, digest: str) -> dict[str, Any]:
    """What the weights in a released file were trained on, by the SHA-256 of the file; empty where it is not known.

    The network's file declares it in ``PUBLISHED_INPUT``, with the keys of
    :class:`gaitcore.settings.weights.TrainedOn`.
    """
    network = sys.modules[type(model).__module__]
    known = digest in getattr(network, "PUBLISHED_FILES", {})
    return dict(getattr(network, "PUBLISHED_INPUT", {})) if known else {}


class Named(NamedTuple):
    """A tensor of a file, and its key there."""

    key: str
    tensor: Tensor


def named(model: nn.Module, weights: str | Path | Mapping[str, Tensor]) -> dict[str, Named]:
    """The released weights by the names of the network here.

    Raises:
        DataError: the file cannot be read, or a key is unknown or missing.
    """
    network = sys.modules[type(model).__module__]
    if not hasattr(network, "PUBLISHED_KEYS"):
        raise DataError(
            f"{weights}: the file of {type(model).__name__} has no PUBLISHED_KEYS, so weights of torch.save cannot be "
            "loaded; declare them there (docs/extending.md), or give a weights.safetensors of a run."
        )
    if isinstance(weights, Mapping):
        name, published = "the mapping given", weights
    else:
        name, published = str(weights), read_state_dict(Path(weights), "the authors' released weights (.pt)")
        _log_origin(Path(weights), getattr(network, "PUBLISHED_FILES", {}))
    ours = model.state_dict()
    beside = re.compile(getattr(network, "PUBLISHED_BESIDE", "$"))
    renamed = {}
    for key, tensor in published.items():
        if beside.fullmatch(_without_prefix(key)):
            continue
        renamed[_rename(key, network.PUBLISHED_KEYS)] = Named(key, torch.as_tensor(tensor))
    unknown = [key for new, (key, _) in renamed.items() if new not in ours]
    lacking = re.compile(getattr(network, "PUBLISHED_WITHOUT", "$"))
    missing = [key for key in ours if key not in renamed and not lacking.fullmatch(key)]
    if unknown or missing:
        raise DataError(
            f"{name}: these are not weights of {type(model).__name__} with the options it was built with"
            + (f"; {len(unknown)} unknown keys, the first {unknown[0]}" if unknown else "")
            + (f"; {len(missing)} missing keys, the first {missing[0]}" if missing else "")
            + "."
        )
    orders: Mapping[str, Sequence[int]] = getattr(network, "PUBLISHED_ORDER", {})
    for new, (key, tensor) in renamed.items():
        order = orders.get(_without_prefix(key))
        if order and tensor.shape == ours[new].shape:
            renamed[new] = Named(key, tensor[list(order)])
    return renamed


def fit(model: nn.Module, weights: Mapping[str, Named], name: str, remedy: str = "", last: bool = False) -> list[str]:
    """Load weights into a network of the same shapes.

    Args:
        model: the network.
        weights: by the names of the network here.
        name: of their file, for messages.
        remedy: what to do where a shape differs, for the message.
        last: whether the weights of the network's last layer may have another shape; they are left out then.

    Returns:
        The keys that were left out, as they are in the file.

    Raises:
        DataError: a shape differs, or a number is not finite.
    """
    ours = model.state_dict()
    last_layer = list(ours)[-1].rpartition(".")[0] if ours else ""
    left_out = []
    for new, (key, tensor) in weights.items():
        if tensor.shape != ours[new].shape:
            if not (last and new.rpartition(".")[0] == last_layer):
                found, expected = tuple(tensor.shape), tuple(ours[new].shape)
                raise DataError(f"{name}: {key} has shape {found}, expected {expected}{remedy}.")
            left_out.append(key)
        elif tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise DataError(f"{name}: {key} has NaN or infinite numbers, expected finite ones; fetch the file again.")
    model.load_state_dict(ours | {new: one.tensor for new, one in weights.items() if one.key not in left_out})
    return left_out


def _log_origin(path: Path, known: Mapping[str, str]) -> None:
    """Say whether a file is one that the authors released."""
    digest = file_digest(path)
    if digest in known:
        log.info("%s: the authors' released %s (SHA-256 %s)", path, known[digest], digest)
    elif known:
        expected = " or ".join(f"{digest} ({name})" for digest, name in known.items())
        log.warning("%s: not the authors' released file: its SHA-256 is %s, expected %s", path, digest, expected)


def _rename(key: str, patterns: tuple[tuple[str, Any], ...]) -> str:
    key = _without_prefix(key)
    for pattern, replacement in patterns:
        key = re.sub(rf"^{pattern}", replacement, key)
    return key


def _without_prefix(key: str) -> str:
    return key.removeprefix("module.")
