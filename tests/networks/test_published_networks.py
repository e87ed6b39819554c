"""The networks are the published ones: golden outputs, parameter counts, key names."""

import logging

import numpy as np
import pytest
import torch
from places import GOLDEN, REAL_DATA

from gaitcore.digests import file_digest
from gaitcore.errors import ConfigError, DataError
from gaitcore.networks import build_model, load_published_weights, modality, model_names

PARAMETERS = {"gaitmixer": 166_304, "gaitformer": 141_952, "gaitgraph": 319_530, "gaitgraph2": 350_822}
CHANNELS = {"gaitmixer": 2, "gaitformer": 2, "gaitgraph": 3, "gaitgraph2": 3}


def published(name, **options):
    return build_model(name, in_channels=CHANNELS[name], **options)


def golden(name):
    arrays = np.load(GOLDEN / f"{name}_random_weights.npz")
    weights = {key[3:]: torch.from_numpy(arrays[key]) for key in arrays.files if key.startswith("w::")}
    return weights, torch.from_numpy(arrays["input"]), torch.from_numpy(arrays["output"])


def test_the_registry_names_the_papers_systems():
    by_modality = {of: [name for name in model_names() if modality(name) == of] for of in ("keypoints", "silhouettes")}
    assert by_modality == {
        "keypoints": [
            *("body_statistics", "gaitformer", "gaitgraph", "gaitgraph2", "gaitmixer", "gaittr"),
            *("gpgait", "posegait", "ptsn", "skeletongait"),
        ],
        "silhouettes": ["gaitnet", "gaitpart", "gaitset", "gei"],
    }


def test_a_network_gets_the_common_arguments_that_its_class_takes_and_has_defaults_of_its_own():
    common = {"frames": 30, "joints": 17, "in_channels": 2, "embedding_dim": 64}
    assert build_model("gaitset", **common)(torch.rand(2, 3, 64, 44)).shape == (2, 62, 64)
    assert build_model("gaitmixer", **common)(torch.rand(2, 30, 17, 2)).shape == (2, 64)
    assert build_model("gaitgraph")(torch.rand(2, 60, 17, 3)).shape == (2, 128)
    assert build_model("gaitmixer")(torch.rand(2, 60, 17, 2)).shape == (2, 128)


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_output_is_the_authors_to_1e_5(name):
    weights, poses, expected = golden(name)
    model = published(name).eval()
    load_published_weights(model, weights)
    with torch.no_grad():
        embeddings = model(poses)
    assert (embeddings - expected).abs().max() < 1e-5 * max(1, expected.abs().max())  # GaitGraph2's are up to 12 long


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_parameter_count_is_the_published_one(name):
    assert sum(p.numel() for p in published(name).parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", ["gaitmixer", "gaitformer", "gaitgraph"])
def test_embeddings_have_unit_length(name):
    embeddings = published(name)(torch.rand(3, 60, 17, CHANNELS[name]))
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(3))


@pytest.mark.parametrize("name", PARAMETERS)
def test_released_weights_load_from_a_file_with_a_module_prefix(name, tmp_path):
    weights, poses, expected = golden(name)
    torch.save({f"module.{key}": tensor for key, tensor in weights.items()}, tmp_path / "released.pt")
    model = published(name).eval()
    load_published_weights(model, tmp_path / "released.pt")
    with torch.no_grad():
        assert (model(poses) - expected).abs().max() < 1e-5 * max(1, expected.abs().max())


def test_weights_of_another_system_are_refused():
    weights, _, _ = golden("gaitformer")
    with pytest.raises(DataError) as raised:
        load_published_weights(build_model("gaitmixer"), weights)
    assert str(raised.value) == (
        "the mapping given: these are not weights of GaitMixer with the options it was built with; 52 unknown keys, "
        "the first temporal_pos_embed; 57 missing keys, the first temporal.0.depthwise.weight."
    )


def test_a_missing_weight_is_refused():
    weights, _, _ = golden("gaitmixer")
    del weights["head.1.bias"]
    with pytest.raises(DataError, match=r"1 missing keys, the first head\.bias\.$"):
        load_published_weights(build_model("gaitmixer"), weights)


def test_weights_of_another_shape_are_refused():
    weights, _, _ = golden("gaitmixer")
    with pytest.raises(
        DataError, match=r"conv1\.conv\.depthwise\.weight has shape \(32, 1, 31, 1\), expected \(32, 1, 9, 1\)"
    ):
        load_published_weights(build_model("gaitmixer", kernel=9), weights)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(number):
    weights, _, _ = golden("gaitmixer")
    weights["head.1.bias"][3] = number
    with pytest.raises(DataError) as raised:
        load_published_weights(build_model("gaitmixer"), weights)
    assert str(raised.value) == (
        "the mapping given: head.1.bias has NaN or infinite numbers, expected finite ones; fetch the file again."
    )


def test_a_file_that_is_not_the_released_one_is_reported(tmp_path, caplog):
    weights, _, _ = golden("gaitmixer")
    torch.save(weights, tmp_path / "GaitMixer.pt")
    load_published_weights(build_model("gaitmixer"), tmp_path / "GaitMixer.pt")
    assert caplog.messages == [
        f"{tmp_path / 'GaitMixer.pt'}: not the authors' released file: its SHA-256 is "
        f"{file_digest(tmp_path / 'GaitMixer.pt')}, expected "
        "db3a8218779ab5055005b10ae73f9ac6faea1edf03a76ac4fce955934f61703a (GaitMixer.pt)"
    ]


RELEASED = {"gaitmixer": "GaitMixer.pt", "gaitgraph": "gaitgraph_resgcn-n39-r8_coco_seq_60.pth"}


@pytest.mark.parametrize("name", RELEASED)
def test_the_authors_own_file_loads(name, caplog):
    """GaitGraph's is a training checkpoint that asks for argparse.Namespace, an optimiser and a function."""
    path = REAL_DATA / "weights" / RELEASED[name]
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    model = published(name).eval()
    caplog.set_level(logging.INFO)
    load_published_weights(model, path)
    assert f"the authors' released {path.name}" in caplog.messages[-1]
    scale = torch.tensor([1.0, 1.0] if name == "gaitmixer" else [320.0, 240.0, 1.0])
    poses = torch.rand(4, 60, 17, CHANNELS[name], generator=torch.Generator().manual_seed(0)) * scale
    with torch.no_grad():
        embeddings = model(poses)
    assert embeddings.isfinite().all()
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(4))
    assert embeddings.std(dim=0).max() > 1e-3  # trained networks tell random poses apart


def test_past_padding_sees_only_the_past_and_both_sides_see_the_future():
    torch.manual_seed(0)
    poses = torch.rand(1, 60, 17, 2)
    changed = poses.clone()
    changed[:, 50] += 1.0
    for padding, future_matters in (("past", False), ("both", True)):
        model = build_model("gaitmixer", padding=padding, widths=(32,)).eval()
        with torch.no_grad():
            before = model.temporal[0](model.spatial(poses))
            after = model.temporal[0](model.spatial(changed))
        assert bool((before[:, 40] != after[:, 40]).any()) is future_matters
        assert bool((before[:, 55] != after[:, 55]).any()) is True


@pytest.mark.parametrize(
    "options", [{"kernel": 3}, {"kernel": 32, "padding": "both"}, {"heads": 4, "spatial_depth": 2}]
)
def test_ablation_options_keep_the_window_length(options):
    model = build_model("gaitmixer", frames=40, widths=(16, 8), **options)
    features = model.spatial(torch.rand(2, 40, 17, 2))
    for block in model.temporal:
        features = block(features)
    assert features.shape == (2, 40, 17, 8)


def test_the_papers_isotropic_widths_can_be_built():
    """256 channels throughout: counted by hand, weights and biases, since nobody published such weights."""
    model = build_model("gaitmixer", spatial_width=256, widths=(256,) * 4)
    attention, mlp = 4 * 256 * 256 + 4 * 256, 2 * 256 * 512 + 512 + 256
    spatial = (2 * 256 + 256) + 17 * 256 + 4 * (attention + mlp + 2 * 512) + 512  # embedding, joints, blocks, norm
    temporal = 4 * ((31 * 256 + 256) + (256 * 256 + 256) + 512)  # depthwise, pointwise, batch norm; nothing widens
    head = 512 + (256 * 128 + 128)
    assert sum(parameter.numel() for parameter in model.parameters()) == spatial + temporal + head
    (features,) = model.last_map(torch.rand(1, 60, 17, 2))
    assert features.shape == (1, 60, 17, 256)


def test_an_unknown_option_suggests_the_nearest():
    with pytest.raises(ConfigError) as raised:
        build_model("gaitmixer", kernal=9)
    assert str(raised.value) == 'GaitMixer has no option "kernal"; did you mean "kernel"?'


@pytest.mark.parametrize(
    ("padding", "kernel", "expected"),
    [
        ("past", 3, [2, 1, 0, 1, 2]),
        ("past", 6, [1, 0, 1, 2, 1, 0, 1, 2]),
        ("both", 5, [2, 1, 0, 1, 2, 1, 0]),
        ("both", 7, [1, 2, 1, 0, 1, 2, 1, 0, 1]),
    ],
)
def test_the_walk_is_reflected_as_often_as_the_kernel_needs(padding, kernel, expected):
    block = build_model("gaitmixer", frames=3, kernel=kernel, padding=padding).temporal[0]
    assert block.reflect(torch.arange(3.0).reshape(1, 3, 1, 1)).flatten().tolist() == expected


@pytest.mark.parametrize("name", ["gaitmixer", "gaitformer"])
def test_a_spatial_convolution_mixes_the_joints_of_a_frame_and_nothing_else(name):
    model = build_model(name, spatial="convolution").eval()
    poses = torch.rand(1, 60, 17, 2)
    changed = poses.clone()
    changed[:, 30, 0] += 1.0  # the nose in one frame
    with torch.no_grad():
        moved = (model.spatial(changed) != model.spatial(poses)).any(dim=-1)[0]
    assert moved[30, :9].all()  # 17 joints wide: eight to each side, and again in each block
    assert not moved[torch.arange(60) != 30].any()


def test_an_unknown_spatial_mixing_is_refused():
    with pytest.raises(ConfigError) as raised:
        build_model("gaitmixer", spatial="mlp")
    assert str(raised.value) == "GaitMixer cannot be built: spatial is 'mlp', expected attention or convolution."


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"heads": 0}, "heads is 0, expected a whole number from 1 to 8192."),
        ({"kernel": "abc"}, "kernel is 'abc', expected a whole number from 1 to 10000."),
        ({"kernel": True}, "kernel is true, expected a whole number from 1 to 10000."),
        ({"widths": (-1,)}, "widths is (-1,), expected a list of whole numbers from 1 to 8192."),
        ({"dropout": 2.0}, "dropout is 2.0, expected a number at least 0 and below 1."),
        ({"spatial_width": 30}, "width 30 is not a multiple of the 8 attention heads."),
    ],
)
def test_an_option_out_of_its_range_is_refused_with_the_range(options, sentence):
    with pytest.raises(ConfigError) as raised:
        build_model("gaitmixer", **options)
    assert str(raised.value) == f"GaitMixer cannot be built: {sentence}"


def test_a_network_larger_than_the_memory_ends_in_one_sentence():
    with pytest.raises(ConfigError, match=r"^GaitMixer cannot be built: "):
        build_model("gaitmixer", embedding_dim=10**14)


def test_an_unknown_model_suggests_the_nearest():
    with pytest.raises(ConfigError) as raised:
        build_model("gaitmixr")
    assert str(raised.value) == 'There is no network "gaitmixr"; did you mean "gaitmixer"?'
