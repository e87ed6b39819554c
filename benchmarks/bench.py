"""Training steps and embeddings, ours beside a textbook's: ``make bench``, or ``python benchmarks/bench.py``.

Every measurement is a separate process, and the variants alternate, so that ratios are valid on a machine whose speed
drifts. Writes results/benchmarks.json; ``make docs`` makes the tables of docs/performance.md from it.

The textbook implementation is benchmarks/textbook.py, with default settings and, where the name has "tuned", with the C
library set to keep freed memory (the environment variables below).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[1]
RESULT = REPOSITORY / "results" / "benchmarks.json"
KEEP_FREED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "8000000000", "MALLOC_TRIM_THRESHOLD_": "16000000000"}
FRAMES, PUBLISHED_BATCH = 60, (74, 4)
BASELINES = {"gaitgraph": 128, "gaitgraph2": 256, "posegait": 128}  # sequences of a batch; GaitGraph2's has 768
# Steps until a process has allocated the memory it keeps, for each variant.
WARM_UP = {"whole batch": 2, "ours": 2, "ours, bfloat16": 2, "textbook": 1, "textbook, tuned": 3}


def main() -> None:
    """Measure everything, the variants in turns, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it runs, measures nothing")
    parser.add_argument("--only", choices=SECTIONS, help="measure one section again, keep the others")
    parser.add_argument("--worker", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        name, *rest = arguments.worker
        print(json.dumps(WORKERS[name](*rest)))
        return
    started = perf_counter()
    result = json.loads(RESULT.read_text(encoding="utf-8")) if arguments.only else {}
    result |= {"made": datetime.now(UTC).isoformat(timespec="seconds"), "machine": _machine()}
    size = Size(4, 2, 1, 8, (6, 12)) if arguments.quick else Size(*PUBLISHED_BATCH, 2, 296, (48, 96, 192))
    for name in [arguments.only] if arguments.only else SECTIONS:
        result[name] = SECTIONS[name](size)
    result["seconds"] = round(perf_counter() - started) if not arguments.only else result["seconds"]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{RESULT.relative_to(REPOSITORY)} written after {result['seconds']} s; make docs puts it into the docs")


def _machine() -> dict:
    from gaitcore.artefacts.provenance import machine

    return machine()


class Size(NamedTuple):
    """The size of the measurements."""

    subjects: int  # of a batch
    sequences: int  # of each
    rounds: int  # of alternating the variants
    embedded: int  # sequences
    growing: tuple[int, ...]  # sequences to embed, to see how the cost grows


def _steps(size: Size) -> dict:
    batch = [str(size.subjects), str(size.sequences)]
    ways = {f"gaitmixer, {way}": ["step", "gaitmixer", way, *batch] for way in WARM_UP if way != "whole batch"}
    return _in_turns(size.rounds, {**ways, "gaitformer, ours": ["step", "gaitformer", "ours", *batch]})


def _steps_of_baselines(size: Size) -> dict:
    """Each by its own recipe, in chunks, and on the whole batch at once with torch's threads."""
    sequences = {name: str(min(number, 8 * size.embedded)) for name, number in BASELINES.items()}
    commands = {
        f"{name}, {way}": ["step", name, way, "1", number]
        for name, number in sequences.items()
        for way in ("ours", "whole batch")
    }
    return {"sequences": sequences, **_in_turns(size.rounds, commands)}


def _steps_of_smaller_batches(size: Size) -> list[dict]:
    rows = []
    for subjects in (max(1, size.subjects // 4), max(1, size.subjects // 2)):
        batch = [str(subjects), str(size.sequences)]
        ways = {way: _run(["step", "gaitmixer", way, *batch]) for way in ("ours", "textbook")}
        rows.append({"batch": subjects * size.sequences, **ways})
    return rows


def _embedding(size: Size) -> dict:
    """Six plain passes in batches of the published size, and in small ones that fit the caches better."""
    ways = {"ours": "0", "textbook, 296 at a time": "296", "textbook, 48 at a time": "48"}
    return _in_turns(size.rounds, {name: ["embed", str(size.embedded), at_once] for name, at_once in ways.items()})


def _embedding_by_sequences(size: Size) -> list[dict]:
    return [_run(["embed", str(number), "0"]) for number in size.growing]


def _seeds(size: Size) -> dict:
    """One run on two threads, and two runs on one thread each: which trains more seeds in an hour?"""
    command = ["step", "gaitmixer", "ours", str(max(1, size.subjects // 4)), str(size.sequences)]
    alone = _run(command)
    together = [_start([*command, "1"]) for _ in range(2)]
    both = [_finish(process) for process in together]
    return {"one run, two threads": alone, "two runs, one thread each": both}


SECTIONS = {
    "step": _steps,
    "baselines": _steps_of_baselines,
    "step_by_batch": _steps_of_smaller_batches,
    "embedding": _embedding,
    "embedding_by_sequences": _embedding_by_sequences,
    "seeds": _seeds,
}


def _in_turns(rounds: int, commands: dict[str, list[str]]) -> dict[str, dict]:
    """Each command's runs, and the median of their seconds."""
    runs: dict[str, list[dict]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(_run(command))
            print(f"{name}: {runs[name][-1]}", flush=True)
    return {
        name: {
            "seconds": statistics.median(run["seconds"] for run in repeats),
            "peak_gb": max(run["peak_gb"] for run in repeats),
            "runs": repeats,
        }
        for name, repeats in runs.items()
    }


def _run(command: list[str]) -> dict:
    return _finish(_start(command))


def _start(command: list[str]) -> subprocess.Popen:
    tuned = KEEP_FREED_MEMORY if "textbook, tuned" in command else {}
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", **tuned}
    return subprocess.Popen(
        [sys.executable, __file__, "--worker", *command], env=environment, stdout=subprocess.PIPE, text=True
    )


def _finish(process: subprocess.Popen) -> dict:
    output, _ = process.communicate()
    if process.returncode:
        sys.exit(f"a measurement failed: {' '.join(map(str, process.args))}")
    return json.loads(output.splitlines()[-1])


# --- in the workers ---


def step(model: str, way: str, subjects: str, sequences: str, threads: str = "2") -> dict:
    """Seconds of a whole step (batch, augmentation, forward, mining, loss, backward, optimiser), and peak memory."""
    import torch

    torch.manual_seed(0)
    make = _textbook_steps if "textbook" in way else _our_steps
    steps = make(model, way, int(subjects), int(sequences), int(threads))
    seconds = []
    for _ in range(WARM_UP[way] + 2):
        started = perf_counter()
        next(steps)
        seconds.append(perf_counter() - started)
    return {"seconds": round(min(seconds[-2:]), 3), "steps": [round(s, 2) for s in seconds], "peak_gb": _peak_gb()}


def _walks(subjects: int, each: int):
    """Sequences of 61 to 110 frames, a list of (T, 17, 3) arrays, and their subjects."""
    import numpy as np

    generator = np.random.default_rng(0)
    lengths = generator.integers(61, 111, subjects * each)
    poses = [generator.uniform(0, 240, (length, 17, 3)).astype(np.float32) for length in lengths]
    return poses, np.repeat(np.arange(subjects), each)


def _store(poses: list, settings):
    import numpy as np
    import torch

    from gaitcore.modalities.keypoints.input import transform_of
    from gaitcore.modalities.keypoints.store import KeypointStore

    lengths = torch.tensor([len(walk) for walk in poses])
    keypoints = torch.from_numpy(np.concatenate(poses))
    return KeypointStore(keypoints, lengths.cumsum(0) - lengths, lengths, 320, transform_of(settings, 3, 320))


def _objective(network):
    """Miner, loss and optimiser of the published recipe: embeddings and labels -> one step."""
    import torch
    from pytorch_metric_learning.losses import TripletMarginLoss
    from pytorch_metric_learning.miners import MultiSimilarityMiner

    miner, loss_of = MultiSimilarityMiner(epsilon=0.1), TripletMarginLoss(margin=0.01)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-4, weight_decay=1e-5)

    def improve(embeddings, labels) -> None:
        loss = loss_of(embeddings, labels, miner(embeddings, labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return improve


def _our_steps(model: str, way: str, subjects: int, sequences: int, threads: int) -> Iterator[None]:
    """A step of the system's own recipe; a shuffled batch has ``sequences`` in all."""
    import numpy as np
    import torch

    from gaitcore.execution import compute
    from gaitcore.execution.training_pass import training_pass
    from gaitcore.modalities.keypoints.augmentation import augmented
    from gaitcore.networks import build_model
    from gaitcore.sampling.random_window import random_window
    from gaitcore.settings.training import BalancedBatch
    from gaitcore.training.batches import build_batches
    from gaitcore.training.losses import build_loss
    from gaitcore.training.optimisation import Optimisation

    if way == "whole batch":
        torch.set_num_threads(threads)
    else:
        compute.prepare(threads)
    system = _published(model)
    poses, labels = _walks(subjects, 2 * sequences)
    batch = system.training.batch
    size = (
        {"subjects": subjects, "sequences": max(2, sequences)}
        if isinstance(batch, BalancedBatch)
        else {"size": sequences}
    )
    batches = build_batches(labels, np.arange(len(labels)), batch.model_copy(update=size), np.random.default_rng(0))
    store, generator = _store(poses, system.input), torch.Generator().manual_seed(0)
    network = build_model(**store.network_arguments(), **system.network.model_dump()).train()
    forward = network if way == "whole batch" else training_pass(network)
    criterion = build_loss(system.training.loss, subjects=subjects, embedding_dim=system.network.embedding_dim)
    optimiser = Optimisation([*network.parameters(), *criterion.parameters()], system.training, len(batches))
    while True:
        for rows in batches:
            chosen = torch.from_numpy(rows)
            augmentation = system.training.augmentation
            frames = random_window(store.lengths[chosen], FRAMES, augmentation.reverse, generator)
            windows = augmented(store.windows(chosen, frames), augmentation, store, generator)
            with torch.autocast("cpu", torch.bfloat16, enabled="bfloat16" in way):
                embeddings = forward(store.network_input(windows)).float()
            loss, _ = criterion(embeddings, torch.from_numpy(labels[rows]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            yield


def _published(model: str):
    from gaitcore.settings.files import load_config
    from gaitcore.systems import system_settings

    config = load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b", "compare": model})
    return system_settings(config, model)


def _textbook_steps(_model: str, _way: str, subjects: int, sequences: int, threads: int) -> Iterator[None]:
    import numpy as np
    import torch
    from textbook import GaitMixer, Walks, loader

    torch.set_num_threads(threads)
    poses, labels = _walks(subjects, 2 * sequences)
    generator = np.random.default_rng(0)
    network = GaitMixer().train()
    improve = _objective(network)
    while True:
        rows = np.concatenate(
            [generator.choice(np.flatnonzero(labels == s), sequences, False) for s in range(subjects)]
        )
        for windows, window_labels in loader(Walks(poses, labels), [rows]):
            improve(network(windows), window_labels)
            yield


def embed(number: str, at_once: str) -> dict:
    """Seconds to embed ``number`` sequences with three windows and their reverse, and peak memory.

    ``at_once`` is the batch size of the textbook's six plain passes; 0 is this library's embedding.
    """
    from gaitcore.execution import compute
    from gaitcore.networks import build_model

    poses, _ = _walks(int(number), 1)
    network, batch = build_model("gaitmixer").eval(), int(at_once)
    if batch == 0:
        compute.prepare(2)
    run = _textbook_embedding(network, poses, batch) if batch else _our_embedding(network, poses)
    seconds = []
    for _ in range(1 if batch else 2):  # the textbook's ran once already, for the comparison
        started = perf_counter()
        run()
        seconds.append(perf_counter() - started)
    each = round(1000 * min(seconds) / int(number), 2)
    return {"sequences": int(number), "seconds": round(min(seconds), 3), "ms_each": each, "peak_gb": _peak_gb()}


def _our_embedding(network, poses: list) -> Callable:
    from gaitcore.evaluation.embedding import embed as ours

    system = _published("gaitmixer")
    store = _store(poses, system.input)
    return lambda: ours(network, store, FRAMES, system.evaluation)


def _textbook_embedding(network, poses: list, batch: int) -> Callable:
    import numpy as np
    import torch
    from textbook import GaitMixer, load_from_gaitcore, test_windows

    plain = GaitMixer().eval()
    load_from_gaitcore(plain, network)
    torch.set_num_threads(2)

    @torch.no_grad()
    def run() -> np.ndarray:
        parts = []
        for start in range(0, len(poses), batch):
            windows = np.stack([test_windows(walk) for walk in poses[start : start + batch]])  # (batch, 6, T, J, 2)
            passes = [plain(torch.from_numpy(windows[:, n])) for n in range(windows.shape[1])]
            parts.append(torch.stack(passes).mean(dim=0).numpy())
        return np.concatenate(parts)

    difference = np.abs(run() - _our_embedding(network, poses)()).max()
    assert difference < 1e-6, f"ours and the textbook's embeddings differ by {difference}"
    return run


def _peak_gb() -> float:
    from gaitcore.execution.compute import peak_memory

    return round(peak_memory() / 1e9, 2)


WORKERS = {"step": step, "embed": embed}

if __name__ == "__main__":
    main()
