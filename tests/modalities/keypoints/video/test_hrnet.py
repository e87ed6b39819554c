"""HRNet-W32: the official checkpoint's names and shapes, safe loading, and crop and decoding worked out by hand."""

import hashlib
import os
import pickle

import numpy as np
import pytest
import torch

pytest.importorskip("cv2", reason="poses from video need more packages: make video")
pytestmark = [pytest.mark.video, pytest.mark.slow]

from gaitcore.errors import DataError
from gaitcore.modalities.keypoints.parsing.tracks import Box
from gaitcore.modalities.keypoints.video.hrnet import HRNetEstimator, load_network, make_estimator, normalised
from gaitcore.modalities.keypoints.video.hrnet_network import HRNet
from gaitcore.settings.data import Video

# Of the sorted lines "key (shape)" of the official pose_hrnet_w32_384x288.pth, joined by newlines.
KEYS = "b6d62e0de98476dbb11d8f21a0e8eee317b85cfa26ad4c1de92104ec147f3071"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return HRNet()


@pytest.fixture(scope="module")
def saved(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "hrnet.pth"
    torch.save(network.state_dict(), path)
    return path


def error(path):
    with pytest.raises(DataError) as caught:
        load_network(path, torch.device("cpu"))
    return str(caught.value)


def test_names_and_shapes_are_the_official_checkpoints(network):
    lines = sorted(f"{key} {tuple(tensor.shape)}" for key, tensor in network.state_dict().items())
    assert len(lines) == 1754
    assert lines[0] == "bn1.bias (64,)"
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == KEYS
    assert sum(parameter.numel() for parameter in network.parameters()) == 28_536_113


def test_heat_maps_have_a_quarter_of_the_inputs_size(network):
    with torch.inference_mode():
        assert network.eval()(torch.zeros(2, 3, 384, 288)).shape == (2, 17, 96, 72)


def test_every_parameter_of_a_checkpoint_is_used(network, saved):
    loaded = load_network(saved, torch.device("cpu"))
    assert not loaded.training
    found = loaded.state_dict()
    for key, tensor in network.state_dict().items():
        assert torch.equal(found[key], tensor), key


def test_a_checkpoint_with_code_is_refused_and_not_executed(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was_run"),)

    path = tmp_path / "evil.pth"
    path.write_bytes(pickle.dumps(Evil(), protocol=2))
    assert error(path) == (
        f"{path}: not a file of torch.save, expected pose_hrnet_w32_384x288.pth; nothing in it was executed."
    )
    assert not (tmp_path / "was_run").exists()


def test_another_networks_checkpoint_is_refused(network, tmp_path):
    state = network.state_dict()
    path = tmp_path / "other.pth"
    torch.save({key: tensor for key, tensor in state.items() if not key.startswith("final_layer")}, path)
    expected = "expected the parameters of pose_hrnet_w32_384x288.pth."
    assert error(path) == f"{path}: 2 parameters are missing, final_layer.weight among them, {expected}"
    path = tmp_path / "larger.pth"
    torch.save(state | {"conv1.weight": torch.zeros(48, 3, 3, 3)}, path)
    assert error(path) == f"{path}: conv1.weight is (48, 3, 3, 3), not (64, 3, 3, 3), {expected}"


def test_weights_of_another_digest_are_refused(saved):
    detector = {"kind": "mediapipe", "weights": None, "sha256": None, "score": 0.5}
    video = Video(
        list=None,
        estimator="hrnet",
        weights=str(saved),
        sha256="0" * 64,
        channels="bgr",
        detector=detector,
        people="exactly_one",
        detect_every=1,
    )
    found = hashlib.sha256(saved.read_bytes()).hexdigest()
    with pytest.raises(DataError) as caught:
        make_estimator(video)
    assert str(caught.value) == (
        f"{saved}: its SHA-256 is {found}, expected {'0' * 64} (data.video.sha256); fetch the file again, or correct "
        "the setting if these are the weights you mean."
    )


def test_pixels_are_normalised_with_imagenets_mean_and_spread_of_red_green_and_blue():
    crop = np.array([255, 0, 51], np.uint8).reshape(1, 1, 1, 3)
    expected = [(1 - 0.485) / 0.229, (0 - 0.456) / 0.224, (0.2 - 0.406) / 0.225]
    assert normalised(crop).shape == (1, 3, 1, 1)
    assert normalised(crop).ravel() == pytest.approx(expected, abs=1e-6)


def test_flat_heat_maps_put_every_joint_in_the_crops_corner(network, tmp_path):
    """The first of equal maxima is pixel (0, 0), which is not moved: the crop's upper left corner."""
    state = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    state["final_layer.weight"].zero_()
    state["final_layer.bias"] = torch.arange(1, 18) / 10
    path = tmp_path / "flat.pth"
    torch.save(state, path)
    image = np.zeros((240, 320, 3), np.uint8)
    boxes = [Box(100, 50, 60, 120), Box(0, 0, 150, 40)]
    poses = HRNetEstimator(path, "").estimate([image, image], boxes)
    assert poses.shape == (2, 17, 3)
    # Centre (130, 110); the height of 120 asks for a width of 90; times 1.25: 112.5 x 150.
    assert poses[0, :, :2] == pytest.approx(np.tile([130 - 56.25, 110 - 75], (17, 1)))
    # Centre (75, 20); the width of 150 asks for a height of 200; times 1.25: 187.5 x 250. Outside the frame it stays.
    assert poses[1, :, :2] == pytest.approx(np.tile([75 - 93.75, 20 - 125], (17, 1)))
    assert poses[1, :, 2] == pytest.approx(np.arange(1, 18) / 10)


def test_a_batch_gives_what_each_image_gives_alone(saved):
    images = list(np.random.default_rng(0).integers(0, 255, (3, 240, 320, 3), np.uint8))
    boxes = [Box(100, 50, 60, 120), Box(10, 60, 50, 130), Box(200, 40, 70, 140)]
    estimator = HRNetEstimator(saved, "")
    together = estimator.estimate(images, boxes)
    alone = np.concatenate([estimator.estimate([image], [box]) for image, box in zip(images, boxes, strict=True)])
    assert together[..., :2] == pytest.approx(alone[..., :2])
    assert together[..., 2] == pytest.approx(alone[..., 2], abs=1e-5)
