"""Systems without learning, by hand."""

import numpy as np
import torch

from gaitcore.modalities.keypoints.skeleton import INDEX
from gaitcore.networks import build_model


def test_a_gait_energy_image_is_the_mean_silhouette():
    silhouettes = torch.rand(2, 5, 64, 44)
    model = build_model("gei", frames=30, embedding_dim=8)
    assert not list(model.parameters())
    np.testing.assert_allclose(model(silhouettes).numpy(), silhouettes.numpy().mean(axis=1).reshape(2, -1), atol=1e-6)


def test_body_statistics_are_the_mean_pose_and_its_deviation_in_units_of_the_height():
    torch.manual_seed(0)
    poses = torch.rand(1, 20, 17, 2)
    poses[..., [INDEX["left_ankle"], INDEX["right_ankle"]], 1] = 3.0
    poses[..., INDEX["nose"], 1] = 1.0  # 2 high
    hips = poses[..., [INDEX["left_hip"], INDEX["right_hip"]], :].mean(dim=2, keepdim=True)
    relative = ((poses - hips) / 2)[0].numpy()
    expected = np.concatenate([relative.mean(axis=0), relative.std(axis=0)]).reshape(-1)
    np.testing.assert_allclose(build_model("body_statistics")(poses)[0].numpy(), expected, atol=1e-6)


def test_body_statistics_do_not_depend_on_the_size_and_the_place_in_the_picture():
    torch.manual_seed(0)
    poses = torch.rand(2, 20, 17, 3) + torch.linspace(0, 3, 17)[:, None]
    model = build_model("body_statistics")
    moved = torch.cat([7 * poses[..., :2] + 11, poses[..., 2:]], dim=-1)
    torch.testing.assert_close(model(moved), model(poses), atol=1e-5, rtol=0)
