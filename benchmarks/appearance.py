"""A training step of the appearance systems on a CPU, ours beside plain modules: ``make bench-appearance``.

Plain: the network's own ``forward`` on the whole batch as float32 of shape (B, T, 64, 44), its operations split between
threads by torch, with torch's and the C library's defaults. Both take a step of the published recipe (batch, frames,
forward, loss, backward, optimiser) in float32. Every measurement is a process of its own, and the two alternate, so
that ratios are valid on a machine whose speed drifts. Writes results/benchmarks_appearance.json.

The recipes' batches are 8 subjects x 16 sequences of 30 frames; 8 x 4 take a quarter of the time and memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

REPOSITORY = Path(__file__).parents[1]
RESULT = REPOSITORY / "results" / "benchmarks_appearance.json"
SYSTEMS = ("gaitset", "gaitpart")
WAYS = ("ours", "plain")
SUBJECTS, THREADS = 8, 2
WARM_UP = 1  # steps


def main() -> None:
    """Measure the steps in turns and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=int, default=4, help="of each subject; the recipes have 16")
    parser.add_argument("--rounds", type=int, default=2, help="of alternating the two")
    parser.add_argument("--systems", nargs="+", default=SYSTEMS)
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        system, way, sequences = arguments.worker
        print(json.dumps(step(system, way, int(sequences))))
        return
    from gaitcore.artefacts.provenance import machine

    load, started = os.getloadavg()[0], perf_counter()
    runs: dict[str, dict[str, list[dict]]] = {name: {way: [] for way in WAYS} for name in arguments.systems}
    for _ in range(arguments.rounds):
        for name in arguments.systems:
            for way in WAYS:
                runs[name][way].append(_run(name, way, arguments.sequences))
                print(f"{name}, {way}: {runs[name][way][-1]}", flush=True)
    result = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "load": load,
        "batch": [SUBJECTS, arguments.sequences, 30],
        "systems": {name: {way: _median(repeats) for way, repeats in ways.items()} for name, ways in runs.items()},
        "seconds": round(perf_counter() - started),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{RESULT.relative_to(REPOSITORY)} written after {result['seconds']} s; make docs puts it into the docs")


def _run(system: str, way: str, sequences: int) -> dict:
    command = [sys.executable, __file__, "--worker", system, way, str(sequences)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    )
    return json.loads(done.stdout.splitlines()[-1])


def _median(repeats: list[dict]) -> dict:
    return {key: statistics.median(run[key] for run in repeats) for key in ("seconds", "cpu_seconds", "peak_gb")}


# --- in the workers ---


def step(system: str, way: str, sequences: int) -> dict:
    """Seconds of a whole step, of a clock and of the processors, and peak memory."""
    from time import process_time

    from gaitcore.execution.compute import peak_memory

    steps = _steps(system, way, sequences)
    for _ in range(WARM_UP):
        next(steps)
    started, on_processors = perf_counter(), process_time()
    next(steps)
    return {
        "seconds": round(perf_counter() - started, 2),
        "cpu_seconds": round(process_time() - on_processors, 2),
        "peak_gb": round(peak_memory() / 1e9, 2),
    }


def _steps(name: str, way: str, sequences: int) -> Iterator[None]:
    import numpy as np
    import torch

    from gaitcore.execution import compute
    from gaitcore.execution.training_pass import training_pass
    from gaitcore.modalities.silhouettes.store import made_up_store
    from gaitcore.networks import build_model
    from gaitcore.sampling.training_frames import training_frames
    from gaitcore.settings.files import load_config
    from gaitcore.systems import system_settings
    from gaitcore.training.batches import build_batches
    from gaitcore.training.losses import build_loss
    from gaitcore.training.optimisation import Optimisation

    if way == "ours":
        compute.prepare(THREADS)
    else:
        torch.set_num_threads(THREADS)
    silhouettes = {"modality": ["silhouettes"], "silhouettes": {"format": "opengait_pickles", "path": "x"}}
    config = load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b", "compare": name, "data": silhouettes})
    system = system_settings(config, name)
    training, frames = system.training, system.network.frames
    torch.manual_seed(0)
    rng, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    labels = np.repeat(np.arange(SUBJECTS), sequences)
    store = made_up_store(rng.integers(61, 111, len(labels)), system.input, torch.device("cpu"))
    batch = training.batch.model_copy(update={"sequences": sequences})
    batches = build_batches(labels, np.arange(len(labels)), batch, rng)
    network = build_model(**system.network.model_dump()).train()
    forward = training_pass(network) if way == "ours" else network
    criterion = build_loss(training.loss, subjects=SUBJECTS, embedding_dim=system.network.embedding_dim, parts=2)
    optimiser = Optimisation([*network.parameters()], training, len(batches))
    for rows in batches:
        chosen = torch.from_numpy(rows)
        numbers = training_frames(store.lengths[chosen], frames, training.sampling, 0.0, generator)
        embeddings = forward(store.network_input(store.windows(chosen, numbers)))
        loss, _ = criterion(embeddings, torch.from_numpy(labels[rows]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield


if __name__ == "__main__":
    main()
