"""Reading, loading, splitting and the first training steps at the full size of CASIA-B.

    python benchmarks/full_size.py [FOLDER]

Writes a CSV of synthetic walkers as large as CASIA-B's poses (124 subjects, 13,640 sequences) into FOLDER (default
data/raw/full_size; kept for the next time), then measures each stage in a process of its own and prints a table.
Training runs the published recipe's batches, 74 subjects x 4 sequences, on two of the eleven views.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from time import perf_counter

REPOSITORY = Path(__file__).parents[1]
DATA = {"dataset": "full size", "frame_width": 320, "frame_height": 240, "fps": 25.0, "pose_source": "walkers"}


def read(folder: Path) -> dict:
    """CSV -> poses.parquet."""
    from gaitcore.modalities.keypoints.reading import read_poses

    table, report = read_poses("gaitgraph_csv", folder / "poses.csv", **DATA)
    table.write(folder / "poses.parquet")
    return {"rows": len(table), "sequences": len(table.sequences), "dropped": len(report)}


def load(folder: Path) -> dict:
    """poses.parquet -> memory."""
    from gaitcore.modalities.keypoints.table import PoseTable

    started = perf_counter()
    table = PoseTable.read(folder / "poses.parquet")
    return {"rows": len(table), "load_seconds": round(perf_counter() - started, 2)}


def split(folder: Path) -> dict:
    """Roles under the 74/50 protocol."""
    from gaitcore.artefacts.split import write_split
    from gaitcore.modalities.keypoints.table import PoseTable
    from gaitcore.protocols.cross_view import assign_roles
    from gaitcore.settings.files import load_config

    protocol = load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b"}).protocol
    table = PoseTable.read(folder / "poses.parquet")
    started = perf_counter()
    assigned = assign_roles(table.sequences, protocol)
    write_split(assigned, folder / "split.csv")
    return {"split_seconds": round(perf_counter() - started, 2), **assigned["role"].value_counts().to_dict()}


def train(folder: Path) -> dict:
    """The first steps of the published recipe."""

    from gaitcore.artefacts.split import read_split
    from gaitcore.execution import compute
    from gaitcore.modalities.keypoints.augmentation import augmented
    from gaitcore.modalities.keypoints.store import open_store
    from gaitcore.networks import build_model
    from gaitcore.settings.files import load_config
    from gaitcore.systems import system_settings
    from gaitcore.training.loop import train as run

    device = compute.prepare(threads=2)
    config = load_config(REPOSITORY / "config.yaml", {"experiment": "casia_b", "training": {"epochs": 1}})
    system = system_settings(config, "gaitmixer")
    split = read_split(folder / "split.csv")
    keep = ((split["role"] == "train") & split["view"].isin(["000", "090"])).to_numpy()
    store = open_store(folder / "poses.parquet", keep, system.input, device)
    model = build_model(**store.network_arguments(), **system.network.model_dump()).to(device)
    result = run(model, store, split[keep], system.training, augmented=augmented, network=system.network, seed=0)
    history = result.history
    sequences = system.training.batch.subjects * system.training.batch.sequences
    return {"loss": history["loss"][0], "seconds_per_step": round(sequences / history["sequences_per_second"][0], 2)}


STAGES = {stage.__name__: stage for stage in (read, load, split, train)}


def measure(stage: str, folder: Path) -> dict:
    """Run one stage in its own process: its result, wall time and peak memory."""
    started = perf_counter()
    command = [sys.executable, __file__, str(folder), "--stage", stage]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {"seconds": round(perf_counter() - started, 1), **json.loads(done.stdout.splitlines()[-1])}


def main() -> None:
    """Make the data if it is missing, then measure every stage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=REPOSITORY / "data" / "raw" / "full_size")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        from gaitcore.execution.compute import peak_memory

        result = STAGES[arguments.stage](arguments.folder)
        print(json.dumps({**result, "peak_gb": round(peak_memory() / 1e9, 2)}))
        return
    poses = arguments.folder / "poses.csv"
    if not poses.exists():
        from gaitcore.modalities.keypoints.walkers.walkers import WalkerSettings, write_walkers

        print(f"writing {poses}, once")
        poses.parent.mkdir(parents=True, exist_ok=True)
        write_walkers(poses, WalkerSettings(subjects=124))
    print(f"{poses.stat().st_size / 1e6:.0f} MB of CSV")
    for stage in STAGES:
        print(f"{stage:6s}", json.dumps(measure(stage, arguments.folder)))


if __name__ == "__main__":
    main()
