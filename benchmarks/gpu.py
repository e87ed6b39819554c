"""Training and evaluation on a GPU: ``make bench-gpu``, or ``python benchmarks/gpu.py``.

Prints one table as it goes and writes results/benchmarks_gpu.json, from which ``make docs`` makes the table of
docs/performance.md. Each part is measured for itself: one that fails is a row that says so, and one for which too
little time is left of the budget (--seconds) is a row that says that. Training steps are those of
gaitcore.training.loop.train, with all that its loop does; the peer is the same recipe as it is written without any of
the GPU's special paths: the network's own forward pass, the library's miner and loss, torch's optimiser, one operation
after the other.

    python benchmarks/gpu.py --device cpu --small      # shows that it runs, measures nothing
"""

import argparse
import contextlib
import hashlib
import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from gaitcore.evaluation.cross_view import cross_view_metrics
from gaitcore.evaluation.embedding import embed
from gaitcore.execution import compute, whole_step
from gaitcore.execution.banded import banded
from gaitcore.modalities.keypoints.augmentation import augmented
from gaitcore.modalities.keypoints.input import transform_of
from gaitcore.modalities.keypoints.store import KeypointStore
from gaitcore.networks import build_model, load_published_weights
from gaitcore.sampling.random_window import random_window
from gaitcore.settings.files import load_config
from gaitcore.systems import system_settings
from gaitcore.training.checkpoints import Checkpoints
from gaitcore.training.loop import train
from gaitcore.training.losses import build_loss

RESULT = REPOSITORY / "results" / "benchmarks_gpu.json"
PRECISIONS = ("float32", "tf32", "bfloat16")
PAPER, BASELINES = ("gaitmixer", "gaitformer"), ("gaitgraph", "gaitgraph2", "posegait")
STEPS_OF_A_RUN = 14_100  # 300 epochs of 47 steps
AS_THEY_ARE = 10**9  # steps from which a run is compiled: none
COMPILING = 45  # seconds, about


class Size(NamedTuple):
    """The size of the measurements."""

    subjects: int  # of the training set, and of a batch
    sequences: int  # of each subject in a batch
    steps: int  # of an epoch, of which there are three; the faster of the last two counts
    frames: int
    embedded: int  # sequences
    batches: tuple[int, ...]  # subjects in a batch
    populations: tuple[int, ...]  # training subjects
    lengths: tuple[int, ...]  # frames of a window
    divisor: int  # of the other systems' batches


FULL = Size(74, 4, 12, 60, 5232, (19, 37, 74, 148, 296), (74, 740, 5153), (60, 120, 300), 1)
SMALL = Size(4, 2, 2, 12, 8, (2, 4), (4, 8), (12, 20), 32)


class Row(NamedTuple):
    """A row of the table: what was measured, and the value with its unit."""

    part: str
    what: str
    value: float | str
    unit: str


class Bench:
    """The measurements on one device."""

    def __init__(self, device: torch.device, size: Size):
        self.device, self.size = device, size
        self.on_gpu = device.type == "cuda"
        self.config = load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b"})
        self.ms: dict[tuple[str, str, str], float] = {}  # system, precision, way -> of a step

    # --- what is measured ---

    def parity(self) -> Iterator[Row]:
        """Golden values, the special path and the loss, in float32: the largest differences."""
        channels = {"gaitmixer": 2, "gaitformer": 2, "gaitgraph": 3, "gaitgraph2": 3}
        for name, number in channels.items():
            arrays = np.load(REPOSITORY / "tests" / "golden" / f"{name}_random_weights.npz")
            model = build_model(name, in_channels=number).eval()
            load_published_weights(
                model, {key[3:]: torch.from_numpy(arrays[key]) for key in arrays.files if key.startswith("w::")}
            )
            with torch.no_grad():
                found = model.to(self.device)(torch.from_numpy(arrays["input"]).to(self.device)).cpu()
            difference = (found - torch.from_numpy(arrays["output"])).abs().max() / max(
                1, np.abs(arrays["output"]).max()
            )
            yield Row("golden values, float32", name, float(difference), "largest difference")
        yield from self._parity_of_the_special_path()
        yield from self._parity_of_the_loss()

    def _parity_of_the_special_path(self) -> Iterator[Row]:
        torch.manual_seed(0)
        model = build_model("gaitmixer", dropout=0.0).to(self.device).train()
        x = torch.rand(8, self.size.frames, 17, 2, device=self.device)
        direction = torch.randn(8, 128, device=self.device)
        results = []
        for forward in (model, banded(model)):
            state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
            out = forward(x)
            gradients = torch.autograd.grad((out * direction).sum(), list(model.parameters()))
            results.append((out, torch.cat([gradient.flatten() for gradient in gradients])))
            model.load_state_dict(state)
        (out, gradient), (fast_out, fast_gradient) = results
        yield Row(
            "special path", "gaitmixer, outputs", float((out - fast_out).detach().abs().max()), "largest difference"
        )
        relative = float((gradient - fast_gradient).norm() / gradient.norm())
        yield Row("special path", "gaitmixer, gradients", relative, "relative difference")

    def _parity_of_the_loss(self) -> Iterator[Row]:
        torch.manual_seed(0)
        subjects, each = self.size.subjects, self.size.sequences
        embeddings = torch.randn(subjects * each, 128, device=self.device) + 3 * torch.randn(128, device=self.device)
        embeddings = torch.nn.functional.normalize(embeddings).requires_grad_()
        labels = torch.arange(subjects, device=self.device).repeat_interleave(each)
        values = []
        for fixed_shapes in (False, True):
            loss = self._loss("gaitmixer", subjects, fixed_shapes)
            value, triplets = loss(embeddings, labels)
            (gradient,) = torch.autograd.grad(value, embeddings)
            values.append((float(value.detach()), int(triplets), gradient))
        (loss, number, gradient), (fixed, same, fixed_gradient) = values
        yield Row("loss with fixed shapes", "the library's loss", loss, "")
        yield Row("loss with fixed shapes", "difference from it", abs(loss - fixed), "")
        yield Row("loss with fixed shapes", "triplets, the library's and ours", f"{number} {same}", "")
        relative = float((gradient - fixed_gradient).norm() / gradient.norm().clamp(min=1e-12))
        yield Row("loss with fixed shapes", "gradients", relative, "relative difference")

    def peer(self, name: str) -> Iterator[Row]:
        """The recipe as it is written, one operation after the other."""
        settings = system_settings(self.config, name)
        store, sequences = self._walks(name, self.size.subjects, 2 * self.size.sequences)
        labels = torch.from_numpy(pd.factorize(sequences["subject"])[0]).to(self.device)
        torch.manual_seed(0)
        model = self._model(name, store).train()
        loss_of = self._loss(name, self.size.subjects, False).to(self.device)
        optimiser = torch.optim.Adam([*model.parameters(), *loss_of.parameters()], lr=1e-4, weight_decay=1e-5)
        generator = torch.Generator(self.device).manual_seed(0)
        batch = self._batch(settings.training.batch, self.size.subjects)
        shuffled = batch["kind"] == "shuffled"
        rows = batch["size"] * batch["copies"] if shuffled else batch["subjects"] * batch["sequences"]
        chosen = torch.arange(rows, device=self.device) % len(labels)

        def step() -> None:
            frames = random_window(store.lengths[chosen], self.size.frames, 0.5, generator)
            windows = augmented(store.windows(chosen, frames), settings.training.augmentation, store, generator)
            loss, _ = loss_of(model(store.network_input(windows)), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            loss.item()

        self._reset_peak()
        for _ in range(3):
            step()
        repeats = 1 if not self.on_gpu else 8
        seconds = self._seconds(lambda: [step() for _ in range(repeats)]) / repeats
        yield Row("step, the peer", f"{name}, float32", 1000 * seconds, "ms")
        yield Row("memory, the peer", name, self._peak_gb(), "GB")

    def step(self, name: str, precision: str, compiled: bool = False) -> Iterator[Row]:
        """A step of the loop, as one graph, compiled or not."""
        way = "compiled" if compiled else "one graph"
        with _compiling_from(0 if compiled else AS_THEY_ARE):
            seconds, how, peak = self._steps(name, precision)
        self.ms[name, precision, way] = 1000 * seconds
        yield Row("step", f"{name}, {precision}, {how}", 1000 * seconds, "ms")
        yield Row("memory", f"{name}, {precision}, {how}", peak, "GB")

    def bytes(self, precision: str) -> Iterator[Row]:
        """Two runs, one that is stopped and resumed, and one in another process, end with the same bytes."""
        digests = [self.digest(precision), self.digest(precision), self.digest(precision, stop_after=3)]
        command = ["--worker", "bytes", precision]
        digests.append(json.loads(_finish(self._start(command))))
        texts = ("the same process", "stopped and resumed", "another process")
        for text, digest in zip(texts, digests[1:], strict=True):
            yield Row(f"same bytes, {precision}", text, "yes" if digest == digests[0] else "NO", "")

    def digest(self, precision: str, stop_after: int | None = None) -> str:
        """SHA-256 of the weights after a run of eight steps; it may be stopped and resumed on the way."""

        def run(folder: str, stop: bool) -> str:
            store, sequences = self._walks("gaitmixer", 8, 4)
            torch.manual_seed(3)
            model = self._model("gaitmixer", store)
            checkpoints = Checkpoints(Path(folder), {"run": "bench"}, 10_000)
            if stop:
                after_step, checkpoints.seconds = checkpoints.after_step, 10_000.0

                def stopping(step: int, parts: dict) -> None:
                    checkpoints.stop = "the benchmark" if step == stop_after else None
                    after_step(step, parts)

                checkpoints.after_step = stopping
            self._train("gaitmixer", precision, model, store, sequences, 8, 2, checkpoints=checkpoints)
            content = b"".join(tensor.cpu().numpy().tobytes() for tensor in model.state_dict().values())
            return hashlib.sha256(content).hexdigest()

        with tempfile.TemporaryDirectory() as folder, _compiling_from(AS_THEY_ARE):
            if stop_after is not None:
                with contextlib.suppress(Exception):
                    run(folder, stop=True)
            return run(folder, stop=False)

    def embedding(self, name: str) -> Iterator[Row]:
        """The test sequences of CASIA-B under the paper's protocol, three windows and their reverse."""
        store, sequences = self._walks(name, self.size.embedded, 1)
        model = self._model(name, store)
        evaluation = system_settings(self.config, name).evaluation
        embed(model, store, self.size.frames, evaluation)
        self._reset_peak()
        embeddings: list[np.ndarray] = []
        seconds = self._seconds(lambda: embeddings.append(embed(model, store, self.size.frames, evaluation)))
        yield Row("embedding", f"{name}, {len(sequences)} sequences", seconds, "s")
        yield Row("memory, embedding", name, self._peak_gb(), "GB")

    def metrics(self) -> Iterator[Row]:
        """Cross-view metrics of random embeddings of the size of CASIA-B's test, on the CPU."""
        subjects, views = (50, 11) if self.size is FULL else (4, 2)
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
        seconds = self._seconds(lambda: cross_view_metrics(embeddings, keys))
        yield Row("cross-view metrics", f"{len(keys)} sequences, on the CPU", seconds, "s")

    def demo(self) -> Iterator[Row]:
        """Training of the demo's two systems, one seed each, without evaluation."""
        config = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"})
        for name in PAPER:
            settings = system_settings(config, name)
            subjects, each = (24, 110) if self.size is FULL else (4, 4)
            store, sequences = self._walks(name, subjects, each, settings=settings)
            torch.manual_seed(0)
            model = build_model(**store.network_arguments(), **settings.network.model_dump()).to(self.device)
            recipe = settings.training
            if self.size is not FULL:
                batch = recipe.batch.model_copy(update={"subjects": 3, "sequences": 2})
                recipe = recipe.model_copy(update={"epochs": 1, "batch": batch})
            seconds = self._seconds(
                lambda model=model, store=store, sequences=sequences, recipe=recipe, settings=settings: train(
                    model, store, sequences, recipe, augmented=augmented, network=settings.network, seed=0
                )
            )
            yield Row("the demo", f"training of {name}, one seed", seconds, "s")

    def seeds(self) -> Iterator[Row]:
        """One run alone, and two at once on the same card: which trains more seeds in an hour?"""
        command = ["--worker", "steps", "gaitmixer", "float32"]
        alone = json.loads(_finish(self._start(command)))
        together = [self._start(command) for _ in range(2)]
        both = [json.loads(_finish(process)) for process in together]
        one, two = (3600 / (STEPS_OF_A_RUN * seconds) for seconds in (alone, max(both) / 2))
        yield Row("seeds an hour, gaitmixer, float32, without compiling", "one at a time", one, "seeds")
        yield Row("seeds an hour, gaitmixer, float32, without compiling", "two at once", two, "seeds")

    def sizes(self) -> Iterator[Row]:
        """Cost against the size of the batch, the number of subjects, and the frames of a window."""
        with _compiling_from(AS_THEY_ARE):
            for subjects in self.size.batches:
                seconds, _, peak = self._steps(
                    "gaitmixer", "float32", batch=subjects, population=max(self.size.batches)
                )
                sequences = subjects * self.size.sequences
                yield Row(
                    "cost against the batch", f"{sequences} sequences", 1000 * seconds / sequences, "ms a sequence"
                )
                yield Row("memory against the batch", f"{sequences} sequences", peak, "GB")
            for population in self.size.populations:
                seconds, _, _ = self._steps("gaitmixer", "float32", population=population)
                yield Row("cost against the subjects", f"{population} subjects", 1000 * seconds, "ms a step")
            for frames in self.size.lengths:
                seconds, _, peak = self._steps("gaitmixer", "float32", frames=frames)
                yield Row("cost against the frames", f"{frames} frames", 1000 * seconds / frames, "ms a frame and step")
                yield Row("memory against the frames", f"{frames} frames", peak, "GB")

    def run_times(self) -> Iterator[Row]:
        """A run of 300 epochs by the steps that were measured."""
        for (name, precision, way), ms in self.ms.items():
            if name in PAPER:
                minutes = STEPS_OF_A_RUN * ms / 60_000
                yield Row("300 epochs, calculated from a step", f"{name}, {precision}, {way}", minutes, "min")

    # --- how ---

    def _steps(
        self,
        name: str,
        precision: str,
        *,
        batch: int | None = None,
        population: int | None = None,
        frames: int | None = None,
    ) -> tuple[float, str, float]:
        """Seconds of a step in the faster of two epochs after the first, how it was run, and GB at the peak."""
        batch, frames = batch or self.size.subjects, frames or self.size.frames
        population = max(batch, population or self.size.subjects)
        each = max(self.size.sequences, -(-(self.size.steps * batch * self.size.sequences + 1) // population))
        store, sequences = self._walks(name, population, each, frames=frames)
        torch.manual_seed(0)
        model = self._model(name, store, frames)
        self._reset_peak()
        result = self._train(name, precision, model, store, sequences, batch, 3, frames=frames)
        row = result.history.iloc[1:]
        steps = self._steps_of_an_epoch(name, sequences, batch)
        return float(row["seconds"].min()) / steps, result.steps, self._peak_gb()

    def _train(self, name, precision, model, store, sequences, batch, epochs, *, frames=None, checkpoints=None):
        settings = system_settings(self.config, name)
        recipe = settings.training.model_dump() | {"epochs": epochs, "second_phase": None, "precision": precision}
        recipe |= {"batch": self._batch(settings.training.batch, batch), "repeat": {}, "collapse_distance": 0.0}
        network = settings.network.model_copy(update={"frames": frames or self.size.frames})
        training = type(settings.training).model_validate(recipe)
        return train(
            model, store, sequences, training, augmented=augmented, network=network, seed=0, checkpoints=checkpoints
        )

    def _steps_of_an_epoch(self, name: str, sequences: pd.DataFrame, batch: int) -> int:
        sizes = self._batch(system_settings(self.config, name).training.batch, batch)
        if sizes["kind"] == "shuffled":
            return -(-len(sequences) // sizes["size"])
        return max(1, (len(sequences) - 1) // (sizes["subjects"] * sizes["sequences"]))

    def _batch(self, batch, subjects: int) -> dict:
        if batch.kind == "shuffled":
            return batch.model_dump() | {"size": max(2, batch.size // self.size.divisor)}
        return batch.model_dump() | {"subjects": subjects, "sequences": self.size.sequences}

    def _loss(self, name: str, subjects: int, fixed_shapes: bool) -> torch.nn.Module:
        settings = system_settings(self.config, name)
        dimension = settings.network.embedding_dim
        loss = settings.training.loss
        return build_loss(loss, subjects=subjects, embedding_dim=dimension, fixed_shapes=fixed_shapes)

    def _model(self, name: str, store: KeypointStore, frames: int | None = None) -> torch.nn.Module:
        options = system_settings(self.config, name).network.model_dump() | {"frames": frames or self.size.frames}
        return build_model(**store.network_arguments(), **options).to(self.device)

    def _walks(self, name: str, subjects: int, each: int, *, frames: int | None = None, settings=None):
        """Walks of 61 to 110 frames (or from the window's length on) on the device, and their subjects."""
        settings = settings or system_settings(self.config, name)
        shortest = max(frames or self.size.frames, settings.network.frames if self.size is FULL else 0) + 1
        draw = np.random.default_rng(0)
        lengths = draw.integers(shortest, shortest + 50, subjects * each)
        owner = np.repeat(np.arange(subjects), each)
        values = 4 if "z" in settings.input.channels else 3
        base = draw.uniform(40, 200, (subjects, 17, 2)).astype(np.float32)
        poses = np.full((lengths.sum(), 17, values), 0.8, np.float32)
        poses[..., :2] = base[np.repeat(owner, lengths)]
        poses[..., :2] += 6 * draw.standard_normal(poses[..., :2].shape, dtype=np.float32)
        transform = transform_of(settings.input, values, 320)
        length = torch.from_numpy(lengths).to(self.device)
        prepared = transform.prepared(torch.from_numpy(poses).to(self.device), length)
        store = KeypointStore(prepared, length.cumsum(0) - length, length, transform.frame_width or 320, transform)
        return store, pd.DataFrame({"subject": [f"{number:05d}" for number in owner], "condition": "nm"})

    def _seconds(self, function: Callable[[], object]) -> float:
        self._wait()
        started = perf_counter()
        function()
        self._wait()
        return perf_counter() - started

    def _wait(self) -> None:
        if self.on_gpu:
            torch.cuda.synchronize()

    def _reset_peak(self) -> None:
        if self.on_gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def _peak_gb(self) -> float:
        return (torch.cuda.max_memory_reserved() if self.on_gpu else compute.peak_memory()) / 1e9

    def _start(self, arguments: list[str]) -> subprocess.Popen:
        command = [sys.executable, __file__, "--device", self.device.type, *arguments]
        command += ["--small"] if self.size is SMALL else []
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


def _finish(process: subprocess.Popen) -> str:
    output, errors = process.communicate(timeout=120)
    if process.returncode:
        raise RuntimeError(f"a process of its own failed: {errors.strip().splitlines()[-1:]}")
    return output.splitlines()[-1]


@contextlib.contextmanager
def _compiling_from(steps: int) -> Iterator[None]:
    before, whole_step.COMPILED_FROM = whole_step.COMPILED_FROM, steps
    try:
        yield
    finally:
        whole_step.COMPILED_FROM = before


def parts(bench: Bench) -> list[tuple[str, Callable[[], Iterator[Row]], int]]:
    """Each part with its name and the seconds it needs about, the most important ones first."""

    def steps(name: str, precision: str, compiled: bool = False):
        text = f"step of {name}, {precision}{', compiled' * compiled}"
        return text, lambda: bench.step(name, precision, compiled), COMPILING if compiled else 8

    return [
        ("parity", bench.parity, 10),
        *((f"peer of {name}", lambda name=name: bench.peer(name), 6) for name in PAPER),
        *(steps(name, "float32") for name in PAPER),
        ("embedding", lambda: bench.embedding("gaitmixer"), 6),
        ("same bytes, float32", lambda: bench.bytes("float32"), 20),
        steps("gaitmixer", "tf32", compiled=True),
        *(steps("gaitmixer", precision) for precision in PRECISIONS[1:]),
        *(steps(name, "float32") for name in BASELINES),
        steps("gaitformer", "tf32", compiled=True),
        ("the demo", bench.demo, 10),
        ("seeds at once", bench.seeds, 30),
        ("cost against size", bench.sizes, 25),
        *((f"peer of {name}", lambda name=name: bench.peer(name), 6) for name in BASELINES),
        ("same bytes, tf32", lambda: bench.bytes("tf32"), 20),
        ("same bytes, bfloat16", lambda: bench.bytes("bfloat16"), 20),
        steps("gaitmixer", "bfloat16", compiled=True),
        *(steps("gaitformer", precision) for precision in PRECISIONS[1:]),
        *(steps(name, precision) for precision in PRECISIONS[1:] for name in BASELINES),
        ("embedding of gaitformer", lambda: bench.embedding("gaitformer"), 6),
        ("cross-view metrics", bench.metrics, 6),
        steps("gaitmixer", "float32", compiled=True),
        ("run times", bench.run_times, 0),
    ]


def measured(bench: Bench, seconds: float) -> Iterator[Row]:
    """The rows of all parts, each as soon as it is measured."""
    started = perf_counter()
    for name, part, needed in parts(bench):
        left = seconds - (perf_counter() - started)
        if needed and needed > left:
            yield Row("not measured", name, f"{left:.0f} s were left of {seconds:.0f}", "")
            continue
        try:
            yield from part()
        except Exception as error:
            traceback.print_exc()
            yield Row("FAILED", name, f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:160]}", "")
        if bench.on_gpu:
            torch.cuda.empty_cache()


def machine(device: torch.device) -> dict:
    """What the figures depend on."""
    triton = contextlib.suppress(ImportError)
    found = {"card": compute.device_name(device), "torch": torch.__version__, "cuda": torch.version.cuda}
    found |= {"python": platform.python_version(), "cores": os.cpu_count(), "triton": None}
    with triton:
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
    parser.add_argument("--seconds", type=float, default=225, help="time for all parts together")
    parser.add_argument("--json", type=Path, default=RESULT, help="the file to write")
    parser.add_argument("--worker", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        sys.exit("No GPU was found (torch.cuda.is_available() is false); a benchmark of a GPU needs one.")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    compute.prepare(2)
    bench = Bench(torch.device(arguments.device), SMALL if arguments.small else FULL)
    if arguments.worker:
        kind, *rest = arguments.worker
        with _compiling_from(AS_THEY_ARE):
            print(json.dumps(bench.digest(*rest) if kind == "bytes" else bench._steps(*rest)[0]))
        return
    started, rows = perf_counter(), []
    found = machine(bench.device)
    print("  ".join(f"{name} {value}" for name, value in found.items()), flush=True)
    for row in measured(bench, arguments.seconds):
        rows.append(row)
        print(f"{row.part:<42}  {row.what:<46}  {text(row.value)} {row.unit}", flush=True)
    result = {"made": datetime.now(UTC).isoformat(timespec="seconds"), "machine": found}
    result |= {"seconds": round(perf_counter() - started), "rows": rows}
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{arguments.json} written after {result['seconds']} s; make docs puts it into docs/performance.md")


if __name__ == "__main__":
    main()
