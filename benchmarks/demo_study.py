"""One training of the study behind the demo's recipe, docs/demo_study.md, on walkers whom the demo never sees.

    python benchmarks/demo_study.py SYSTEM [--seed 0] [--walkers 101] [--note TEXT] [section.key=value ...]

The settings are those of the demo; what differs is named as YAML: training.learning_rate=1.0e-3,
network.widths='[32, 64]', walkers.noise=0. ``input``, ``network``, ``training`` and ``evaluation`` are the system's own
sections, ``protocol`` is the experiment's, ``walkers`` is data.walkers; people='[60, 20]' trains on subjects 1-60 and
validates on 61-80. The walkers have another seed than the demo's, so that nobody of the demo's table decides about its
recipe. Each run adds a line of JSON to benchmarks/demo_study.jsonl; ``--table`` writes all of them into
docs/demo_study.md.
"""

import argparse
import hashlib
import json
import logging
import os
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from torch import nn

from gaitcore.digests import code_digest
from gaitcore.evaluation.cross_view import measure
from gaitcore.evaluation.embedding import embed
from gaitcore.execution import compute
from gaitcore.merging import merged
from gaitcore.modalities.keypoints import read_poses
from gaitcore.modalities.keypoints.augmentation import augmented
from gaitcore.modalities.keypoints.store import KeypointStore
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.modalities.keypoints.walkers.walkers import write_walkers
from gaitcore.networks import build_model
from gaitcore.protocols.derivation import derive_roles
from gaitcore.sampling.centre_window import centre_window
from gaitcore.settings.experiment import Config, System
from gaitcore.settings.files import load_config
from gaitcore.settings.walkers import WalkerSettings
from gaitcore.systems import system_settings
from gaitcore.training.loop import train

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "demo_study"
TRIES = ROOT / "benchmarks" / "demo_study.jsonl"
PAGE = ROOT / "docs" / "demo_study.md"
BEGIN, END = "<!-- tries: made by benchmarks/demo_study.py --table -->", "<!-- end of tries -->"
CHECKED = 480  # training sequences whose triplets are counted at the end


def main() -> None:
    """Train and measure once, or print the table of all tries."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", nargs="?")
    parser.add_argument("settings", nargs="*", help="section.key=value")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--walkers", type=int, default=101, help="seed of the walkers; the demo's is 1")
    parser.add_argument("--note", default="")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_intermixed_args()
    if arguments.table:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + "\n\n" + table() + "\n\n" + END + rest.partition(END)[2], encoding="utf-8")
        return
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    result = run(arguments.system, arguments.seed, arguments.walkers, arguments.settings)
    with TRIES.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"note": arguments.note, **result}) + "\n")
    print(json.dumps(result))


def run(name: str, seed: int, walkers_seed: int, changes: list[str]) -> dict[str, Any]:
    """Train one system once and measure it on the validation walkers."""
    config, system = settings_of(name, walkers_seed, changes)
    assert config.data.walkers is not None
    device = compute.prepare(1)
    poses = poses_of(config.data.walkers)
    roles = derive_roles(poses.sequences, config.protocol)
    training, test = (poses.select(roles["role"].isin(some).to_numpy()) for some in (["train"], ["gallery", "probe"]))
    keys = roles[roles["role"].isin(["gallery", "probe"])].reset_index(drop=True)
    store, tested = (KeypointStore.of(part, system.input, device) for part in (training, test))
    others = roles_of_training(config, training, len(set(keys["subject"])))
    seen = KeypointStore.of(training.select(others["role"].isin(["gallery", "probe"]).to_numpy()), system.input, device)
    others = others[others["role"].isin(["gallery", "probe"])].reset_index(drop=True)

    def rank1(network: nn.Module, store: KeypointStore = tested, keys: pd.DataFrame = keys) -> dict[str, float]:
        embeddings = embed(network, store, system.network.frames, system.evaluation)
        means = measure(embeddings, keys, system.evaluation, config.protocol.exclude_same).means["rank1"]
        return {condition: round(100 * value, 1) for condition, value in means.items()}

    torch.manual_seed(seed)
    network = build_model(**store.network_arguments(), **system.network.model_dump())
    before = rank1(network)
    started = process_time()
    outcome = train(
        network, store, training.sequences, system.training, augmented=augmented, network=system.network, seed=seed
    )
    seconds = process_time() - started
    after, history = rank1(network), outcome.history
    of_training = rank1(network, seen, others)
    return {
        "system": name,
        "seed": seed,
        "walkers": walkers_seed,
        "changes": changes,
        "seconds": round(seconds, 1),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "loss": [round(value, 4) for value in history["loss"]],
        "spread": [round(value, 3) for value in history["spread"]],
        "mined": [int(value) for value in history["mined_triplets"]],
        "rank1": after,
        "mean": round(sum(after.values()) / len(after), 1),
        "untrained": round(sum(before.values()) / len(before), 1),
        "seen": round(sum(of_training.values()) / len(of_training), 1),
        **(triplets(network, store, training, system) if outcome.epoch else {}),
        **(moving(network, tested, system) if hasattr(network, "last_map") else {}),
    }


def roles_of_training(config: Config, training: PoseTable, people: int) -> pd.DataFrame:
    """Roles as if so many of the training subjects were the test subjects: how well a network knows whom it learnt."""
    subjects = sorted(set(training.sequences["subject"]))[:people]
    protocol = config.protocol.model_dump()
    protocol |= {"split": "seen", "splits": {"seen": {"train": [], "test": subjects}}}
    return derive_roles(training.sequences, type(config.protocol).model_validate(protocol))


def settings_of(name: str, walkers_seed: int, changes: list[str]) -> tuple[Config, System]:
    """The demo's settings with the changes of the command line."""
    sections: dict[str, Any] = {}
    for path, value in (change.split("=", 1) for change in changes):
        *outer, key = path.split(".")
        place = sections
        for section in outer:
            place = place.setdefault(section, {})
        place[key] = yaml.safe_load(value)
    experiment: dict[str, Any] = {
        "experiment": "demo",
        "data": {"walkers": {"seed": walkers_seed, **sections.pop("walkers", {})}},
    }
    if "protocol" in sections:
        experiment["protocol"] = sections.pop("protocol")
    if "people" in sections:
        training, test = sections.pop("people")
        experiment["data"]["walkers"]["subjects"] = training + test
        split = {"train": f"1-{training}", "test": f"{training + 1}-{training + test}"}
        experiment.setdefault("protocol", {}).update(split="study", splits={"study": split})
    config = load_config(ROOT / "config.yaml", experiment)
    values = system_settings(config, name).model_dump()
    return config, System.model_validate(merged(values, sections))


def poses_of(walkers: WalkerSettings) -> PoseTable:
    """The walkers' poses, from a file of an earlier run where the walkers are the same."""
    code = code_digest("gaitcore.modalities.keypoints.walkers.walkers")
    digest = hashlib.sha256((walkers.model_dump_json() + code).encode()).hexdigest()
    path = FOLDER / f"{digest[:16]}.parquet"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        csv = path.with_suffix(f".{os.getpid()}.csv")  # several tries of the same walkers may begin at once
        write_walkers(csv, walkers)
        shape: dict[str, Any] = {"frame_width": walkers.width, "frame_height": walkers.height, "fps": walkers.fps}
        read_poses("gaitgraph_csv", csv, dataset="walkers", **shape)[0].write(path)
        csv.unlink()
    return PoseTable.read(path)


def _embedded(network: nn.Module, store: KeypointStore, sequences: torch.Tensor, system: System) -> torch.Tensor:
    frames = centre_window(store.lengths[sequences], system.network.frames)
    with torch.no_grad():
        return network.eval()(store.network_input(store.windows(sequences, frames)))


def triplets(network: nn.Module, store: KeypointStore, training: PoseTable, system: System) -> dict[str, float]:
    """Distances of embeddings of training sequences, and the share of all their triplets within the margin."""
    chosen = torch.from_numpy(np.random.default_rng(0).permutation(len(store.lengths))[:CHECKED])
    embeddings = torch.cat([_embedded(network, store, some, system) for some in chosen.split(24)])
    subjects = training.sequences["subject"].to_numpy()[chosen.numpy()]
    distance = torch.cdist(embeddings, embeddings).numpy()
    same = subjects[:, None] == subjects
    positive = same & ~np.eye(len(same), dtype=bool)
    margin = getattr(system.training.loss, "margin", 0.01)
    violated = [
        (distance[anchor, positive[anchor]][:, None] + margin > distance[anchor, ~same[anchor]]).mean()
        for anchor in range(len(same))
        if positive[anchor].any()
    ]
    return {
        "same": round(float(distance[positive].mean()), 4),
        "other": round(float(distance[~same].mean()), 4),
        "violated": round(float(np.mean(violated)), 3),
    }


def moving(network: nn.Module, store: KeypointStore, system: System) -> dict[str, float]:
    """The share of the last map's energy that changes in time, of all that is not the mean of its channel."""
    chosen = torch.arange(0, len(store.lengths), 16)
    shares = []
    for some in chosen.split(24):
        frames = centre_window(store.lengths[some], system.network.frames)
        with torch.no_grad():
            last = network.eval().last_map(store.network_input(store.windows(some, frames)))[0]  # (B, T, J, C)
        about_all, about_time = (last - last.mean(dim=axes, keepdim=True) for axes in ((1, 2), (1,)))
        shares.append((about_time.square().sum((1, 2, 3)) / about_all.square().sum((1, 2, 3))).mean().item())
    return {"moving": round(float(np.mean(shares)), 3)}


COLUMNS = (
    "note, system, seed, walkers, changes, seconds, loss: first, last, spread, violated, same, other, moving, "
    "BG, CL, NM, mean, untrained, seen"
)


def table() -> str:
    """All tries as Markdown, in the order in which they ran."""
    columns = COLUMNS.split(", ")
    rows = ["| " + " | ".join(columns) + " |", "|" + ":--|" * len(columns)]
    for line in TRIES.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        first, last, spread = (one["loss"][0], one["loss"][-1], one["spread"][-1]) if one["loss"] else ("–", "–", "–")
        cells = [one["note"], one["system"], one["seed"], one["walkers"], " ".join(one["changes"]), one["seconds"]]
        cells += [first, last, spread, *(one.get(name, "–") for name in ("violated", "same", "other", "moving"))]
        cells += [*one["rank1"].values(), one["mean"], one["untrained"], one.get("seen", "–")]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
