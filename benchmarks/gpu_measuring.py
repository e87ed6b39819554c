"""How benchmarks/gpu.py measures: steps of the training loop, runs on walkers, processes beside one another."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from gaitcore import modalities
from gaitcore.errors import GaitError
from gaitcore.evaluation.cross_view import cross_view_metrics
from gaitcore.evaluation.embedding import embed
from gaitcore.execution import compute, whole_step
from gaitcore.modalities.keypoints.augmentation import augmented
from gaitcore.modalities.keypoints.store import KeypointStore
from gaitcore.modalities.keypoints.walkers.walkers import WALKS, walk
from gaitcore.modalities.silhouettes.store import SilhouetteStore, StreamedSilhouettes
from gaitcore.networks import build_model, modality
from gaitcore.settings.files import load_config
from gaitcore.settings.walkers import WalkerSettings
from gaitcore.systems import system_settings
from gaitcore.training.checkpoints import Checkpoints
from gaitcore.training.loop import train
from gaitcore.training.losses import build_loss

REPOSITORY = Path(__file__).resolve().parents[1]
PRECISIONS = ("float32", "tf32", "bfloat16")
STEPS_OF_A_RUN = 14_100  # 300 epochs of 47 steps
AS_THEY_ARE = 10**9  # steps from which a run is compiled: none
WARM = 2  # steps before the measurement; the first one records the graph


class Row(NamedTuple):
    """A row of the table: what was measured, and the value with its unit."""

    part: str
    what: str
    value: float | str
    unit: str


class Size(NamedTuple):
    """The size of the measurements."""

    divisor: int  # of the published batches
    frames: int | None  # of a window; None for the published ones
    steps: int  # of a run that is measured, at least; half as many where frames are pictures
    embedded: int  # sequences
    batches: tuple[int, ...]  # subjects in a batch
    populations: tuple[int, ...]  # training subjects
    lengths: tuple[int, ...]  # frames of a window
    walkers: tuple[int, int]  # subjects, and how many of them are trained on
    seeds: int  # with each precision
    epochs: int | None  # of a run on walkers; None for the demo's
    turn: int  # steps of a process beside others, each time that it is asked
    precisions: tuple[str, ...]  # in which a step of each system is measured


_BATCHES, _POPULATIONS, _LENGTHS = (19, 37, 74, 148, 296), (74, 740, 5153), (60, 120, 300)
FULL = Size(1, None, 16, 5232, _BATCHES, _POPULATIONS, _LENGTHS, (68, 48), 3, None, 50, PRECISIONS)
SMALL = Size(16, 16, 6, 8, (2, 4), (4, 8), (16, 20), (4, 2), 2, 1, 2, ("float32",))


TINY = {  # networks that show that everything runs
    "gaitmixer": {"spatial_width": 8, "spatial_depth": 1, "heads": 2, "widths": (8, 16), "kernel": 5},
    "gaitformer": {"width": 8, "spatial_depth": 1, "temporal_depth": 2, "heads": 2},
    "gaitset": {"widths": (2, 3, 4)},
    "gaitset_opengait": {"widths": (2, 3, 4)},
    "gaitpart": {"widths": (2, 4, 8), "parts": 4},
    "gaittr": {"widths": (32, 32, 64)},
    "gpgait": {"shared": (8, 8), "width": 8},
    "skeletongait": {"widths": (2, 3, 4, 4)},
    "ptsn": {"hidden": 8, "widths": (4, 4)},
}


class Steps(NamedTuple):
    """Training steps: seconds of each, how they were run, GB at the peak, and the SHA-256 of the weights after them."""

    seconds: float
    how: str
    peak_gb: float
    digest: str


class _EnoughError(Exception):
    """Ends a run when it has been measured."""


class Meter(Checkpoints):
    """Stands in the place of a run's checkpoints: the time of a step, without the first ones."""

    def __init__(self, wait: Callable[[], None]):
        super().__init__(Path(), {}, minutes=0)
        self.wait, self.since, self.each = wait, 0.0, 0.0

    def resume(self, parts: Any) -> None:
        """There is nothing to resume from."""

    def after_step(self, step: int, parts: Any) -> None:
        """Start the clock when the first steps are done."""
        if step == WARM:
            self.start()

    def after_last_step(self, step: int, parts: Any) -> None:
        """Stop it when all are done."""
        self.wait()
        self.each = (perf_counter() - self.since) / (step - WARM)

    def start(self) -> None:
        """The clock, when the device has done what it was asked."""
        self.wait()
        self.since = perf_counter()


class Turns(Meter):
    """Does some steps whenever a line comes in, prints their seconds, and ends the run at the end of the input."""

    def __init__(self, wait: Callable[[], None], number: int):
        super().__init__(wait)
        self.number, self.until = number, 0

    def after_step(self, step: int, parts: Any) -> None:
        """Wait for the next line after the last step of a turn."""
        if step not in (WARM, self.until):
            return
        self.wait()
        print(perf_counter() - self.since if step == self.until else "ready", flush=True)
        if not sys.stdin.readline():
            raise _EnoughError
        self.until = step + self.number
        self.start()


class Bench:
    """What the measurements on one device need."""

    def __init__(self, device: torch.device, size: Size):
        self.device, self.size = device, size
        self.on_gpu = device.type == "cuda"
        self.config = load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b"})
        self.demo = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"})
        self.ms: dict[tuple[str, str, str], float] = {}  # system, precision, how -> of a step
        self.embedding_seconds: dict[str, float] = {}  # system -> of all test sequences
        self.compiling: list[Worker] = []  # of each of the first of COMPILED
        self.compiled_elsewhere: dict[tuple[str, str], str] = {}  # system, precision -> of the weights
        self._walkers: tuple[pd.DataFrame, list[np.ndarray]] | None = None

    # --- steps ---

    def systems(self) -> tuple[str, ...]:
        """Those that learn."""
        return tuple(name for name in self.config.systems if system_settings(self.config, name).training.epochs)

    def steps(
        self,
        name: str,
        precision: str,
        *,
        compiled: bool = False,
        batch: int | None = None,
        population: int | None = None,
        frames: int | None = None,
        store: Any = None,
        meter: Meter | None = None,
    ) -> Steps:
        """Training steps of a system with its recipe, in which a batch may be of another size.

        Args:
            name: the system's.
            precision: of its products.
            compiled: whether its network is compiled, where that is possible.
            batch: subjects of a batch, where it is made of subjects.
            population: training subjects.
            frames: of a window.
            store: made-up frames, those of the system by default.
            meter: what measures.
        """
        network, endless = self.network(name, frames), isinstance(meter, Turns)
        pictures = modality(network.name) == "silhouettes" or name == "skeletongait"
        recipe = self.recipe(name, batch, precision, 1_000 if endless else self.size.steps // (1 + pictures))
        store, owners = self._training_set(name, recipe, network.frames, population, store)
        recipe["epochs"] = 100_000 if endless else 1
        meter = meter or Meter(self.wait)
        torch.manual_seed(0)
        model = build_model(**store.network_arguments(), **network.model_dump()).to(self.device)
        result = None
        self.reset_peak()
        with _compiling_from(0 if compiled else AS_THEY_ARE), contextlib.suppress(_EnoughError):
            result = self._train(name, model, store, owners, recipe, network, seed=0, checkpoints=meter)
        return Steps(meter.each, result.steps if result else "", self.peak_gb(), _digest(model))

    def _train(self, name, model, store, owners, recipe, network, *, seed, checkpoints):
        """The training loop on made-up sequences of these people; what it returns."""
        return train(
            model,
            store,
            pd.DataFrame({"subject": [f"{owner:05d}" for owner in owners], "condition": "nm"}),
            type(system_settings(self.config, name).training).model_validate(recipe),
            augmented=modalities.part(modality(network.name), "augmentation").augmented,
            network=network,
            seed=seed,
            checkpoints=checkpoints,
        )

    def recipe(self, name: str, batch: int | None, precision: str, steps: int) -> dict:
        """A system's recipe with one phase and a constant rate; ``steps`` are those of an epoch at least."""
        settings = system_settings(self.config, name).training
        recipe = settings.model_dump() | {"second_phase": None, "precision": precision}
        recipe |= {"schedule": "constant", "milestones": (), "collapse_distance": 0.0, "steps": steps}
        sizes = settings.batch.model_dump()
        if sizes["kind"] == "shuffled":
            sizes["size"] = max(4, sizes["size"] // self.size.divisor)
        else:
            sizes["subjects"] = batch or max(2, sizes["subjects"] // self.size.divisor)
            sizes["sequences"] = max(2, sizes["sequences"] // self.size.divisor)
        return recipe | {"batch": sizes}

    def _training_set(
        self, name: str, recipe: dict, frames: int, population: int | None, store: Any
    ) -> tuple[Any, np.ndarray]:
        """Frames and the subject of each sequence; the recipe lists a sequence as often as an epoch needs."""
        sizes, steps = recipe["batch"], recipe.pop("steps")
        shuffled = sizes["kind"] == "shuffled"
        batch = sizes["size"] if shuffled else sizes["subjects"] * sizes["sequences"]
        subjects = max(batch if shuffled else sizes["subjects"], population or 0)
        store = store or self.made_up(name, 2 * batch if population is None else max(2 * batch, population), frames)
        if sizes["kind"] == "drawn":
            sizes["steps"] = steps
        recipe["repeat"] = {"nm": -(-(steps * batch + (not shuffled)) // len(store.lengths))}
        return store, np.arange(len(store.lengths)) % subjects

    def network(self, name: str, frames: int | None = None) -> Any:
        """A system's network with windows of some length."""
        network = system_settings(self.config, name).network
        frames = frames or self.size.frames or network.frames
        return network.model_copy(update={"frames": frames, **({} if self.size is FULL else TINY.get(name, {}))})

    def made_up(self, name: str, number: int, frames: int) -> Any:
        """Sequences of a system's modality, of 61 to 110 frames, or from the window's length on."""
        settings = system_settings(self.config, name)
        shortest = max(frames, 60 if self.size is FULL else 0) + 1
        lengths = np.random.default_rng(0).integers(shortest, shortest + 50, number)
        part = modalities.part(modality(settings.network.name), "store")
        return part.made_up_store(lengths, settings.input, self.device)

    def loss(self, name: str, subjects: int, fixed_shapes: bool) -> torch.nn.Module:
        """A system's loss."""
        settings = system_settings(self.config, name)
        dimension = settings.network.embedding_dim
        return build_loss(
            settings.training.loss, subjects=subjects, embedding_dim=dimension, fixed_shapes=fixed_shapes
        ).to(self.device)

    # --- the same bytes ---

    def digest(self, precision: str, stop_after: int | None = None) -> str:
        """SHA-256 of the weights after a run of some steps; it may be stopped and resumed on the way."""
        with tempfile.TemporaryDirectory() as folder:
            checkpoints = Checkpoints(Path(folder), {"run": "bench"}, 10_000)
            if stop_after is not None:
                _stop(checkpoints, stop_after)
                with contextlib.suppress(GaitError):  # which a run that is stopped ends with
                    self._short_run("gaitmixer", precision, checkpoints)
                checkpoints = Checkpoints(Path(folder), {"run": "bench"}, 10_000)
                if not [*Path(folder).glob("*.checkpoint")]:
                    raise RuntimeError("the run that should be resumed has no checkpoint")
            return self._short_run("gaitmixer", precision, checkpoints)

    def digest_of_silhouettes(self, streamed: bool) -> str:
        """SHA-256 of GaitSet's weights after some steps whose frames lie on the device, or are streamed to it."""
        return self._short_run("gaitset", "float32", None, self.silhouettes(streamed, 16))

    def silhouettes(self, streamed: bool, number: int) -> SilhouetteStore:
        """Silhouettes of noise, on the device or on the host."""
        draw = np.random.default_rng(0)
        lengths = draw.integers(61, 111, number) if self.size is FULL else draw.integers(4, 9, number)
        masks = torch.from_numpy(draw.integers(0, 256, (int(lengths.sum()), 64, 64), dtype=np.uint8))
        of_each = torch.from_numpy(lengths).to(self.device)
        first = of_each.cumsum(0) - of_each
        if streamed:
            return StreamedSilhouettes(masks, first, of_each)
        return SilhouetteStore(masks.to(self.device), first, of_each)

    def _short_run(self, name: str, precision: str, checkpoints: Checkpoints | None, store: Any = None) -> str:
        recipe = self.recipe(name, 4, precision, 4)
        recipe["batch"]["sequences"] = 2
        network = self.network(name, 8 if name == "gaitset" else None)
        store, owners = self._training_set(name, recipe, network.frames, None, store)
        recipe["epochs"] = 2
        torch.manual_seed(3)
        model = build_model(**store.network_arguments(), **network.model_dump()).to(self.device)
        with _compiling_from(AS_THEY_ARE):
            self._train(name, model, store, owners, recipe, network, seed=3, checkpoints=checkpoints)
        return _digest(model)

    # --- runs on the demo's walkers ---

    def accuracy(self, config: Any, name: str, precision: str, seed: int, published: bool = False) -> dict[str, float]:
        """Rank-1 of each condition, per cent, after a run on the demo's walkers.

        Args:
            config: the demo's.
            name: the system's.
            precision: of its products.
            seed: of the run.
            published: whether the network is the published one and not the demo's smaller one; windows are the demo's.
        """
        settings = system_settings(config, name)
        network = settings.network
        if published or self.size is SMALL:
            network = self.network(name)
            network = network.model_copy(update={"frames": min(network.frames, settings.network.frames)})
        recipe = settings.training.model_dump() | {"precision": precision}
        trained = self.size.walkers[1]
        if self.size is not FULL:
            recipe["epochs"] = self.size.epochs
            recipe["batch"] |= {"subjects": trained, "sequences": 2}
        keys, _ = self.walkers()
        train_on = (keys["subject"].astype(int) <= trained).to_numpy()
        store = self._store_of_walkers(settings, train_on, network.frames)
        torch.manual_seed(seed)
        model = build_model(**store.network_arguments(), **network.model_dump()).to(self.device)
        with _compiling_from(AS_THEY_ARE):
            train(
                model,
                store,
                keys[train_on].reset_index(drop=True),
                type(settings.training).model_validate(recipe),
                augmented=augmented,
                network=network,
                seed=seed,
            )
        test = self._store_of_walkers(settings, ~train_on, network.frames)
        embeddings = embed(model, test, network.frames, settings.evaluation)
        metrics = cross_view_metrics(embeddings, keys[~train_on].reset_index(drop=True))
        return {condition: 100 * metrics.mean(condition) for condition in metrics.conditions}

    def walkers(self) -> tuple[pd.DataFrame, list[np.ndarray]]:
        """The keys and the poses of the demo's walkers that are long enough, made once."""
        if self._walkers is None:
            fewer = {} if self.size is FULL else {"views": (0, 18)}
            given = self.demo.data.walkers.model_dump() | {"subjects": self.size.walkers[0]} | fewer
            settings = WalkerSettings.model_validate(given)
            rows, poses = [], []
            for subject, (condition, number) in product(range(1, settings.subjects + 1), WALKS.items()):
                for sequence in range(1, number + 1):
                    walked = walk(subject, condition, sequence, settings)
                    for view, keypoints, detected in zip(
                        settings.views, walked.keypoints, walked.detected, strict=True
                    ):
                        if detected.sum() >= self.demo.protocol.min_frames:
                            rows.append((f"{subject:03d}", condition, f"{sequence:02d}", f"{view:03d}"))
                            poses.append(keypoints[detected].astype(np.float32))
            keys = pd.DataFrame(rows, columns=["subject", "condition", "sequence", "view"])
            gallery = (keys["condition"] == "nm") & (keys["sequence"].astype(int) <= 4)
            self._walkers = keys.assign(role=np.where(gallery, "gallery", "probe")), poses
        return self._walkers

    def _store_of_walkers(self, settings: Any, chosen: np.ndarray, frames: int) -> KeypointStore:
        _, poses = self.walkers()
        some = [poses[row] for row in np.flatnonzero(chosen)]
        lengths = np.array([len(walked) for walked in some])
        return KeypointStore.made(np.concatenate(some), lengths, 320, settings.input, self.device)

    # --- the device, and processes of their own ---

    def seconds(self, function: Callable[[], object]) -> float:
        """Of a function, waiting for the device."""
        self.wait()
        started = perf_counter()
        function()
        self.wait()
        return perf_counter() - started

    def wait(self) -> None:
        """For the device."""
        if self.on_gpu:
            torch.cuda.synchronize()

    def is_lost(self) -> bool:
        """Whether the device does nothing for this process any more, as a GPU after an access beyond its memory."""
        try:
            self.wait()
        except Exception:
            return True
        return False

    def recall(self, rows: Iterable[Row]) -> None:
        """Note of these rows, measured by another process, what later ones are calculated from."""
        for part, what, value, _ in rows:
            if part == "step":
                name, precision, how = what.split(", ", 2)
                self.ms[name, precision, how] = float(value)
            elif part == "embedding":
                self.embedding_seconds[what.partition(",")[0]] = float(value)

    def reset_peak(self) -> None:
        """Begin to measure memory."""
        if self.on_gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def peak_gb(self) -> float:
        """Of the device's memory, or of this process's on a CPU."""
        return (torch.cuda.max_memory_reserved() if self.on_gpu else compute.peak_memory()) / 1e9

    @contextlib.contextmanager
    def process(self, *work: str) -> Iterator["Worker"]:
        """This script in a process of its own, which is ended with the block."""
        command = [sys.executable, str(REPOSITORY / "benchmarks" / "gpu.py"), "--device", self.device.type]
        command += ["--small"] if self.size is SMALL else []
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                [*command, "--worker", *work],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=os.environ,
            )
            try:
                yield Worker(process, errors)
            finally:
                process.kill()
                process.communicate()

    @contextlib.contextmanager
    def compiled_beside(self) -> Iterator[None]:
        """Within the block some networks are compiled, each in a process; torch keeps their kernels on the disk."""
        with contextlib.ExitStack() as stack:
            for number in range(BESIDE if self.on_gpu else 0):
                self.compiling.append(stack.enter_context(self.process(f"compile {number}")))
            yield

    def work(self, kind: str) -> None:
        """What a process of its own does."""
        if kind == "bytes":
            print(json.dumps({precision: self.digest(precision) for precision in PRECISIONS}), flush=True)
        elif kind == "turns":
            self.steps("gaitmixer", "float32", meter=Turns(self.wait, self.size.turn))
        elif kind.startswith("compile "):
            print(self.steps(*COMPILED[int(kind.removeprefix("compile "))], compiled=True).digest, flush=True)


BESIDE = 2  # of these are compiled beside other measurements
COMPILED = (("gaitmixer", "tf32"), ("gaitmixer", "bfloat16"), ("gaitformer", "bfloat16"), ("gaitmixer", "float32"))


class Worker:
    """A process of its own; its lines are asked for one by one."""

    def __init__(self, process: subprocess.Popen, errors: Any):
        self.running, self.errors = process, errors

    def go(self) -> None:
        """Let it begin a turn."""
        self.running.stdin.write("go\n")
        self.running.stdin.flush()

    def line(self) -> str:
        """The next line that it prints; raises RuntimeError with its last error if it ended without one."""
        text = self.running.stdout.readline()
        if not text:
            self.running.wait()
            self.errors.seek(0)
            raise RuntimeError(f"a process of its own ended: {(self.errors.read().strip().splitlines() or ['?'])[-1]}")
        return text.strip()


def _digest(model: torch.nn.Module) -> str:
    content = b"".join(tensor.cpu().numpy().tobytes() for tensor in model.state_dict().values())
    return hashlib.sha256(content).hexdigest()


def _stop(checkpoints: Checkpoints, after: int) -> None:
    """Let a run stop after a step, as a signal would."""
    after_step = checkpoints.after_step

    def stopping(step: int, parts: Any) -> None:
        checkpoints.stop = "the benchmark" if step == after else None
        after_step(step, parts)

    checkpoints.after_step = stopping  # type: ignore[method-assign]


@contextlib.contextmanager
def _compiling_from(steps: int) -> Iterator[None]:
    before, whole_step.COMPILED_FROM = whole_step.COMPILED_FROM, steps
    try:
        yield
    finally:
        whole_step.COMPILED_FROM = before
