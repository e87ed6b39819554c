"""GaitTR, GPGait and SkeletonGait are the published ones: golden outputs, parameter counts, key names."""

import numpy as np
import pytest
import torch
from golden_weights import filled
from places import GOLDEN

from gaitcore.errors import ConfigError, DataError
from gaitcore.networks import build_model, load_published_weights, model_title

SMALL = {"blocks": (1, 2, 2, 1), "widths": (8, 16, 32, 64), "embedding_dim": 32}
GOLDEN_FILES = {
    "gaittr": ("gaittr_random_weights", {}),
    "gpgait": ("gpgait_filled_weights", {}),
    "skeletongait": ("skeletongait_filled_weights", {"blocks": (1, 4, 4, 1)}),
    "skeletongait, small": ("skeletongait_small_random_weights", SMALL),
}


def golden(name):
    """The weights by their published names, and the other arrays."""
    arrays = np.load(GOLDEN / f"{GOLDEN_FILES[name][0]}.npz")
    weights = filled(arrays["keys"], arrays["shapes"], arrays["seed"]) if "keys" in arrays.files else {}
    weights |= {key.removeprefix("w::"): torch.from_numpy(arrays[key]) for key in arrays.files if key[:3] == "w::"}
    return weights, arrays


def published(name):
    """The network with the published weights, its input, and the other golden arrays."""
    model = build_model(name.split(",")[0], **GOLDEN_FILES[name][1]).eval()
    weights, arrays = golden(name)
    load_published_weights(model, weights)
    x = torch.from_numpy(arrays["input"])
    if not name.startswith("skeletongait"):
        x = x[..., 0].permute(0, 2, 3, 1)  # the authors' (B, C, T, J, people)
    return model, x, arrays


def parts_second(array):
    return torch.from_numpy(array).transpose(1, 2)


def assert_close(found, expected, tolerance=2e-5):
    """The same, measured by how much the expected values differ among themselves."""
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < tolerance * expected.std()


def test_gaittrs_output_is_the_authors():
    model, x, arrays = published("gaittr")
    with torch.no_grad():
        assert_close(model(x), torch.from_numpy(arrays["output"][..., 0]))


@torch.no_grad()
def test_gpgaits_output_is_the_authors():
    model, x, arrays = published("gpgait")
    before = []
    model.neck.register_forward_pre_hook(lambda _, inputs: before.extend(inputs))
    behind = model(x)
    assert_close(before[0], parts_second(arrays["before_neck"]))
    # One channel before the neck varies so little that dividing by its deviation shows float32's rounding.
    assert_close(behind, parts_second(arrays["output"]), tolerance=1e-3)
    assert_close(model.neck(parts_second(arrays["before_neck"])), parts_second(arrays["output"]))


@pytest.mark.parametrize("name", ["skeletongait", "skeletongait, small"])
@torch.no_grad()
def test_skeletongaits_output_is_the_authors(name):
    model, x, arrays = published(name)
    before = model(x)
    assert_close(before, parts_second(arrays["output"]))
    # The neck divides by deviations, and with them float32's rounding grows: it is compared on the authors' own input.
    assert_close(model.neck(parts_second(arrays["output"])), parts_second(arrays["neck"]))
    model.embedding = "behind_neck"
    assert torch.equal(model(x), model.neck(before))


@pytest.mark.parametrize(
    ("name", "options", "parameters"),
    [
        ("gaittr", {}, 512_010),
        ("gpgait", {}, 3_294_874),
        ("skeletongait", {}, 8_036_864),
        ("skeletongait", {"blocks": (1, 4, 4, 1)}, 13_204_736),
    ],
)
def test_the_parameter_count_is_the_published_one(name, options, parameters):
    assert sum(parameter.numel() for parameter in build_model(name, **options).parameters()) == parameters


def test_released_weights_load_from_a_file_without_their_classifier_and_a_missing_one_is_named(tmp_path):
    weights, arrays = golden("skeletongait, small")
    torch.save({"model": {f"module.{key}": tensor for key, tensor in weights.items()}}, tmp_path / "released.pt")
    model = build_model("skeletongait", **SMALL).eval()
    load_published_weights(model, tmp_path / "released.pt")
    with torch.no_grad():
        assert_close(model(torch.from_numpy(arrays["input"])), parts_second(arrays["output"]))
    del weights["BNNecks.bn1d.bias"]
    with pytest.raises(DataError, match=r"1 missing keys, the first neck\.norm\.bias\.$"):
        load_published_weights(model, weights)


@pytest.mark.parametrize("name", ["gpgait", "skeletongait, small"])
def test_in_training_a_network_with_a_neck_returns_the_parts_before_and_behind_it(name):
    model, x, _ = published(name)
    model.train()
    before, behind = model(x).chunk(2, dim=1)
    assert before.shape[1] == model.parts
    torch.testing.assert_close(behind.norm(dim=-1), torch.ones(behind.shape[:2]))
    normalised = (before - before.mean(dim=0)) / (before.var(dim=0, unbiased=False) + 1e-5).sqrt()
    norm = model.neck.norm
    weight, bias = (tensor.unflatten(0, (-1, model.parts)).T for tensor in (norm.weight, norm.bias))
    expected = torch.nn.functional.normalize(weight * normalised + bias, dim=-1)
    torch.testing.assert_close(behind, expected, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_gpgait_has_no_order_in_time_and_gaittr_has():
    order = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    for name, independent in (("gpgait", True), ("gaittr", False)):
        model, x, _ = published(name)
        x = x[:, :40]
        assert torch.allclose(model(x[:, order]), model(x), atol=1e-3) is independent, name


@torch.no_grad()
def test_gaittrs_attention_stays_within_a_frame():
    model, x, _ = published("gaittr")
    attention = model.blocks[0].attention
    changed = x.clone()
    changed[:, 30, 5] += 1.0
    moved = (attention(changed) != attention(x)).any(dim=-1)[0]
    assert moved[30, 5]
    assert not moved[torch.arange(60) != 30].any()


@torch.no_grad()
def test_a_graph_convolution_of_gpgait_stays_within_a_part():
    model, x, _ = published("gpgait")
    layer, left_wrist = model.branches["pose"].shared[0].conv, 9
    poses = x[..., :2].clone()
    before = layer(poses)
    poses[:, :, left_wrist] += 1.0
    moved = (layer(poses) != before).flatten(0, 1).any(dim=-1).any(dim=0)
    assert moved.nonzero().flatten().tolist() == [5, 7, 9]  # the left arm


@torch.no_grad()
def test_ptsns_form_knows_no_order_and_its_motion_does():
    torch.manual_seed(0)
    model = build_model("ptsn").eval()
    poses = 100 * torch.rand(2, 20, 17, 2)
    order = torch.randperm(20)
    features = []
    model.dropout.register_forward_pre_hook(lambda _, inputs: features.append(inputs[0].split([256, 128], dim=1)))
    assert model(poses).shape == (2, 128)
    model(poses[:, order])
    (motion, form), (other_motion, same_form) = features
    assert not torch.allclose(motion, other_motion, atol=1e-4)
    torch.testing.assert_close(form, same_form)


def test_ptsn_is_called_a_reconstruction():
    assert model_title("ptsn") == "PTSN, reconstructed"


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        (
            "gpgait",
            {"in_channels": 2},
            "GPGait cannot be built: it takes the 6 features of input.transform human_oriented, not 2 channels.",
        ),
        (
            "gaittr",
            {"widths": (64, 48)},
            "GaitTR cannot be built: width 48 is not a multiple of 32, four times the 8 attention heads.",
        ),
        (
            "skeletongait",
            {"blocks": (1, 1)},
            "SkeletonGait cannot be built: blocks are 2 numbers, expected one for each of its 4 stages.",
        ),
        (
            "skeletongait",
            {"embedding": "neck"},
            "SkeletonGait cannot be built: embedding is 'neck', expected before_neck or behind_neck.",
        ),
        (
            "skeletongait",
            {"in_channels": 2},
            "SkeletonGait takes maps, not channels of joints; set its input.transform to skeleton_maps.",
        ),
        (
            "gaitmixer",
            {"maps": 2},
            "GaitMixer takes channels of joints, not maps; set its input.transform, e.g. to channels.",
        ),
        (
            "ptsn",
            {"in_channels": 6},
            "PTSN, reconstructed cannot be built: it takes x and y, or x, y and z, not 6 channels.",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(name, options, sentence):
    with pytest.raises(ConfigError) as raised:
        build_model(name, **options)
    assert str(raised.value) == sentence
