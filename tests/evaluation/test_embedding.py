"""Test windows and the embedding of a sequence, against plain single passes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from stores import keypoint_store

from gaitcore.evaluation.embedding import PICTURES_OF_A_GPU, POSES_OF_A_GPU, embed, frames_of_a_gpu
from gaitcore.modalities.keypoints.inputs import channels as input_channels
from gaitcore.modalities.keypoints.inputs import joint_motion_bone
from gaitcore.modalities.keypoints.inputs.skeleton_maps import Transform as SkeletonMaps
from gaitcore.modalities.keypoints.skeleton import OTHER_SIDE
from gaitcore.networks import build_model
from gaitcore.settings.evaluation import Evaluation

CENTRE = Evaluation(
    windows="centre",
    window_step=20,
    test_time_augmentation=("original",),
    combine="mean",
    distance="cosine",
    ranks=(1, 5),
)
SIX = CENTRE.model_copy(update={"windows": "three_windows_and_reverse"})
XY = input_channels.Transform(("x", "y"), 320)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_model("gaitmixer", frames=60, widths=(8,), spatial_width=8, spatial_depth=1, heads=2).eval()


def sequences(lengths):
    torch.manual_seed(1)
    poses = [100 * torch.rand(length, 17, 3) for length in lengths]
    return poses, keypoint_store(torch.cat(poses), lengths)


def test_the_centre_window_is_one_plain_pass(model):
    poses, store = sequences([60, 75, 130])
    with torch.no_grad():
        expected = [model(XY(walk[None, (len(walk) - 60) // 2 :][:, :60]))[0].numpy() for walk in poses]
    np.testing.assert_allclose(embed(model, store, 60, CENTRE), np.stack(expected), atol=1e-6)


def test_the_published_embedding_is_the_mean_of_six_plain_passes(model):
    poses, store = sequences([61] * 40 + [133])
    walk, embedding = poses[-1], embed(model, store, 60, SIX)[-1]
    windows = [walk[start : start + 60] for start in (36, 16, 56)]
    with torch.no_grad():
        passes = [model(XY(w[None]))[0] for w in [*windows, *(w.flip(0) for w in windows)]]
    np.testing.assert_allclose(embedding, torch.stack(passes).mean(0).numpy(), atol=1e-6)


def test_features_of_motion_are_those_of_each_window_and_of_each_copy():
    poses, store = sequences([61, 133])
    features = joint_motion_bone.Transform(divisor=1)
    store = replace(store, input=features)
    torch.manual_seed(0)
    model = build_model("gaittr", widths=(32,), embedding_dim=8).eval()
    walk = poses[1]
    windows = [walk[start : start + 60] for start in (36, 16, 56)]
    with torch.no_grad():
        passes = [model(features(w[None]))[0] for w in [*windows, *(w.flip(0) for w in windows)]]
    np.testing.assert_allclose(embed(model, store, 60, SIX)[1], torch.stack(passes).mean(0).numpy(), atol=1e-4)


def test_evaluation_leaves_the_network_as_it_was(model):
    before = {name: tensor.clone() for name, tensor in model.train().state_dict().items()}
    embed(model, sequences([70, 80])[1], 60, SIX)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_copies_are_reversed_and_swapped_and_their_embeddings_are_concatenated(model):
    poses, store = sequences([60, 75])
    copies = ("original", "reversed", "swapped")
    settings = CENTRE.model_copy(update={"test_time_augmentation": copies, "combine": "concatenated"})
    window = poses[1][7:67]
    with torch.no_grad():
        passes = [model(XY(w[None]))[0] for w in (window, window.flip(0), window[:, list(OTHER_SIDE)])]
    found = embed(model, store, 60, settings)[1]
    np.testing.assert_allclose(found, torch.cat(passes).numpy(), atol=1e-6)
    mean = embed(model, store, 60, settings.model_copy(update={"combine": "mean"}))[1]
    np.testing.assert_allclose(mean, torch.stack(passes).mean(0).numpy(), atol=1e-6)


@pytest.mark.parametrize("settings", [CENTRE, SIX])
def test_a_sequence_shorter_than_the_window_is_centred_and_reflected_at_its_ends(model, settings):
    (walk,), store = sequences([57])
    frames = [1, *range(57), 55, 54]
    with torch.no_grad():
        passes = [model(XY(walk[frames][None]))[0], model(XY(walk[frames[::-1]][None]))[0]]
    expected = passes[0] if settings is CENTRE else torch.stack(passes).mean(0)
    np.testing.assert_allclose(embed(model, store, 60, settings)[0], expected.numpy(), atol=1e-6)


class Parts(torch.nn.Module):
    """Two parts of an embedding: the first and the last frame's first joint."""

    def forward(self, poses):
        return torch.stack([poses[:, 0, 0], poses[:, -1, 0]], dim=1)  # (B, 2, 2)


def test_an_embedding_may_have_parts_and_copies_are_concatenated_within_a_part():
    (walk,), store = sequences([60])
    first, last = XY(walk)[0, 0], XY(walk)[-1, 0]
    settings = CENTRE.model_copy(update={"test_time_augmentation": ("original", "reversed")})
    mean = embed(Parts(), store, 60, settings)
    np.testing.assert_allclose(mean, torch.stack([(first + last) / 2] * 2)[None].numpy(), atol=1e-7)
    found = embed(Parts(), store, 60, settings.model_copy(update={"combine": "concatenated"}))
    expected = torch.stack([torch.cat([first, last]), torch.cat([last, first])])[None]
    np.testing.assert_array_equal(found, expected.numpy())


class MeanOfFrames(torch.nn.Module):
    """The mean over frames of each joint's coordinates, so that the number of frames is seen."""

    def forward(self, poses):
        return poses.mean(dim=1).flatten(1)


def test_a_whole_sequence_is_one_plain_pass_over_all_its_frames_and_the_order_of_sequences_stays():
    poses, store = sequences([75, 60, 130, 60])
    settings = CENTRE.model_copy(update={"windows": "whole_sequence"})
    expected = np.stack([MeanOfFrames()(XY(walk[None]))[0].numpy() for walk in poses])
    np.testing.assert_allclose(embed(MeanOfFrames(), store, 60, settings), expected, atol=1e-6)


def test_on_a_gpu_as_many_frames_are_embedded_at_once_as_there_are_poses_or_pictures():
    _, poses = sequences([60])
    pictures = replace(poses, input=SkeletonMaps())
    assert frames_of_a_gpu(poses) == POSES_OF_A_GPU
    assert frames_of_a_gpu(pictures) == PICTURES_OF_A_GPU
