"""The authors' released weights: read safely, renamed, loaded strictly.

A network's file has their key names in ``PUBLISHED_KEYS``, as patterns and what replaces them. It may have
``PUBLISHED_ORDER``, for tensors whose first axis is in another order than here: their key -> for each of our indices
theirs; ``PUBLISHED_WITHOUT``: a pattern of our keys that their weights lack and that stay as they are; and
``PUBLISHED_BESIDE``: a pattern of their keys that are no part of the network here, such as a training classifier.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gaitcore.errors import DataError


def load(model: nn.Module, weights: str | Path | Mapping[str, Tensor]) -> None:
    """See :func:`gaitcore.networks.load_published_weights`."""
    name = "the mapping given" if isinstance(weights, Mapping) else str(weights)
    published = weights if isinstance(weights, Mapping) else _read(Path(weights))
    network = sys.modules[type(model).__module__]
    ours = model.state_dict()
    beside = re.compile(getattr(network, "PUBLISHED_BESIDE", "$"))
    renamed = {}
    for key, tensor in published.items():
        if beside.fullmatch(_without_prefix(key)):
            continue
        renamed[_rename(key, network.PUBLISHED_KEYS)] = (key, torch.as_tensor(tensor))
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
        if tensor.shape != ours[new].shape:
            raise DataError(f"{name}: {key} has shape {tuple(tensor.shape)}, expected {tuple(ours[new].shape)}.")
        if order := orders.get(_without_prefix(key)):
            renamed[new] = (key, tensor[list(order)])
    model.load_state_dict(ours | {new: tensor for new, (_, tensor) in renamed.items()})


def _rename(key: str, patterns: tuple[tuple[str, Any], ...]) -> str:
    key = _without_prefix(key)
    for pattern, replacement in patterns:
        key = re.sub(rf"^{pattern}", replacement, key)
    return key


def _without_prefix(key: str) -> str:
    return key.removeprefix("module.")


def _read(path: Path) -> Mapping[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file, expected the authors' released weights (.pt).") from None
    except Exception as error:
        raise DataError(
            f"{path}: cannot be read as a file of tensors ({type(error).__name__}), expected the authors' released "
            "weights (.pt); a file that asks to run code is refused."
        ) from error
    for key in ("model", "state_dict"):  # a training checkpoint holds the weights one level down
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping) or not all(isinstance(tensor, Tensor) for tensor in content.values()):
        raise DataError(f"{path}: holds {type(content).__name__}, expected a mapping of names to tensors.")
    return content
