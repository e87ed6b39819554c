"""GaitTR, GPGait and SkeletonGait are the published ones: golden outputs, parameter counts, key names."""

import numpy as np
import pytest
import torch
from places import GOLDEN

from gaitcore.networks import build_model, load_published_weights

GOLDEN_FILES = {
    "gaittr": ("gaittr_random_weights", {}),
    "gpgait": ("gpgait_filled_weights", {}),
    "skeletongait": ("skeletongait_filled_weights", {"blocks": (1, 4, 4, 1)}),
    "skeletongait, small": (
        "skeletongait_small_random_weights",
        {"blocks": (1, 2, 2, 1), "widths": (8, 16, 32, 64), "embedding_dim": 32},
    ),
}


def filled(keys, shapes, seed):
    """The weights that the reference drew for these keys, instead of storing them."""
    generator = np.random.default_rng(int(seed))
    weights = {}
    for key, shape in zip(keys, shapes, strict=True):
        if key.endswith("num_batches_tracked"):
            weights[key] = torch.zeros((), dtype=torch.int64)
            continue
        shape = tuple(int(number) for number in shape.strip("()").split(",") if number.strip())
        if key.endswith("running_var") or (key.endswith("weight") and len(shape) == 1):
            drawn = generator.uniform(0.5, 1.5, shape)
        else:
            drawn = generator.standard_normal(shape) * _spread(key, shape)
        weights[key] = torch.from_numpy(np.asarray(drawn, np.float32))
    return weights


def _spread(key, shape):
    if key.endswith(".PA"):
        return 0.05
    if key.endswith("fc_bin"):
        return np.sqrt(1 / shape[1])
    return np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 and not key.endswith("running_mean") else 0.1


def golden(name):
    """The weights by their published names, and the other arrays."""
    arrays = np.load(GOLDEN / f"{GOLDEN_FILES[name][0]}.npz")
    weights = filled(arrays["keys"], arrays["shapes"], arrays["seed"]) if "keys" in arrays.files else {}
    weights |= {key.removeprefix("w::"): torch.from_numpy(arrays[key]) for key in arrays.files if key[:3] == "w::"}
    return weights, arrays


def published(name, **options):
    model = build_model(name.split(",")[0], **GOLDEN_FILES[name][1], **options).eval()
    weights, arrays = golden(name)
    load_published_weights(model, weights)
    x = torch.from_numpy(arrays["input"])
    if not name.startswith("skeletongait"):
        x = x[..., 0].permute(0, 2, 3, 1)  # the authors' (B, C, T, J, people)
    return model, x, arrays


def assert_close(found, expected):
    """The same, measured by how much the expected values differ among themselves."""
    expected = torch.from_numpy(expected)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 2e-5 * expected.std()


@pytest.mark.parametrize("name", GOLDEN_FILES)
def test_the_output_is_the_authors(name):
    model, x, arrays = published(name)
    with torch.no_grad():
        found = model(x)
    assert_close(found, arrays["output"][..., 0] if name == "gaittr" else arrays["output"].transpose(0, 2, 1))
