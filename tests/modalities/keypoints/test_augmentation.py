"""Augmentation does to a batch, exactly, what the published code does to a sample."""

import pytest
import torch
from stores import keypoint_store

from gaitcore.modalities.keypoints.augmentation import augmented
from gaitcore.modalities.keypoints.skeleton import INDEX, OTHER_SIDE
from gaitcore.sampling.random_window import random_window
from gaitcore.settings.training import Augmentation

NOTHING = {"mirror": 0.0, "reverse": 0.0, "point_noise": 0.0, "joint_noise": 0.0}


def store(lengths=(70, 65), frame_width=320):
    """Frame t of every sequence has x = t + joint, y = 1000 + t, confidence 0.5."""
    keypoints = torch.zeros(sum(lengths), 17, 3)
    frame = torch.cat([torch.arange(n) for n in lengths]).float()
    keypoints[..., 0] = frame[:, None] + torch.arange(17)
    keypoints[..., 1] = 1000 + frame[:, None]
    keypoints[..., 2] = 0.5
    return keypoint_store(keypoints, lengths, frame_width)


def augment(chosen=(0, 1), frames=60, seed=0, frames_of=None, **settings):
    frames_of = frames_of or store()
    generator = torch.Generator().manual_seed(seed)
    chosen, settings = torch.tensor(chosen), Augmentation(**(NOTHING | settings))
    numbers = random_window(frames_of.lengths[chosen], frames, settings.reverse, generator)
    return augmented(frames_of.windows(chosen, numbers), settings, frames_of, generator)


def start(windows):
    return windows[:, 0, 0, 0].round().int()


def test_windows_are_consecutive_frames_and_the_last_start_is_never_drawn():
    windows = augment(chosen=[0] * 500)
    torch.testing.assert_close(windows[:, :, 0, 0].diff(dim=1), torch.ones(500, 59))
    assert sorted(set(start(windows).tolist())) == list(range(10))  # 70 - 60 = 10 would be the last


def test_reversal_runs_the_whole_sequence_backwards():
    windows = augment(chosen=[0] * 500, reverse=1.0)
    torch.testing.assert_close(windows[:, :, 0, 0].diff(dim=1), -torch.ones(500, 59))
    assert sorted(set(start(windows).tolist())) == list(range(60, 70))


def test_mirror_reflects_x_about_each_frames_mean_and_keeps_the_rest():
    plain, mirrored = augment(), augment(mirror=1.0)
    mean = plain[..., 0].mean(dim=2, keepdim=True)
    torch.testing.assert_close(mirrored[..., 0] - mean, mean - plain[..., 0])
    torch.testing.assert_close(mirrored[..., 1:], plain[..., 1:])


@pytest.mark.parametrize("probability", [0.5, 0.1])
def test_probabilities_are_met(probability):
    windows = augment(chosen=[0] * 4000, mirror=probability)
    share = (windows[:, 0, 0, 0] > windows[:, 0, 16, 0]).float().mean().item()
    assert abs(share - probability) < 0.03


def test_point_noise_differs_by_frame_and_joint_and_spares_the_confidence():
    noise = augment(chosen=[0] * 50, point_noise=0.05) - augment(chosen=[0] * 50)
    assert noise[..., :2].std().item() == pytest.approx(0.05, rel=0.02)
    assert noise[0, :, 0, 0].unique().numel() > 50
    assert (noise[..., 2] == 0).all()


def test_joint_noise_is_one_offset_per_joint_for_the_whole_window():
    noise = augment(chosen=[0] * 400, joint_noise=0.25) - augment(chosen=[0] * 400)
    torch.testing.assert_close(noise[:, :1].expand_as(noise), noise, atol=2e-4, rtol=0)
    assert noise[:, 0, :, :2].std().item() == pytest.approx(0.25, rel=0.03)


def test_noise_is_scaled_to_the_frames_width():
    wide = store(frame_width=1920)
    noise = augment(chosen=[0] * 50, point_noise=0.05, frames_of=wide) - augment(chosen=[0] * 50, frames_of=wide)
    assert noise[..., :2].std().item() == pytest.approx(0.05 * 6, rel=0.02)


def test_the_seed_decides_every_draw():
    options = {"mirror": 0.5, "reverse": 0.5, "point_noise": 0.05, "joint_noise": 0.25}
    assert torch.equal(augment(seed=3, **options), augment(seed=3, **options))
    assert not torch.equal(augment(seed=3, **options), augment(seed=4, **options))


def test_a_swap_exchanges_left_and_right_joints_and_leaves_the_nose():
    plain, swapped = augment(), augment(swap=1.0)
    left, right = INDEX["left_knee"], INDEX["right_knee"]
    assert torch.equal(swapped[:, :, left], plain[:, :, right])
    assert torch.equal(swapped[:, :, right], plain[:, :, left])
    assert torch.equal(swapped[:, :, INDEX["nose"]], plain[:, :, INDEX["nose"]])


def test_a_swap_of_each_frame_exchanges_some_frames_and_their_confidences_and_leaves_others():
    plain, swapped = augment(chosen=[0] * 20), augment(chosen=[0] * 20, swap=0.5, swap_each="frame")
    exchanged = (swapped == plain[:, :, list(OTHER_SIDE)]).all(dim=(2, 3))
    unchanged = (swapped == plain).all(dim=(2, 3))
    assert (exchanged ^ unchanged).all()
    assert exchanged.float().mean() == pytest.approx(0.5, abs=0.1)
    assert not exchanged.all(dim=1).any()


def test_uniform_noise_is_bounded_and_a_confidence_stays_one():
    options = {"noise": "uniform", "point_noise": 0.05, "confidence_noise": 0.6}
    noisy, plain = augment(chosen=[0] * 50, **options), augment(chosen=[0] * 50)
    noise = (noisy - plain)[..., :2].abs()
    assert noise.max() == pytest.approx(0.05, abs=2e-4)
    assert noise.mean() == pytest.approx(0.025, rel=0.02)
    assert (noisy[..., 2].min(), noisy[..., 2].max()) == (0.0, 1.0)  # 0.5 and up to 0.6 to each side


def test_a_move_takes_the_whole_window_along():
    moved = (augment(chosen=[0] * 400, move=[3.0, 1.0]) - augment(chosen=[0] * 400))[..., :2]
    torch.testing.assert_close(moved[:, :1, :1].expand_as(moved), moved, atol=2e-4, rtol=0)
    assert moved[:, 0, 0].abs().amax(dim=0).tolist() == pytest.approx([3.0, 1.0], rel=0.05)


def test_a_sequence_shorter_than_the_window_runs_back_and_forth():
    windows = augment(chosen=[0], frames=6, frames_of=store(lengths=(4, 65)))
    assert windows[0, :, 0, 0].tolist() == [1.0, 0.0, 1.0, 2.0, 3.0, 2.0]


def test_a_z_goes_through_unchanged():
    deep = store()
    keypoints = torch.cat([deep.keypoints, deep.keypoints[..., :1] * 7], dim=-1)
    deep = keypoint_store(keypoints, deep.lengths)
    windows = augment(frames_of=deep, point_noise=0.05, mirror=1.0)
    torch.testing.assert_close(windows[..., 3], 7 * augment()[..., 0])
