"""Training and evaluation on a GPU: ``make bench-gpu``, or ``python benchmarks/gpu.py``.

Prints one table as it goes and writes results/benchmarks_gpu.json after each row, from which ``make docs`` makes the
table of docs/performance.md. Each task gives a few rows and is measured for itself: one that fails is a row that says
so, and one for which too little time is left of the budget (--seconds) is a row that says that. Training steps are
those of gaitcore.training.loop.train, with all that its loop does; the peer is the same recipe as it is written without
any of the GPU's special paths: the network's own forward pass, the library's miner and loss, torch's optimiser, one
operation after the other.

    python benchmarks/gpu.py --device cpu --small      # shows that it runs, measures nothing
"""

import argparse
import contextlib
import json
import logging
import os
import platform
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
import torch

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "benchmarks")]

from gpu_measuring import BESIDE, COMPILED, FULL, PRECISIONS, SMALL, STEPS_OF_A_RUN, Bench, Row

from gaitcore.evaluation.cross_view import cross_view_metrics
from gaitcore.evaluation.embedding import embed
from gaitcore.execution import compute, fused_attention
from gaitcore.execution.gpu_pass import GpuPass
from gaitcore.modalities.keypoints.augmentation import augmented
from gaitcore.networks import build_model, load_published_weights
from gaitcore.sampling.random_window import random_window
from gaitcore.systems import system_settings

RESULT = REPOSITORY / "results" / "benchmarks_gpu.json"
GOLDEN = {"gaitmixer": 2, "gaitformer": 2, "gaitgraph": 3, "gaitgraph2": 3}  # and their input channels
PAPER = ("gaitmixer", "gaitformer")
PEERS = (*PAPER, "gaitgraph", "gaitgraph2", "posegait")
LONGEST = 90  # seconds, or four times what a task should take, after which it has failed


class LostError(Exception):
    """The GPU does nothing for this process any more; the message is the name of the task that was measured."""


class Task(NamedTuple):
    """Some rows that are measured together, and the seconds that this takes, about."""

    name: str
    rows: Callable[[], Iterable[Row]]
    seconds: int


# --- parity ---


def golden(bench: Bench, name: str) -> Iterator[Row]:
    """The largest difference from the golden values, relative to their size."""
    arrays = np.load(REPOSITORY / "tests" / "golden" / f"{name}_random_weights.npz")
    model = build_model(name, in_channels=GOLDEN[name]).eval()
    weights = {key[3:]: torch.from_numpy(arrays[key]) for key in arrays.files if key.startswith("w::")}
    load_published_weights(model, weights)
    with torch.no_grad():
        found = model.to(bench.device)(torch.from_numpy(arrays["input"]).to(bench.device)).cpu()
    difference = (found - torch.from_numpy(arrays["output"])).abs().max() / max(1, np.abs(arrays["output"]).max())
    yield Row("golden values, float32", name, float(difference), "largest difference")


def special_path(bench: Bench, name: str) -> Iterator[Row]:
    """GaitMixer's banded products, or GaitFormer's fused attention, against the network's own forward pass."""
    torch.manual_seed(0)
    network = bench.network(name, max(40, bench.network(name).frames))
    options = network.model_dump() | ({"dropout": 0.0} if name == "gaitmixer" else {})
    model = build_model(in_channels=2, **options).to(bench.device).train()
    x = torch.rand(8, network.frames, 17, 2, device=bench.device)
    direction = torch.randn(8, 128, device=bench.device)
    results = []
    for forward in (model, GpuPass(model)):
        state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        out = forward(x)
        gradients = torch.autograd.grad((out * direction).sum(), list(model.parameters()))
        results.append((out, torch.cat([gradient.flatten() for gradient in gradients])))
        model.load_state_dict(state)
    (out, gradient), (fast_out, fast_gradient) = results
    difference = float((out - fast_out).detach().abs().max())
    yield Row("special path", f"{name}, outputs", difference, "largest difference")
    relative = float((gradient - fast_gradient).norm() / gradient.norm())
    yield Row("special path", f"{name}, gradients", relative, "relative difference")


def loss_with_fixed_shapes(bench: Bench) -> Iterator[Row]:
    """The loss of GaitMixer with fixed shapes against the library's."""
    torch.manual_seed(0)
    subjects, each = (74, 4) if bench.size is FULL else (4, 2)
    embeddings = torch.randn(subjects * each, 128, device=bench.device) + 3 * torch.randn(128, device=bench.device)
    embeddings = torch.nn.functional.normalize(embeddings).requires_grad_()
    labels = torch.arange(subjects, device=bench.device).repeat_interleave(each)
    values = []
    for fixed_shapes in (False, True):
        value, triplets = bench.loss("gaitmixer", subjects, fixed_shapes)(embeddings, labels)
        (gradient,) = torch.autograd.grad(value, embeddings)
        values.append((float(value.detach()), int(triplets), gradient))
    (loss, number, gradient), (fixed, same, fixed_gradient) = values
    yield Row("loss with fixed shapes", "the library's loss", loss, "")
    yield Row("loss with fixed shapes", "difference from it", abs(loss - fixed), "")
    yield Row("loss with fixed shapes", "triplets, the library's and ours", f"{number} {same}", "")
    relative = float((gradient - fixed_gradient).norm() / gradient.norm().clamp(min=1e-12))
    yield Row("loss with fixed shapes", "gradients", relative, "relative difference")


def same_bytes(bench: Bench) -> Iterator[Row]:
    """Two runs, one that is stopped and resumed, and one in another process, end with the same bytes."""
    with bench.process("bytes") as process:
        found = {}
        for precision in PRECISIONS:
            found[precision] = bench.digest(precision)
            for text, digest in (
                ("the same process", bench.digest(precision)),
                ("stopped and resumed", bench.digest(precision, stop_after=3)),
            ):
                yield Row(f"same bytes, {precision}", text, "yes" if digest == found[precision] else "NO", "")
        elsewhere = json.loads(process.line())
        for precision in PRECISIONS:
            answer = "yes" if elsewhere[precision] == found[precision] else "NO"
            yield Row(f"same bytes, {precision}", "another process", answer, "")


def streaming(bench: Bench) -> Iterator[Row]:
    """Silhouettes that are streamed to the device: the same bytes, and the time of a step."""
    digests = {bench.digest_of_silhouettes(streamed) for streamed in (False, True)}
    yield Row("silhouettes streamed", "gaitset, the same bytes", "yes" if len(digests) == 1 else "NO", "")
    number = 256 if bench.size is FULL else 16
    for streamed, where in ((False, "on the device"), (True, "streamed")):
        steps = bench.steps("gaitset", "bfloat16", store=bench.silhouettes(streamed, number))
        yield Row("silhouettes streamed", f"step of gaitset, bfloat16, {where}", 1000 * steps.seconds, "ms")


# --- steps ---


def peer(bench: Bench, name: str) -> Iterator[Row]:
    """The recipe as it is written, one operation after the other: deterministic, and as others' code runs."""
    settings, network = system_settings(bench.config, name), bench.network(name)
    sizes = bench.recipe(name, None, "float32", 1)["batch"]
    shuffled = sizes["kind"] == "shuffled"
    rows = sizes["size"] * sizes["copies"] if shuffled else sizes["subjects"] * sizes["sequences"]
    subjects = sizes["size"] if shuffled else sizes["subjects"]
    store = bench.made_up(name, subjects, network.frames)
    chosen = torch.arange(rows, device=bench.device) % subjects
    torch.manual_seed(0)
    model = build_model(**store.network_arguments(), **network.model_dump()).to(bench.device).train()
    loss_of = bench.loss(name, subjects, False)
    optimiser = torch.optim.Adam([*model.parameters(), *loss_of.parameters()], lr=1e-4, weight_decay=1e-5)
    generator = torch.Generator(bench.device).manual_seed(0)

    def step() -> None:
        frames = random_window(store.lengths[chosen], network.frames, 0.5, generator)
        windows = augmented(store.windows(chosen, frames), settings.training.augmentation, store, generator)
        loss, _ = loss_of(model(store.network_input(windows)), chosen)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()

    repeats = 8 if bench.on_gpu else 1
    for own in (False, True):
        bench.reset_peak()
        with _as_torch_is() if own else contextlib.nullcontext():
            for _ in range(3):
                step()
            seconds = bench.seconds(lambda: [step() for _ in range(repeats)]) / repeats
        how = "as torch is set by default" if own else "float32, deterministic"
        yield Row("step, the peer", f"{name}, {how}", 1000 * seconds, "ms")
        yield Row("memory, the peer", f"{name}, {how}", bench.peak_gb(), "GB")


@contextlib.contextmanager
def _as_torch_is() -> Iterator[None]:
    """Within the block nothing has to be deterministic, and a GPU's convolutions may use TF32, as others' code runs."""
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.allow_tf32 = True
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.allow_tf32 = False


def step(bench: Bench, name: str, precision: str, compiled: bool = False) -> Iterator[Row]:
    """A step of the loop, as one graph, compiled or not."""
    steps = bench.steps(name, precision, compiled=compiled)
    if (name, precision) in bench.compiled_elsewhere and compiled:
        same = "yes" if steps.digest == bench.compiled_elsewhere[name, precision] else "NO"
        yield Row(f"same bytes, {precision}", f"{name}, compiled, another process", same, "")
    bench.ms[name, precision, steps.how] = 1000 * steps.seconds
    yield Row("step", f"{name}, {precision}, {steps.how}", 1000 * steps.seconds, "ms")
    yield Row("memory", f"{name}, {precision}, {steps.how}", steps.peak_gb, "GB")


def attention(bench: Bench) -> Iterator[Row]:
    """A step of GaitFormer whose attention over frames is not fused, to see whether fusing pays."""
    with mock.patch.object(fused_attention, "FEWEST_TOKENS", 10**9):
        for precision in ("float32", "bfloat16"):
            steps = bench.steps("gaitformer", precision)
            yield Row("step, attention not fused", f"gaitformer, {precision}", 1000 * steps.seconds, "ms")


def compiling(bench: Bench) -> Iterator[Row]:
    """Wait for the processes that compile beside, whose kernels are kept; from here on time is measured."""
    try:
        for (name, precision), process in zip(COMPILED, bench.compiling, strict=False):
            bench.compiled_elsewhere[name, precision] = process.line()
            yield Row("compiling", f"{name}, {precision}", "beside the measurements above", "")
    finally:
        for process in bench.compiling:
            process.running.kill()


def batch(bench: Bench, subjects: int) -> Iterator[Row]:
    """The cost of a sequence in a batch of some size."""
    steps = bench.steps("gaitmixer", "float32", batch=subjects)
    sequences = subjects * bench.recipe("gaitmixer", subjects, "float32", 1)["batch"]["sequences"]
    yield Row("cost against the batch", f"{sequences} sequences", 1000 * steps.seconds / sequences, "ms a sequence")
    yield Row("memory against the batch", f"{sequences} sequences", steps.peak_gb, "GB")


def population(bench: Bench, subjects: int) -> Iterator[Row]:
    """The cost of a step with a number of training subjects."""
    steps = bench.steps("gaitmixer", "float32", population=subjects)
    yield Row("cost against the subjects", f"{subjects} subjects", 1000 * steps.seconds, "ms a step")


def length(bench: Bench, frames: int) -> Iterator[Row]:
    """The cost of a frame in windows of some length."""
    steps = bench.steps("gaitmixer", "float32", frames=frames)
    yield Row("cost against the frames", f"{frames} frames", 1000 * steps.seconds / frames, "ms a frame and step")
    yield Row("memory against the frames", f"{frames} frames", steps.peak_gb, "GB")


def seeds(bench: Bench) -> Iterator[Row]:
    """One run alone, two and three at once on the same card: which trains more seeds in an hour?"""
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(bench.process("turns")) for _ in range(3)]
        for process in processes:
            process.line()
        for number in (1, 2, 3):
            for process in processes[:number]:
                process.go()
            slowest = max(float(process.line()) for process in processes[:number])
            per_hour = number * 3600 * bench.size.turn / (STEPS_OF_A_RUN * slowest)
            yield Row("seeds an hour, gaitmixer, float32, not compiled", f"{number} at once", per_hour, "seeds")


# --- evaluation and whole runs ---


def embedding(bench: Bench, name: str) -> Iterator[Row]:
    """The test sequences of CASIA-B under the paper's protocol."""
    network, evaluation = bench.network(name), system_settings(bench.config, name).evaluation
    number = bench.size.embedded
    store = bench.made_up(name, number, network.frames)
    model = build_model(**store.network_arguments(), **network.model_dump()).to(bench.device)
    embed(model, store, network.frames, evaluation)
    bench.reset_peak()
    seconds = bench.seconds(lambda: embed(model, store, network.frames, evaluation))
    bench.embedding_seconds[name] = seconds
    yield Row("embedding", f"{name}, {number} sequences", seconds, "s")
    yield Row("memory, embedding", name, bench.peak_gb(), "GB")


def metrics(bench: Bench) -> Iterator[Row]:
    """Cross-view metrics of random embeddings of the size of CASIA-B's test, on the CPU."""
    subjects, views = (50, 11) if bench.size is FULL else (4, 2)
    walks = [("nm", n, "gallery" if n <= 4 else "probe") for n in range(1, 7)]
    walks += [(condition, n, "probe") for condition in ("bg", "cl") for n in (1, 2)]
    rows = [
        (f"{subject:03d}", condition, f"{n:02d}", f"{18 * view:03d}", role)
        for subject in range(subjects)
        for condition, n, role in walks
        for view in range(views)
    ]
    keys = pd.DataFrame(rows, columns=["subject", "condition", "sequence", "view", "role"])
    embeddings = np.random.default_rng(0).normal(size=(len(keys), 128)).astype(np.float32)
    seconds = bench.seconds(lambda: cross_view_metrics(embeddings, keys))
    yield Row("cross-view metrics", f"{len(keys)} sequences, on the CPU", seconds, "s")


def demo(bench: Bench) -> Iterator[Row]:
    """The demo's four runs: training, embedding and metrics, without the start of processes."""
    bench.walkers()
    total = 0.0
    for name in PAPER:
        for seed in (0, 1):
            seconds = bench.seconds(partial(bench.accuracy, bench.demo, name, "float32", seed))
            total += seconds
            yield Row("the demo", f"{name}, seed {seed}", seconds, "s")
    yield Row("the demo", "its four runs", total, "s")


def accuracy(bench: Bench, precision: str) -> Iterator[Row]:
    """Rank-1 of the published GaitMixer on the demo's walkers: the mean over conditions, and its spread over seeds."""
    found = []
    for seed in range(bench.size.seeds):
        rank1 = bench.accuracy(bench.demo, "gaitmixer", precision, seed, published=True)
        found.append(np.mean(list(rank1.values())))
    part = "rank-1 on the demo's walkers, published gaitmixer"
    yield Row(part, f"{precision}, mean of {len(found)} seeds", float(np.mean(found)), "%")
    yield Row(part, f"{precision}, standard deviation over seeds", float(np.std(found, ddof=1)), "points")


def run_times(bench: Bench) -> Iterator[Row]:
    """A run of 300 epochs by the steps that were measured, and its evaluation where that was measured."""
    for (name, precision, how), ms in bench.ms.items():
        if name in PAPER:
            minutes = (STEPS_OF_A_RUN * ms / 1000 + bench.embedding_seconds.get(name, 0.0)) / 60
            yield Row("300 epochs and embedding, calculated", f"{name}, {precision}, {how}", minutes, "min")


# --- all of it ---


def tasks(bench: Bench) -> list[Task]:
    """All tasks: first those that measure no time, while the networks are compiled beside, then by importance."""
    others = [name for name in bench.systems() if name not in PAPER]
    size = bench.size

    def of(name: str, function: Callable[..., Iterable[Row]], seconds: int, *arguments: object) -> Task:
        return Task(name, partial(function, bench, *arguments), seconds)

    def steps(name: str, precision: str, compiled: bool = False, seconds: int = 4) -> Task:
        text = f"step of {name}, {precision}{', compiled' * compiled}"
        return of(text, step, seconds, name, precision, compiled)

    return [
        *(of(f"golden values of {name}", golden, 2, name) for name in GOLDEN),
        *(of(f"special path of {name}", special_path, 2, name) for name in PAPER),
        of("loss with fixed shapes", loss_with_fixed_shapes, 2),
        of("same bytes", same_bytes, 30),
        *(of(f"accuracy in {precision}", accuracy, 12, precision) for precision in PRECISIONS),
        of("compiling", compiling, 1),
        *(of(f"peer of {name}", peer, 4, name) for name in PAPER),
        *(steps(name, precision) for precision in size.precisions for name in PAPER),
        *(steps(name, precision, compiled=True, seconds=15) for name, precision in COMPILED[:BESIDE]),
        *(of(f"embedding of {name}", embedding, 4, name) for name in PAPER),
        of("attention that is not fused", attention, 6),
        of("cross-view metrics", metrics, 2),
        of("the demo", demo, 15),
        *(steps(name, "float32") for name in others),
        of("seeds at once", seeds, 25),
        *(of(f"batches of {subjects} subjects", batch, 3, subjects) for subjects in size.batches),
        *(of(f"{subjects} training subjects", population, 3, subjects) for subjects in size.populations),
        *(of(f"windows of {frames} frames", length, 4, frames) for frames in size.lengths),
        of("streaming", streaming, 8),
        *(steps(name, precision, compiled=True, seconds=45) for name, precision in COMPILED[BESIDE:]),
        *(of(f"peer of {name}", peer, 4, name) for name in PEERS[2:]),
        *(steps(name, precision) for precision in size.precisions[1:] for name in others),
        *(of(f"embedding of {name}", embedding, 4, name) for name in ("gaitgraph", "gaitset")),
        of("run times", run_times, 0),
    ]


def measured(bench: Bench, seconds: float, after: str | None = None) -> Iterator[Row]:
    """The rows of all tasks, each as soon as it is measured; a task that fails loses the rows that it has not given.

    Args:
        bench: what they measure with.
        seconds: for all of them.
        after: the task after which to begin.

    Raises:
        LostError: a task failed so that no other can be measured in this process, such as one that read beyond memory.
    """
    started = perf_counter()
    waiting = tasks(bench)
    for task in waiting[1 + [task.name for task in waiting].index(after) if after else 0 :]:
        left = seconds - (perf_counter() - started)
        if task.seconds and task.seconds > left:
            yield Row("not measured", task.name, f"{left:.0f} s were left of {seconds:.0f}", "")
            continue
        try:
            with _at_most(max(LONGEST, 4 * task.seconds)):
                yield from task.rows()
        except Exception as error:
            traceback.print_exc()
            yield Row(
                "FAILED", task.name, f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:160]}", ""
            )
            if bench.is_lost():
                raise LostError(task.name) from None
        with contextlib.suppress(Exception):  # of a GPU that is lost; the next task fails
            bench.reset_peak()


@contextlib.contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    """TimeoutError after some seconds, e.g. where a process of its own hangs."""

    def end(*_: object) -> None:
        raise TimeoutError(f"it took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def machine(device: torch.device) -> dict:
    """What the figures depend on."""
    found = {"card": compute.device_name(device), "torch": torch.__version__, "cuda": torch.version.cuda}
    found |= {"python": platform.python_version(), "cores": os.cpu_count(), "triton": None}
    with contextlib.suppress(ImportError):
        import triton as installed

        found["triton"] = installed.__version__
    if device.type == "cuda":
        found["memory_gb"] = round(torch.cuda.get_device_properties(device).total_memory / 1e9)
    return found


def text(value: float | str) -> str:
    """A value as the table shows it, as in docs/generate.py."""
    if isinstance(value, str):
        return value
    return f"{value:.1e}" if value and abs(value) < 1e-3 else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def main() -> None:
    """Measure everything and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--small", action="store_true", help="tiny sizes: shows that it runs, measures nothing")
    parser.add_argument("--seconds", type=float, default=225, help="time for all tasks together")
    parser.add_argument("--json", type=Path, default=RESULT, help="the file to write")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--after", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    started = perf_counter()
    compute.prepare(2)  # before CUDA is asked for anything: it may take one card of several
    if arguments.device == "cuda" and not torch.cuda.is_available():
        sys.exit("No GPU was found (torch.cuda.is_available() is false); a benchmark of a GPU needs one.")
    bench = Bench(torch.device(arguments.device), SMALL if arguments.small else FULL)
    if arguments.worker:
        bench.work(arguments.worker)
        return
    result = {"made": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(bench.device), "rows": []}
    if arguments.after:
        result = json.loads(arguments.json.read_text(encoding="utf-8"))
        bench.recall(Row(*row) for row in result["rows"])
    else:
        print("  ".join(f"{name} {value}" for name, value in result["machine"].items()), flush=True)
    before = result.get("seconds", 0)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.nullcontext() if arguments.after else bench.compiled_beside():
            for row in measured(bench, arguments.seconds, arguments.after):
                result["rows"].append(row)
                print(f"{row.part:<48}  {row.what:<46}  {text(row.value)} {row.unit}", flush=True)
                result["seconds"] = before + round(perf_counter() - started)
                arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    except LostError as task:
        left = arguments.seconds - (perf_counter() - started)
        go_on = ["--device", arguments.device, *["--small"] * arguments.small, "--seconds", f"{left:.0f}"]
        os.execv(
            sys.executable, [sys.executable, __file__, *go_on, "--json", str(arguments.json), "--after", str(task)]
        )
    print(f"{arguments.json} written after {result['seconds']} s; make docs puts it into docs/performance.md")


if __name__ == "__main__":
    main()
