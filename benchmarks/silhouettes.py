"""Reading silhouettes and the first training steps at the full size of CASIA-B.

    python benchmarks/silhouettes.py [FOLDER]

Writes pickles of drawn bodies as large as CASIA-B's silhouettes (124 subjects, 13,592 sequences, 1,117,083 frames,
4.6 GB) into FOLDER (default data/raw/full_size_silhouettes; kept for the next time), then measures each stage in a
process of its own and prints a line for each:

- disk: the files' bytes alone, which is as fast as a reader can be;
- read: the pickles become silhouettes.parquet;
- killed: the same, killed (SIGKILL) when about half of the subjects are read;
- resumed: the same command again, which must end with the same bytes;
- train: some steps of a small GaitSet on the 8,107 training sequences, with what the process holds in memory.

Before a stage that reads the pickles, the system is asked to forget their content, so that they come from the disk.
"""

import argparse
import json
import logging
import os
import pickle
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time, sleep

import numpy as np

REPOSITORY = Path(__file__).parents[1]
CONDITIONS = [("bg", 2), ("cl", 2), ("nm", 6)]
VIEWS = range(0, 181, 18)
ROLES = {"train": (range(1, 75), 8_107, 670_532), "test": (range(75, 125), 5_485, 446_551)}  # sequences, frames
SHORTEST, LONGEST = 1, 204
SUBJECTS, STEPS = 124, 3
UNFINISHED = "unfinished"


def make(folder: Path) -> None:
    """Write the pickles: the sequences' frames are those of some drawn walks, moved to the side and repeated."""
    random = np.random.default_rng(0)
    bodies = _bodies()
    for subjects, sequences, frames in ROLES.values():
        places = [
            f"{subject:03d}/{condition}-{number:02d}/{view:03d}/{view:03d}.pkl"
            for subject in subjects
            for condition, numbers in CONDITIONS
            for number in range(1, numbers + 1)
            for view in VIEWS
        ]
        kept = np.sort(random.choice(len(places), sequences, replace=False))
        for place, length in zip(kept, _lengths(sequences, frames, random), strict=True):
            path = folder / "pickles" / places[place]
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = (np.arange(length) + random.integers(len(bodies))) % len(bodies)
            path.write_bytes(pickle.dumps(np.roll(bodies[rows], random.integers(-2, 3), axis=2)))


def _bodies() -> np.ndarray:
    """(N, 64, 64) uint8: bodies drawn round synthetic walkers."""
    from tempfile import TemporaryDirectory

    from gaitcore.modalities.keypoints.reading import read_poses
    from gaitcore.modalities.keypoints.walkers.walkers import WalkerSettings, write_walkers
    from gaitcore.modalities.report import DropReport
    from gaitcore.modalities.silhouettes.bodies import draw_walks
    from gaitcore.settings.data import Bodies

    with TemporaryDirectory(dir=REPOSITORY / "data" / "raw") as scratch:
        write_walkers(Path(scratch, "poses.csv"), WalkerSettings(subjects=1))
        source = {"frame_width": 320, "frame_height": 240, "fps": 25.0, "pose_source": "walkers"}
        table, _ = read_poses("gaitgraph_csv", Path(scratch, "poses.csv"), dataset="walkers", **source)
    return np.concatenate([walk.masks for walk in draw_walks(table, Bodies(), DropReport())])


def _lengths(sequences: int, frames: int, random: np.random.Generator) -> np.ndarray:
    lengths = random.normal(frames / sequences, 20, sequences).round().astype(int).clip(SHORTEST, LONGEST)
    missing = frames - int(lengths.sum())
    lengths[random.choice(sequences, abs(missing), replace=False)] += np.sign(missing)
    return lengths


def disk(folder: Path) -> dict:
    """The files' bytes."""
    return {"bytes": sum(len(path.read_bytes()) for path in _pickles(folder))}


def read(folder: Path) -> dict:
    """Pickles -> silhouettes.parquet."""
    from gaitcore.digests import file_digest
    from gaitcore.modalities.scratch import Scratch
    from gaitcore.modalities.silhouettes.reading import read_silhouettes

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    table, scratch = folder / "silhouettes.parquet", Scratch(folder / UNFINISHED, "the same code and settings")
    started = perf_counter()
    sequences, report = read_silhouettes(
        "opengait_pickles", folder / "pickles", table, dataset="full size", scratch=scratch, threads=2
    )
    scratch.remove()
    return {
        "read_seconds": round(perf_counter() - started, 1),
        "sequences": len(sequences),
        "frames": int(sequences["frames"].sum()),
        "report": len(report),
        "table_mb": table.stat().st_size // 10**6,
        "sha256": file_digest(table)[:12],
    }


def killed(folder: Path) -> dict:
    """The same, killed when half of the subjects are read."""
    (folder / "silhouettes.parquet").unlink()
    process = subprocess.Popen(_command("read", folder), stdout=subprocess.DEVNULL)
    while len(whole := list((folder / UNFINISHED).glob("*.json"))) < SUBJECTS // 2:
        if process.poll() is not None:
            raise RuntimeError("the reading ended before it was killed")
        sleep(0.01)
    process.kill()
    process.wait()
    return {"subjects": len(whole), "kept_mb": sum(file.stat().st_size for file in whole[0].parent.iterdir()) // 10**6}


def train(folder: Path) -> dict:
    """Steps of the published batch, 8 subjects x 16 sequences x 30 frames, with a sixteenth of GaitSet's channels."""
    from gaitcore.execution import compute
    from gaitcore.modalities.silhouettes.augmentation import augmented
    from gaitcore.modalities.silhouettes.store import open_store
    from gaitcore.modalities.silhouettes.table import list_sequences
    from gaitcore.networks import build_model
    from gaitcore.settings.files import load_config
    from gaitcore.systems import system_settings
    from gaitcore.training.loop import train as run

    device = compute.prepare(threads=2)
    small = {"network": {"widths": [2, 4, 8], "embedding_dim": 16}}
    small["training"] = {"epochs": 1, "batch": {"steps": STEPS}}
    chosen = {"experiment": "casia_b", "systems": {"gaitset": small}}
    system = system_settings(load_config(REPOSITORY / "config.yaml", chosen), "gaitset")
    sequences = list_sequences(folder / "silhouettes.parquet")
    keep = (sequences["subject"].astype(int) < 75).to_numpy()
    started = perf_counter()
    store = open_store(folder / "silhouettes.parquet", keep, system.input, device)
    opened, memory = perf_counter() - started, {"opened": _memory()}
    model = build_model(**store.network_arguments(), **system.network.model_dump()).to(device)
    result = run(model, store, sequences[keep], system.training, augmented=augmented, network=system.network, seed=0)
    memory["trained"] = _memory()
    return {
        "sequences": int(keep.sum()),
        "frames": int(sequences["frames"][keep].sum()),
        "open_seconds": round(opened, 1),
        "seconds_per_step": round(result.seconds / STEPS, 2),
        "memory_mb": memory,
    }


def _memory() -> dict:
    """Megabytes that the process holds: all, its own, and pages of mapped files, which the system can take back."""
    wanted = {"VmHWM": "peak", "VmRSS": "now", "RssAnon": "own", "RssFile": "of files", "RssShmem": "shared"}
    lines = (line.partition(":") for line in Path("/proc/self/status").read_text().splitlines())
    return {wanted[name]: int(value.split()[0]) * 1024 // 10**6 for name, _, value in lines if name in wanted}


STAGES = {"disk": disk, "read": read, "killed": killed, "resumed": read, "train": train}


def _pickles(folder: Path) -> list[Path]:
    return sorted((folder / "pickles").rglob("*.pkl"))


def _forget(folder: Path) -> None:
    """Ask the system to drop the pickles from its cache."""
    for path in _pickles(folder):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _command(stage: str, folder: Path) -> list[str]:
    return [sys.executable, __file__, str(folder), "--stage", stage]


def measure(stage: str, folder: Path) -> dict:
    """Run one stage in its own process: its result, wall time and peak memory."""
    if stage != "train":
        _forget(folder)
    started = perf_counter()
    done = subprocess.run(_command(stage, folder), check=True, stdout=subprocess.PIPE, text=True)
    seconds = perf_counter() - started
    size = sum(path.stat().st_size for path in _pickles(folder)) / 1e6
    speed = {"mb_per_second": round(size / seconds)} if stage in ("disk", "read") else {}
    return {"seconds": round(seconds, 1), **speed, **json.loads(done.stdout.splitlines()[-1])}


def main() -> None:
    """Make the data if they are missing, then measure every stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = REPOSITORY / "data" / "raw" / "full_size_silhouettes"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    folder = arguments.folder
    if arguments.stage:
        result = STAGES[arguments.stage](folder)
        print(json.dumps({**result, "cpu_seconds": round(process_time(), 1), "peak_mb": _memory()["peak"]}))
        return
    if not (folder / "complete").exists():
        print(f"writing {folder / 'pickles'}, once")
        make(folder)
        (folder / "complete").touch()
    for stage in STAGES:
        print(f"{stage:8s}", json.dumps(measure(stage, folder)))


if __name__ == "__main__":
    main()
