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
from typing import Any

import torch
from torch import Tensor, nn

from gaitcore.digests import file_digest
from gaitcore.errors import DataError
from gaitcore.torch_files import read_state_dict

log = logging.getLogger(__name__)


def load(model: nn.Module, weights: str | Path | Mapping[str, Tensor]) -> None:
    """See :func:`gaitcore.networks.load_published_weights`."""
    network = sys.modules[type(model).__module__]
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
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise DataError(f"{name}: {key} has NaN or infinite numbers, expected finite ones; fetch the file again.")
        if order := orders.get(_without_prefix(key)):
            renamed[new] = (key, tensor[list(order)])
    model.load_state_dict(ours | {new: tensor for new, (_, tensor) in renamed.items()})


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
