"""Steps that are recorded as a whole: nothing is read back to the host, and warming up leaves no trace."""

import logging
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
import torch
from places import REPOSITORY
from repeating import Repeats

from gaitcore import modalities
from gaitcore.errors import GaitError
from gaitcore.evaluation.embedding import chosen_frames, embed, embeddings, readings
from gaitcore.execution.gpu_pass import GpuPass
from gaitcore.execution.host_reads import HostReadError, no_host_reads
from gaitcore.execution.per_frame import per_frame
from gaitcore.execution.whole_step import COMPILED_FROM, CudaGraphs, Stepping, largest_batch
from gaitcore.modalities.keypoints.input import transform_of
from gaitcore.modalities.keypoints.store import KeypointStore
from gaitcore.modalities.silhouettes.store import SilhouetteStore
from gaitcore.networks import build_model, modality
from gaitcore.settings.files import load_config
from gaitcore.systems import system_settings
from gaitcore.training.history import measured
from gaitcore.training.loop import train
from gaitcore.training.losses import build_loss
from gaitcore.training.optimisation import Optimisation

CONFIG = load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b"})
SUBJECTS, EACH, FRAMES = 4, 3, 12
SMALL = {
    "gaitmixer": {"spatial_width": 8, "spatial_depth": 1, "heads": 2, "widths": (8, 16), "kernel": 5},
    "gaitformer": {"width": 8, "spatial_depth": 1, "temporal_depth": 2, "heads": 2},
    "gaitset": {"widths": (2, 3, 4)},
    "gaitset_opengait": {"widths": (2, 3, 4)},
    "gaitpart": {"widths": (2, 4, 8), "parts": 4},
    "gaitnet": {},
    "gaittr": {"widths": (32, 32, 64)},
    "gaitgraph": {},
    "gaitgraph2": {},
    "posegait": {},
    "gpgait": {"shared": (8, 8), "width": 8},
    "skeletongait": {"widths": (2, 3, 4, 4)},
    "ptsn": {"hidden": 8, "widths": (4, 4)},
}
DROPOUT = {"gaitmixer", "gaitnet", "gaittr", "posegait", "ptsn"}
ONE_STEP = {"balanced": {"subjects": 3, "sequences": 2}, "shuffled": {"size": SUBJECTS * EACH}}
ONE_STEP["drawn"] = {"subjects": 2, "sequences": 2, "steps": 1}


def store_of(kind, settings):
    """Frames of a few sequences of unequal length."""
    draw = np.random.default_rng(0)
    lengths = torch.from_numpy(draw.integers(FRAMES + 1, FRAMES + 9, SUBJECTS * EACH))
    first, frames = lengths.cumsum(0) - lengths, int(lengths.sum())
    if kind == "silhouettes":
        masks = torch.from_numpy(draw.integers(0, 256, (frames, 64, 64)).astype(np.uint8))
        return SilhouetteStore(masks, first, lengths)
    values = 4 if "z" in settings.channels else 3
    transform = transform_of(settings, values, 320)
    poses = torch.from_numpy(draw.uniform(40, 200, (frames, 17, values)).astype(np.float32))
    poses[..., 2] = 0.8
    return KeypointStore(transform.prepared(poses, lengths), first, lengths, transform.frame_width or 320, transform)


def run(system, recorder, epochs=2, seed=0, sizes=None, options=None, **changes):
    """A system after a run, and its result; the batches are small, and a shuffled one's last is smaller still."""
    settings = system_settings(CONFIG, system)
    kind = modality(settings.network.name)
    store = store_of(kind, settings.input)
    sizes = sizes or ONE_STEP | {"shuffled": {"size": 7}, "drawn": {"subjects": 2, "sequences": 2, "steps": 3}}
    batch = settings.training.batch.model_copy(update=sizes[settings.training.batch.kind])
    network = settings.network.model_copy(update={"frames": FRAMES, **SMALL[system], **(options or {})})
    recipe = {"epochs": epochs, "second_phase": None, "batch": batch, "collapse_distance": 0.0}
    recipe |= {"schedule": "one_cycle", "precision": "float32"} | changes
    torch.manual_seed(seed)
    model = build_model(**store.network_arguments(), **network.model_dump())
    names = [f"{number:03d}" for number in np.repeat(np.arange(SUBJECTS), EACH)]
    result = train(
        model,
        store,
        pd.DataFrame({"subject": names, "condition": "nm"}),
        settings.training.model_copy(update=recipe),
        augmented=modalities.part(kind, "augmentation").augmented,
        network=network,
        seed=seed,
        recorder=recorder,
    )
    return model, result


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def gradients(model):
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters()])


@pytest.mark.slow
@pytest.mark.parametrize("system", SMALL)
def test_a_recorded_step_of_each_system_is_the_plain_step(system):
    """Without reads from the host, with the same loss, gradients and running statistics, up to rounding in float32:
    GaitGraph's batch normalisations divide by almost nothing at the beginning, so that it rounds most.
    """
    options = {"dropout": 0.0} if system in DROPOUT else {}  # a pass in chunks draws otherwise
    recipe = {"epochs": 1, "sizes": ONE_STEP, "options": options, "optimiser": "sgd", "learning_rate": 1e-6}
    (model, result), (plain, expected) = run(system, Repeats, **recipe), run(system, None, **recipe)
    assert (result.steps, expected.steps) == ("one graph", "operation by operation")
    assert result.history["mined_triplets"].item() == expected.history["mined_triplets"].item()
    assert result.history["loss"].item() == pytest.approx(expected.history["loss"].item(), rel=1e-3)
    assert result.history["spread"].item() == pytest.approx(expected.history["spread"].item(), rel=2e-3)
    tolerance = 0.03 if system == "gaitgraph" else 0.005
    assert (gradients(model) - gradients(plain)).norm() < tolerance * gradients(plain).norm()
    torch.testing.assert_close(dict(model.named_buffers()), dict(plain.named_buffers()), rtol=1e-2, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("system", ["gaitformer", "gaitset", "gaitpart", "gaitgraph"])
def test_recorded_steps_learn_what_plain_steps_learn(system):
    recipe = {"optimiser": "sgd", "learning_rate": 1e-4}  # Adam would make as much of rounding as of a gradient
    model, result = run(system, Repeats, **recipe)
    plain, expected = run(system, None, **recipe)
    assert (result.steps, expected.steps) == ("one graph", "operation by operation")
    assert result.history["loss"].tolist() == pytest.approx(expected.history["loss"].tolist(), rel=1e-3)
    torch.testing.assert_close(weights(model), weights(plain), rtol=1e-2, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("system", SMALL)
def test_a_pass_of_each_systems_evaluation_reads_nothing_from_the_host(system):
    settings = system_settings(CONFIG, system)
    network = settings.network.model_copy(update={"frames": FRAMES, **SMALL[system]})
    store = store_of(modality(settings.network.name), settings.input)
    model = build_model(**store.network_arguments(), **network.model_dump()).eval()
    expected = embed(model, store, FRAMES, settings.evaluation)
    copies, combine = settings.evaluation.test_time_augmentation, settings.evaluation.combine
    parts, found = per_frame(model), np.empty_like(expected)
    for sequences, windows in chosen_frames(store.lengths, FRAMES, settings.evaluation):
        reading = readings((sequences, windows), copies, store.per_frame)
        with no_host_reads():
            chunk = embeddings(reading, parts, store, combine)
        found[sequences] = chunk.numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_all_systems_are_tested_here():
    assert {name for name in CONFIG.systems if system_settings(CONFIG, name).training.epochs} == {*SMALL}


def test_warming_up_leaves_weights_optimiser_and_random_numbers_as_they_were():
    model, result = run("gaitmixer", Repeats)
    again, same = run("gaitmixer", Repeats)
    assert all(torch.equal(tensor, weights(again)[name]) for name, tensor in weights(model).items())
    columns = ["loss", "mined_triplets", "spread", "learning_rate"]
    pd.testing.assert_frame_equal(result.history[columns], same.history[columns])

    counter, generator, drawn = torch.zeros(1), torch.Generator().manual_seed(3), []

    def step(rows):
        counter.add_(1)
        drawn.append(torch.rand((), generator=generator).item() + torch.rand(()).item())
        return counter + rows.sum()

    torch.manual_seed(5)
    steps = Stepping(step, torch.device("cpu"), None, lambda: [counter], generator)
    plain = [steps(np.array([1, 2])).item(), steps(np.array([4])).item()]
    expected, drawn[:] = list(drawn), []
    counter.zero_()
    generator.manual_seed(3)
    torch.manual_seed(5)
    steps = Stepping(step, torch.device("cpu"), Repeats, lambda: [counter], generator)
    steps._try_out = lambda *_: None  # this step reads its draws
    found = [steps(np.array([1, 2])).item(), steps(np.array([4])).item()]
    assert found == plain == [4.0, 6.0]
    assert [drawn[2], drawn[5]] == expected


def test_a_step_that_reads_back_runs_as_it_is_and_the_log_says_why(caplog):
    def step(rows):
        return torch.ones(()) * rows.float().sum().item()

    steps = Stepping(step, torch.device("cpu"), Repeats, list, torch.Generator())
    with caplog.at_level(logging.INFO):
        assert [steps(np.array([1, 2])).item(), steps(np.array([5])).item()] == [3.0, 5.0]
    assert steps.how == "operation by operation"
    assert caplog.messages == [
        "steps are not captured as a graph, which makes them slower: a value is read back to the host "
        "(aten._local_scalar_dense.default)"
    ]


class Refuses(Repeats):
    def recorded(self, step, rows):
        raise RuntimeError("operation not permitted when stream is capturing\nmore")


def test_a_step_that_cannot_be_captured_runs_as_it_is_and_the_log_says_why(caplog):
    counter = torch.zeros(1)
    steps = Stepping(
        lambda rows: counter.add_(len(rows)), torch.device("cpu"), Refuses, lambda: [counter], torch.Generator()
    )
    with caplog.at_level(logging.INFO):
        assert [steps(np.array([1, 2])).item(), steps(np.array([5])).item()] == [2.0, 3.0]
    assert steps.how == "operation by operation"
    assert caplog.messages == [
        "steps are not captured as a graph, which makes them slower: RuntimeError: operation not permitted when stream "
        "is capturing"
    ]


class State:
    """A generator as torch's are on a GPU: the end of a capture that has failed is never told to it."""

    def __init__(self, capturing=False):
        self.capturing = capturing

    def clone_state(self):
        return State()

    def graphsafe_set_state(self, other):
        self.capturing = other.capturing


class Cuda:
    """What :class:`CudaGraphs` uses of torch.cuda, for a capture that fails as torch's does."""

    def __init__(self, own):
        self.current, self.default_generators, self.own = "steps", (State(),), own

    def __getattr__(self, name):
        return lambda *_: self  # streams, pools and graphs, of which nothing is asked here

    def register_generator_state(self, generator):
        """As of a graph."""

    def current_stream(self):
        return self.current

    def set_stream(self, stream):
        self.current = stream

    def current_device(self):
        return 0

    @contextmanager
    def graph(self, graph, pool, stream):
        self.current = "capture"
        self.own.capturing = self.default_generators[0].capturing = True
        try:
            yield
        finally:
            raise RuntimeError("CUDA error: operation failed due to a previous error during capture")


def test_a_capture_that_fails_leaves_streams_memory_and_random_numbers_as_they_were(monkeypatch):
    """Otherwise torch 2.11 refuses every random number of the process after it, and other runs fail too."""
    own = State()
    cuda = Cuda(own)
    monkeypatch.setattr(torch, "cuda", cuda)
    ended = []
    monkeypatch.setattr(torch._C, "_cuda_endAllocateToPool", lambda *_: ended.append("allocating"), raising=False)
    monkeypatch.setattr(torch._C, "_cuda_releasePool", lambda *_: ended.append("holding"), raising=False)
    with pytest.raises(RuntimeError, match="operation failed due to a previous error"):
        CudaGraphs(own).recorded(lambda rows: rows.sum(), torch.ones(2))
    assert (cuda.current, ended) == ("steps", ["allocating", "holding"])
    assert [generator.capturing for generator in (own, *cuda.default_generators)] == [False, False]


class Pass:
    """A pass of a network that may be compiled; ``reason`` is what keeps it from that."""

    def __init__(self, reason=None, error=None):
        self.reason, self.error, self.compiled = reason, error, False

    def __call__(self, x):
        if self.compiled and self.error:
            raise self.error
        return 2 * x

    def compile(self):
        self.compiled = self.reason is None
        return self.reason

    def as_it_is(self):
        self.compiled = False


@pytest.mark.parametrize(
    ("forward", "number", "how", "said"),
    [
        (Pass(), COMPILED_FROM, "one graph, compiled", None),
        (Pass(), COMPILED_FROM - 1, "one graph", None),
        (Pass("there is no C compiler"), COMPILED_FROM, "one graph", "there is no C compiler"),
        (Pass(error=RuntimeError("no kernel\nmore")), COMPILED_FROM, "one graph", "RuntimeError: no kernel"),
    ],
)
def test_a_long_run_is_compiled_where_that_is_possible(forward, number, how, said, caplog):
    steps = Stepping(
        lambda rows: forward(rows.float()).sum(),
        torch.device("cpu"),
        Repeats,
        list,
        torch.Generator(),
        forward,
        steps=number,
    )
    with caplog.at_level(logging.WARNING):
        assert steps(np.array([1, 2])).item() == 6.0
    assert (steps.how, forward.compiled) == (how, how == "one graph, compiled")
    told = [f"the network is not compiled, so that a step takes about twice as long: {said}"] if said else []
    assert caplog.messages == told


@pytest.mark.parametrize(("holds", "fits"), [(100, "about 82 sequences fit"), (1, "not even a fraction of it fits")])
def test_too_little_memory_ends_in_a_sentence_with_the_largest_batch(holds, fits):
    def step(rows):
        if len(rows) > holds:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return rows.sum()

    steps = Stepping(step, torch.device("cpu"), Repeats, list, torch.Generator())
    with pytest.raises(GaitError) as raised:
        steps(np.arange(296))
    assert str(raised.value) == (
        f"The GPU has too little memory for a training batch of 296 sequences, of which {fits}; lower "
        "training.batch, set training.precision to bfloat16, or end what else runs on the GPU."
    )


@pytest.mark.parametrize(("available", "expected"), [(1000, 90), (150, 5), (100, 0), (50, 0)])
def test_the_largest_batch_that_fits_follows_from_two_smaller_ones(available, expected):
    assert largest_batch([10, 20], [200, 300], available) == expected  # 100 bytes, and 10 for each sequence


@pytest.mark.parametrize("system", SMALL)
def test_nothing_of_a_step_is_on_another_device_than_the_network(system):
    """torch's meta device computes shapes alone, and mixes with a CPU as little as a GPU does."""
    settings = system_settings(CONFIG, system)
    network = settings.network.model_copy(update={"frames": FRAMES, **SMALL[system]})
    kind = modality(settings.network.name)
    store = store_of(kind, settings.input)
    model = build_model(**store.network_arguments(), **network.model_dump()).to("meta")
    options = {"subjects": SUBJECTS, "embedding_dim": network.embedding_dim, "fixed_shapes": True}
    options |= {"parts": getattr(model, "parts", 1), "neck": hasattr(model, "neck")}
    loss_of = build_loss(settings.training.loss, **options).to("meta")
    optimiser = Optimisation([*model.parameters(), *loss_of.parameters()], settings.training, 5, as_tensors=True)
    frame = store.masks[0] if kind == "silhouettes" else store.keypoints[0]
    windows = torch.zeros(8, FRAMES, *frame.shape, dtype=frame.dtype, device="meta")
    embeddings = GpuPass(model)(store.network_input(windows))
    loss, triplets = loss_of(embeddings, torch.arange(8, device="meta") // 2)
    loss.backward()
    optimiser.step()
    assert measured(loss, triplets, embeddings).device.type == "meta"


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x.sum().item(),
        lambda x: int(x.sum()),
        lambda x: x.tolist(),
        lambda x: x.cpu(),
        lambda x: x[x > 0],
        lambda x: x[[0, 1]],
        lambda x: x.nonzero(),
        lambda x: x.unique(),
        lambda x: x + torch.tensor([1.0, 2.0, 3.0]),
        lambda x: bool((x > 0).any()),
    ],
)
def test_what_a_recorded_step_must_not_have_is_found_on_a_cpu(read):
    with no_host_reads(), pytest.raises(HostReadError):
        read(torch.ones(3))


def test_a_host_read_in_the_backward_pass_is_found():
    x = torch.ones(3, requires_grad=True)
    y = (2 * x).sum()
    y.register_hook(lambda gradient: gradient.item() * gradient)
    with no_host_reads(), pytest.raises(HostReadError):
        y.backward()
