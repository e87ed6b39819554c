"""Rank-1 of an experiment's systems with random weights, that is before training.

python benchmarks/untrained.py demo [SYSTEM ...] evaluates every system and seed of experiments/demo.yaml, or those
systems, on results/demo/poses.parquet and split.csv of the workflow.
"""

import argparse
import tempfile
from pathlib import Path
from statistics import mean

import torch

from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.weights import write_weights
from gaitcore.evaluation.run import EvaluationOutputs, evaluate_run
from gaitcore.networks import build_model
from gaitcore.percent import in_percent
from gaitcore.settings.experiment import System
from gaitcore.settings.files import load_config
from gaitcore.settings.protocol import Protocol
from gaitcore.systems import system_settings

REPOSITORY = Path(__file__).parents[1]


def untrained(name: str, system: System, protocol: Protocol, seed: int, results: Path) -> dict[str, float]:
    """Condition -> rank-1 in percent, with random weights of this seed."""
    torch.manual_seed(seed)
    channels = [channel for channel in system.input.channels if channel != "z"]
    network = build_model(in_channels=len(channels), **system.network.model_dump())
    input = system.input.model_copy(update={"channels": tuple(channels)})
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("weights", "embeddings", "metrics", "subjects")]
        write_weights({key: tensor.numpy() for key, tensor in network.state_dict().items()}, files[0])
        evaluate_run(
            name,
            system.network,
            input,
            system.evaluation,
            table=results / "poses.parquet",
            split=results / "split.csv",
            protocol=protocol,
            weights=files[0],
            outputs=EvaluationOutputs(*files[1:]),
            threads=2,
        )
        rank1 = read_metrics(files[2]).means["rank1"]
    return {condition: in_percent(value) for condition, value in rank1.items()}


def main() -> None:
    """Print one line per system: each condition's mean over the experiment's seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment")
    parser.add_argument("systems", nargs="*")
    arguments = parser.parse_args()
    config = load_config(REPOSITORY / "config.yaml", {"experiment": arguments.experiment})
    results = REPOSITORY / "results" / config.experiment
    for name in arguments.systems or config.compare:
        by_seed = [
            untrained(name, system_settings(config, name), config.protocol, seed, results) for seed in config.seeds
        ]
        means = {condition: mean(rank1[condition] for rank1 in by_seed) for condition in config.protocol.probes}
        print(f"{name:12} " + "  ".join(f"{condition} {value:.1f}" for condition, value in means.items()), flush=True)


if __name__ == "__main__":
    main()
