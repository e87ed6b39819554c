"""GaitSet, GaitPart and GaitNet's recognition half are the published ones: golden outputs, key names, first weights."""

import math

import numpy as np
import pytest
import torch
from places import GOLDEN

from gaitcore.errors import ConfigError, DataError
from gaitcore.networks import build_model, load_published_weights

FILES = {"gaitset": "gaitset", "gaitpart": "gaitpart", "gaitnet": "gaitnet_recognition"}
PARAMETERS = {"gaitset": 2_594_592, "gaitpart": 1_204_000, "gaitnet": 1_427_616}
SHAPES = {"gaitset": (62, 256), "gaitpart": (16, 128), "gaitnet": (1, 256)}


def golden(name):
    """The weights by their published names, and the other arrays."""
    arrays = np.load(GOLDEN / f"{FILES[name]}_random_weights.npz")
    tensors = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    weights = {key.removeprefix("w::"): tensors.pop(key) for key in arrays.files if key.startswith("w::")}
    return weights, tensors


def published(name):
    model = build_model(name).eval()
    load_published_weights(model, golden(name)[0])
    return model


def embeddings(model, silhouettes):
    with torch.no_grad():
        return model(silhouettes)


def assert_published(found, name, expected):
    """The parts come last in GaitPart's published output; in GaitNet's there is only one."""
    if name == "gaitpart":
        expected = expected.transpose(1, 2)
    torch.testing.assert_close(found, expected.reshape(-1, *SHAPES[name]), rtol=1e-5, atol=3e-5)


@pytest.mark.parametrize("name", FILES)
def test_the_output_is_the_authors(name):
    _, arrays = golden(name)
    assert_published(embeddings(published(name), arrays["input"]), name, arrays["output"])


@pytest.mark.parametrize("name", ["gaitset", "gaitpart"])
def test_any_number_of_frames_gives_the_authors_output(name):
    model, (_, arrays) = published(name), golden(name)
    assert_published(embeddings(model, arrays["input_short"]), name, arrays["output_short"])
    walks = arrays["packed_input"].split(arrays["packed_lengths"].tolist())
    found = torch.cat([embeddings(model, walk[None]) for walk in walks])
    assert_published(found, name, arrays["packed_output"])


@pytest.mark.parametrize("name", FILES)
def test_the_parameter_count_is_the_published_one(name):
    assert sum(parameter.numel() for parameter in build_model(name).parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("frames", [1, 6])
def test_silhouettes_become_an_embedding_for_each_part(name, frames):
    assert build_model(name)(torch.rand(2, frames, 64, 44)).shape == (2, *SHAPES[name])


def test_gaitset_does_not_depend_on_the_order_of_frames_and_gaitpart_does():
    order = torch.randperm(12, generator=torch.Generator().manual_seed(0))
    for name, independent in (("gaitset", True), ("gaitpart", False)):
        model, silhouettes = published(name), golden(name)[1]["input"]
        found = embeddings(model, silhouettes[:, order])
        assert torch.equal(found, embeddings(model, silhouettes)) is independent, name


def test_gaitset_does_not_depend_on_how_often_a_frame_is_there():
    model, silhouettes = published("gaitset"), golden("gaitset")[1]["input"]
    twice = torch.cat([silhouettes, silhouettes[:, :5]], dim=1)
    torch.testing.assert_close(embeddings(model, twice), embeddings(model, silhouettes))


def test_opengaits_weights_are_the_same_gaitset(tmp_path):
    weights, arrays = golden("gaitset")
    place = torch.from_numpy(np.load(GOLDEN / "gaitset_part_order.npz")["opengait_part_in_authors_order"])
    theirs = {"Head.fc_bin": weights["fc_bin.0"][place]}
    for number in range(6):
        key = f"set_block{number // 2 + 1}.forward_block.{number % 2 * 2}.conv.weight"
        theirs[key] = weights[f"set_layer{number + 1}.forward_block.conv.weight"]
    for number in range(4):
        key = f"gl_block{number // 2 + 2}.{number % 2 * 2}.conv.weight"
        theirs[key] = weights[f"gl_layer{number + 1}.conv.weight"]
    torch.save({"model": theirs, "iteration": 40_000}, tmp_path / "GaitSet-40000.pt")
    model = build_model("gaitset").eval()
    load_published_weights(model, tmp_path / "GaitSet-40000.pt")
    assert torch.equal(embeddings(model, arrays["input"]), embeddings(published("gaitset"), arrays["input"]))


def test_a_module_prefix_and_another_order_of_parts_go_together():
    order = np.load(GOLDEN / "gaitset_part_order.npz")["opengait_part_in_authors_order"]
    weights, _ = golden("gaitset")
    fc_bin = weights.pop("fc_bin.0")
    model = build_model("gaitset")
    load_published_weights(
        model, {f"module.{key}": tensor for key, tensor in weights.items()} | {"module.Head.fc_bin": fc_bin}
    )
    assert torch.equal(model.head.weight[torch.from_numpy(order)], fc_bin.float())


def test_weights_of_a_wrong_shape_are_refused_before_their_parts_are_sorted():
    weights, _ = golden("gaitset")
    weights["Head.fc_bin"] = weights.pop("fc_bin.0")[:16]
    with pytest.raises(DataError, match=r"Head\.fc_bin has shape \(16, 128, 256\), expected \(62, 128, 256\)\.$"):
        load_published_weights(build_model("gaitset"), weights)


def largest(weight):
    return weight.detach().abs().max().item()


@pytest.mark.parametrize(("name", "bound"), [("gaitset", 0.0111), ("gaitpart", 0.0180)])
def test_the_first_weights_of_the_parts_have_the_published_bound(name, bound):
    torch.manual_seed(0)
    weight = build_model(name).head.weight
    assert largest(weight) == pytest.approx(bound, rel=5e-3)
    assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=5e-3)  # uniform


@pytest.mark.parametrize("name", ["gaitset", "gaitpart"])
def test_the_first_weights_of_convolutions_are_xaviers(name):
    torch.manual_seed(0)
    for key, weight in build_model(name).named_parameters():
        if key != "head.weight":
            fans = (weight.shape[0] + weight.shape[1]) * weight[0, 0].numel()
            assert largest(weight) == pytest.approx(math.sqrt(6 / fans), rel=2e-2), key


def test_gaitnets_first_weights_are_caffes():
    torch.manual_seed(0)
    model = build_model("gaitnet")
    for key, weight in model.named_parameters():
        if weight.ndim == 4:
            assert largest(weight) == pytest.approx(math.sqrt(3 / weight[0].numel()), rel=1e-2), key
        elif key != "head.bias" and key.endswith("bias"):
            assert not weight.any()
    assert model.head.weight.std().item() == pytest.approx(0.005, rel=1e-2)
    assert (model.head.bias == 0.1).all()


def test_a_focal_convolution_sees_one_strip_at_a_time():
    model = build_model("gaitpart")
    strip = model.frames[1][0]  # four strips of a map of 32 rows
    x = torch.rand(1, 32, 32, 22)
    changed = x.clone()
    changed[:, :, 7] += 1.0  # the last row of the first strip
    moved = (strip(x) != strip(changed)).any(dim=3).any(dim=1)[0]
    assert moved.nonzero().flatten().tolist() == [6, 7]


def test_gaitnet_takes_the_columns_that_were_cut_as_zeros_and_the_sum_of_six_silhouettes():
    model, (_, arrays) = published("gaitnet"), golden("gaitnet")
    square = arrays["input"].clone()
    square[..., :10] = square[..., 54:] = 0
    expected = embeddings(model, square)
    torch.testing.assert_close(embeddings(model, square[..., 10:54]), expected)
    torch.testing.assert_close(embeddings(model, torch.cat([square, square], dim=1)), expected)


def test_gaitnets_embedding_leaves_through_dropout_in_training_only():
    torch.manual_seed(0)
    model, silhouettes = build_model("gaitnet"), torch.rand(64, 6, 64, 44)
    dropped = (model(silhouettes) == 0).float().mean().item()
    undropped = (build_model("gaitnet", dropout=0.0)(silhouettes) == 0).float().mean().item()
    assert dropped == pytest.approx(undropped + (1 - undropped) / 2, abs=0.05)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        (
            "gaitset",
            {"widths": (32, 64)},
            "GaitSet cannot be built: widths are 2 numbers, expected one for each of its 3 blocks.",
        ),
        (
            "gaitpart",
            {"widths": (32, 64)},
            "GaitPart cannot be built: widths are 2 numbers and strips 3, expected as many.",
        ),
    ],
)
def test_widths_for_another_number_of_blocks_are_refused(name, options, sentence):
    with pytest.raises(ConfigError) as raised:
        build_model(name, **options)
    assert str(raised.value) == sentence
