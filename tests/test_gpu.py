"""What only a GPU can show: golden values in float32, the same bytes again, a resumed run, memory.

Everything else about a GPU's step is tested on a CPU (tests/execution/test_whole_step.py and test_banded.py).
"""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from places import GOLDEN, REPOSITORY
from stores import keypoint_store

from gaitcore.errors import GaitError
from gaitcore.execution import compute, whole_step
from gaitcore.execution.gpu_pass import GpuPass
from gaitcore.modalities.keypoints.augmentation import augmented
from gaitcore.modalities.silhouettes.augmentation import augmented as of_silhouettes
from gaitcore.modalities.silhouettes.store import SilhouetteStore, StreamedSilhouettes
from gaitcore.networks import build_model, load_published_weights
from gaitcore.settings.files import load_config
from gaitcore.settings.network import Network
from gaitcore.settings.training import Training
from gaitcore.systems import system_settings
from gaitcore.training.checkpoints import Checkpoints
from gaitcore.training.loop import train

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU (torch.cuda.is_available() is false)"),
]

CHANNELS = {"gaitmixer": 2, "gaitformer": 2, "gaitgraph": 3, "gaitgraph2": 3}
PRECISIONS = ("float32", "tf32", "bfloat16")
RECIPE = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"}).training.model_dump()
RECIPE |= {"epochs": 3, "batch": {"kind": "balanced", "subjects": 6, "sequences": 4}, "collapse_distance": 0.0}
SUBJECTS, EACH = 8, 9
COLUMNS = ["epoch", "loss", "learning_rate", "mined_triplets", "spread"]


@pytest.fixture(autouse=True)
def device():
    """The GPU, set up as the workflow's jobs do."""
    return compute.prepare(2)


def store_on(device, subjects, frames):
    generator = torch.Generator().manual_seed(0)
    shapes = 100 + 40 * torch.rand(subjects, 1, 17, 3, generator=generator)
    poses = shapes.repeat_interleave(EACH, 0) + torch.randn(subjects * EACH, frames, 17, 3, generator=generator)
    return keypoint_store(poses.flatten(0, 1).to(device), torch.full((subjects * EACH,), frames, device=device))


SMALL = {"frames": 40, "widths": (32, 64), "spatial_depth": 1, "kernel": 15}


def run(device, checkpoints=None, subjects=SUBJECTS, options=SMALL, name="gaitmixer", **recipe):
    """A run from the same beginning, of two steps an epoch; its weights and its history."""
    torch.manual_seed(1)
    model = build_model(name, **options).to(device)
    frames = options.get("frames", 60)
    names = [f"{number:03d}" for number in np.repeat(np.arange(subjects), EACH)]
    result = train(
        model,
        store_on(device, subjects, frames + 14),
        pd.DataFrame({"subject": names, "condition": "nm"}),
        Training.model_validate(RECIPE | recipe),
        augmented=augmented,
        network=Network(frames=frames, embedding_dim=128),
        seed=1,
        checkpoints=checkpoints,
    )
    return {name: tensor.cpu() for name, tensor in model.state_dict().items()}, result


def assert_equal(found, expected):
    assert [name for name, tensor in found.items() if not torch.equal(tensor, expected[name])] == []


@pytest.mark.parametrize("name", CHANNELS)
def test_golden_values_in_float32(device, name):
    arrays = np.load(GOLDEN / f"{name}_random_weights.npz")
    model = build_model(name, in_channels=CHANNELS[name]).eval()
    weights = {key[3:]: torch.from_numpy(arrays[key]) for key in arrays.files if key.startswith("w::")}
    load_published_weights(model, weights)
    with torch.no_grad():
        embeddings = model.to(device)(torch.from_numpy(arrays["input"]).to(device)).cpu()
    expected = torch.from_numpy(arrays["output"])
    assert (embeddings - expected).abs().max() < 1e-5 * max(1, expected.abs().max())


@pytest.mark.parametrize("name", ["gaitmixer", "gaitformer"])
def test_the_special_path_is_the_network(device, name):
    torch.manual_seed(0)
    model = build_model(name, **({"dropout": 0.0} if name == "gaitmixer" else {})).to(device).train()
    plain = copy.deepcopy(model)
    x, direction = torch.rand(8, 60, 17, 2, device=device), torch.randn(8, 128, device=device)
    for forward in (GpuPass(model), plain):
        (forward(x) * direction).sum().backward()
    torch.testing.assert_close(model.state_dict(), plain.state_dict(), rtol=1e-4, atol=1e-5)
    ours, theirs = (torch.cat([p.grad.flatten() for p in network.parameters()]) for network in (model, plain))
    assert (ours - theirs).norm() < 1e-3 * theirs.norm()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_two_runs_end_with_the_same_bytes_each_as_one_graph(device, precision):
    (first, result), (again, other) = (run(device, precision=precision) for _ in range(2))
    assert result.steps == "one graph"
    assert_equal(again, first)
    pd.testing.assert_frame_equal(result.history[COLUMNS], other.history[COLUMNS])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_gaitformer_with_fused_attention_gives_the_same_bytes_again(device, precision):
    (first, result), (again, _) = (run(device, name="gaitformer", options={}, precision=precision) for _ in range(2))
    assert result.steps == "one graph"
    assert_equal(again, first)


def test_silhouettes_that_are_streamed_give_the_bytes_of_those_on_the_gpu(device):
    draw = np.random.default_rng(0)
    lengths = torch.from_numpy(draw.integers(20, 40, SUBJECTS * EACH))
    masks = torch.from_numpy(draw.integers(0, 256, (int(lengths.sum()), 64, 64), dtype=np.uint8))
    first, names = lengths.cumsum(0) - lengths, [f"{number:03d}" for number in np.repeat(np.arange(SUBJECTS), EACH)]
    settings = system_settings(load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b"}), "gaitset")
    batch = {"kind": "drawn", "subjects": 4, "sequences": 4, "replacement": True, "steps": 6}
    recipe = settings.training.model_dump() | {"epochs": 2, "batch": batch, "collapse_distance": 0.0}
    found = []
    for store in (
        SilhouetteStore(masks.to(device), first.to(device), lengths.to(device)),
        StreamedSilhouettes(masks, first.to(device), lengths.to(device)),
    ):
        torch.manual_seed(1)
        model = build_model("gaitset").to(device)
        result = train(
            model,
            store,
            pd.DataFrame({"subject": names, "condition": "nm"}),
            type(settings.training).model_validate(recipe),
            augmented=of_silhouettes,
            network=settings.network,
            seed=1,
        )
        assert result.steps == "one graph"
        found.append({name: tensor.cpu() for name, tensor in model.state_dict().items()})
    assert_equal(*found)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_run_that_is_stopped_and_resumed_ends_with_the_same_bytes(device, precision, tmp_path):
    expected, result = run(device, precision=precision)
    stopped = Checkpoints(tmp_path / "checkpoints", {"run": "a"}, 10_000)
    after_step = stopped.after_step

    def stop_after_three(step, parts):
        stopped.stop = "the test" if step == 3 else None
        after_step(step, parts)

    stopped.after_step = stop_after_three
    with pytest.raises(GaitError, match="Stopped by the test after step 3"):
        run(device, stopped, precision=precision)
    found, resumed = run(device, Checkpoints(tmp_path / "checkpoints", {"run": "a"}, 10_000), precision=precision)
    assert resumed.resumed == [3]
    assert_equal(found, expected)
    pd.testing.assert_frame_equal(resumed.history[COLUMNS], result.history[COLUMNS])


def test_a_graph_learns_what_plain_steps_learn(device, monkeypatch):
    expected, _ = run(device, optimiser="sgd")
    monkeypatch.setattr(whole_step.Stepping, "_record", lambda steps, *_: setattr(steps, "recorder", None))
    found, result = run(device, optimiser="sgd")
    assert result.steps == "operation by operation"
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_step_that_cuda_does_not_capture_runs_as_it_is_and_the_next_run_is_captured(device, monkeypatch, caplog):
    expected, _ = run(device, optimiser="sgd")
    forward = GpuPass.__call__

    def waits(self, x):
        torch.cuda.current_stream().synchronize()  # what no_host_reads cannot see and a capture does not allow
        return forward(self, x)

    with monkeypatch.context() as patch:
        patch.setattr(GpuPass, "__call__", waits)
        plain, result = run(device, optimiser="sgd")
    assert result.steps == "operation by operation"
    assert "steps are not captured as a graph, which makes them slower: " in caplog.text
    torch.testing.assert_close(plain, expected, rtol=1e-4, atol=1e-5)
    again, result = run(device, optimiser="sgd")
    assert result.steps == "one graph"
    assert_equal(again, expected)


def test_a_loss_that_is_not_finite_stops_the_run_with_epoch_and_step(device):
    with pytest.raises(GaitError, match=r"The loss became nan in epoch [123], step [12], at a learning rate of "):
        run(device, learning_rate=1e8, optimiser="sgd", weight_decay=100, schedule="constant")


def test_a_run_of_the_published_size_needs_at_most_3_gb_in_bfloat16(device, monkeypatch):
    """Compiled, as a long run is: what one operation hands to the next is then mostly computed again."""
    monkeypatch.setattr(whole_step, "COMPILED_FROM", 0)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    batch = {"kind": "balanced", "subjects": 74, "sequences": 4}
    _, result = run(device, subjects=74, options={}, precision="bfloat16", epochs=1, batch=batch)
    assert result.steps == "one graph, compiled"
    assert torch.cuda.max_memory_reserved() < 3e9


def test_a_batch_that_does_not_fit_ends_in_a_sentence(device):
    total = torch.cuda.get_device_properties(device).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + 60e6) / total)
    try:
        with pytest.raises(GaitError, match="The GPU has too little memory for a training batch of 24 sequences"):
            run(device)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
