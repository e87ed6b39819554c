"""The last map of a network, which figures look at, and the embedding that is read from it."""

import pytest
import torch

from gaitcore.extensions import load
from gaitcore.networks import build_model, has_map, map_sentence, model_names

SHAPES = {
    "gaitmixer": (60, 256),
    "gaitformer": (60, 32),
    "gaitgraph": (15, 256),
    "gaitgraph2": (15, 256),
    "gaittr": (60, 256),
}
SILHOUETTE_SHAPES = {"gaitset": (1, 16, 11, 256), "gaitpart": (5, 16, 11, 128), "gaitnet": (1, 7, 7, 96)}


def poses(channels):
    generator = torch.Generator().manual_seed(0)
    return torch.rand(3, 60, 17, channels, generator=generator)


@pytest.mark.parametrize("name", SHAPES)
def test_the_embedding_is_read_from_the_last_map(name):
    channels = 3 if name.startswith("gaitgraph") else 2
    torch.manual_seed(0)
    model = build_model(name, in_channels=channels).eval()
    maps = model.last_map(poses(channels))
    frames, width = SHAPES[name]
    assert maps[0].shape == (3, frames, 17, width)
    torch.testing.assert_close(model.read(*maps), model(poses(channels)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", SILHOUETTE_SHAPES)
def test_the_parts_are_read_from_the_last_map_of_silhouettes(name):
    torch.manual_seed(0)
    model = build_model(name).eval()
    silhouettes = torch.rand(3, 5, 64, 44, generator=torch.Generator().manual_seed(0))
    (last,) = model.last_map(silhouettes)
    assert last.shape == (3, *SILHOUETTE_SHAPES[name])
    torch.testing.assert_close(model.read(last), model(silhouettes), rtol=0, atol=1e-6)


def test_gaitformers_map_has_a_token_for_each_frame_and_the_class_tokens_stand_beside_it():
    torch.manual_seed(0)
    model = build_model("gaitformer", temporal_depth=1).eval()  # the only block is the last one
    frames, class_tokens = model.last_map(poses(2))
    assert class_tokens.shape == (3, 1, 17, 32)
    assert torch.equal(class_tokens, (model.class_token + model.frame_embedding[:, :1]).expand(3, 1, 17, 32))
    assert torch.equal(frames, model.spatial(poses(2)) + model.frame_embedding[0, 1:, None])


def test_systems_without_such_a_map_say_so():
    for name in model_names():
        networks = vars(load("networks", name)).values()
        methods = any(hasattr(network, "last_map") and hasattr(network, "read") for network in networks)
        assert methods == (map_sentence(name) is not None), name
    assert not has_map("posegait")


def test_a_map_is_of_the_frames_that_the_network_takes():
    assert (has_map("gaitmixer"), has_map("gaitmixer", "silhouettes")) == (True, False)
    assert (has_map("gaitset"), has_map("gaitset", "silhouettes")) == (False, True)
