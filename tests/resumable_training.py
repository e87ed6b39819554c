"""A small training run in a process of its own, to be killed and started again.

python resumable_training.py FOLDER MINUTES [THREADS]: train on FOLDER/poses.parquet and FOLDER/split.csv with this
number of threads and write a checkpoint whenever this number of minutes has passed.
"""

import logging
import sys
from pathlib import Path

from places import REPOSITORY

from gaitcore.errors import GaitError
from gaitcore.settings.files import load_config
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.training import Training
from gaitcore.training.run import RunOutputs, train_run

NETWORK = {
    "name": "gaitmixer",
    "frames": 10,
    "embedding_dim": 8,
    "widths": [8, 16],
    "spatial_width": 8,
    "spatial_depth": 1,
}
NETWORK |= {"heads": 2, "kernel": 5}
DEMO = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"})
RECIPE = DEMO.training.model_dump()
RECIPE |= {"epochs": 250, "learning_rate": 1e-2}  # of one step
RECIPE |= {"batch": {"kind": "balanced", "subjects": 3, "sequences": 2}}
RECIPE |= {"loss": {"kind": "triplet", "miner_epsilon": 0.1, "margin": 0.2}}

PROTOCOL = {
    "split": "s",
    "splits": {"s": {"train": "1-3", "test": "4-5", "validation": ()}},
    "gallery": {"nm": [1]},
    "probes": {"nm": [2]},
    "exclude_same": "nothing",  # there is one view alone
    "min_frames": 11,
}


def outputs_in(folder: Path) -> RunOutputs:
    return RunOutputs(*(folder / name for name in ("weights.safetensors", "training.csv", "run.json", "checkpoints")))


def run(folder: Path, minutes: float, threads: int = 2, watched=None, **recipe) -> RunOutputs:
    outputs = outputs_in(folder)
    train_run(
        "gaitmixer",
        3,
        SystemNetwork.model_validate(NETWORK),
        DEMO.input,
        Training.model_validate(RECIPE | recipe),
        tables={"keypoints": folder / "poses.parquet"},
        split=folder / "split.csv",
        protocol=Protocol.model_validate(PROTOCOL),
        outputs=outputs,
        threads=threads,
        code="c0de",
        checkpoint_minutes=minutes,
        watched=watched,
    )
    return outputs


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        run(Path(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:]))
    except GaitError as error:
        sys.exit(str(error))
