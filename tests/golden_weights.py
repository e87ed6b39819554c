"""Weights that the reference drew by a rule instead of storing them, for golden values of large networks."""

import numpy as np
import torch


def filled(keys, shapes, seed):
    """The weights of the published keys, sorted, with shapes as text: ``"(64, 2, 3, 3)"``."""
    generator = np.random.default_rng(int(seed))
    weights = {}
    for key, text in zip(keys, shapes, strict=True):
        shape = tuple(int(number) for number in text.strip("()").split(",") if number.strip())
        if key.endswith("num_batches_tracked"):
            weights[key] = torch.zeros((), dtype=torch.int64)
        elif key.endswith("running_var") or (key.endswith("weight") and len(shape) == 1):
            weights[key] = torch.from_numpy(generator.uniform(0.5, 1.5, shape).astype(np.float32))
        else:
            drawn = generator.standard_normal(shape) * _spread(key, shape)
            weights[key] = torch.from_numpy(drawn.astype(np.float32))
    return weights


def _spread(key, shape):
    if key.endswith(".PA"):
        return 0.05
    if key.endswith("fc_bin"):
        return np.sqrt(1 / shape[1])
    return np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.1
