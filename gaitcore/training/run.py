"""One training run, from files to files: poses and split in, weights, history and provenance out."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors.torch import save_file
from torch import nn

from gaitcore.artefacts import provenance
from gaitcore.artefacts.split import read_split, select_role
from gaitcore.digests import file_digest
from gaitcore.execution import compute
from gaitcore.files import replacing, write_json
from gaitcore.modalities.keypoints.input import NetworkInput
from gaitcore.modalities.keypoints.store import FrameStore
from gaitcore.modalities.keypoints.table import PoseTable
from gaitcore.networks import build_model
from gaitcore.protocols.cross_view import TRAIN
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.training import Training
from gaitcore.training.checkpoints import Checkpoints
from gaitcore.training.loop import TrainingResult, train

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunOutputs:
    """Where a run writes: weights.safetensors, training.csv, run.json; and a folder for checkpoints on the way."""

    weights: Path
    history: Path
    run: Path
    checkpoints: Path


def train_run(
    system: str,
    seed: int,
    network: SystemNetwork,
    given: Input,
    training: Training,
    *,
    poses: Path,
    split: Path,
    outputs: RunOutputs,
    threads: int,
    code: str,
    extensions: Mapping[str, str] | None = None,
    configuration: Mapping[str, Any] | None = None,
    validator: Callable[[torch.device], Callable[[nn.Module], float]] | None = None,
    checkpoint_minutes: float = 10,
) -> None:
    """Train one system with one seed, or go on with a run that was killed.

    Args:
        system: its name in the configuration.
        seed: of weights, dropout, sampling and augmentation.
        network: what the network is built with.
        given: what of the poses it is given.
        training: the recipe.
        poses: poses.parquet; only sequences whose role is train are taken from it.
        split: split.csv.
        outputs: the three files to write, and where checkpoints go until then.
        threads: CPU threads.
        code: digest of the code in use, recorded in run.json.
        extensions: the files of that code from outside the library and the digest of each, recorded likewise.
        configuration: what else the run depends on (data, protocol, evaluation), recorded in run.json.
        validator: makes, for a device, the function whose accuracy chooses the epoch; None keeps the last one.
        checkpoint_minutes: time between two checkpoints.
    """
    device = compute.prepare(threads)
    torch.manual_seed(seed)
    table = select_role(PoseTable.read(poses), read_split(split), TRAIN)
    store = FrameStore.from_table(table, device)
    of_poses = NetworkInput.of(given, store)
    model = build_model(in_channels=len(of_poses.channels), **network.model_dump()).to(device)
    inputs = {path.name: file_digest(path) for path in (poses, split)}
    settings = {**(configuration or {}), **_settings(network, given, training)}
    identity = {"data": json.dumps(inputs), "code": code, "configuration": json.dumps([system, seed, settings])}
    checkpoints = Checkpoints(outputs.checkpoints, identity, checkpoint_minutes)
    with checkpoints.stopping():
        result = train(
            model,
            store,
            table.sequences,
            training,
            given=of_poses,
            network=network,
            seed=seed,
            validate=validator(device) if validator else None,
            checkpoints=checkpoints,
        )
    _write_weights(model, outputs.weights)
    _write_history(result.history, outputs.history)
    write_json(
        outputs.run,
        {
            "system": system,
            "seed": seed,
            "settings": settings,
            "channels": of_poses.channels,
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "training_subjects": int(table.sequences["subject"].nunique()),
            "training_sequences": len(table.sequences),
            **_outcome(result),
            "inputs": inputs,
            "pose_source_digest": table.info.source_digest,
            "outputs": {path.name: file_digest(path) for path in (outputs.weights, outputs.history)},
            "code_digest": code,
            "extensions": dict(extensions or {}),
            "revision": provenance.revision(),
            "machine": provenance.machine(),
            "device": compute.device_name(device),
            "threads": threads,
            "determinism": compute.determinism(),
            "wall_seconds": round(result.seconds, 2),
            "resumed_after_steps": result.resumed,
            "peak_memory_bytes": compute.peak_memory(),
        },
    )
    checkpoints.discard()
    log.info("trained in %.0f s; weights of epoch %d kept", result.seconds, result.epoch)


def _settings(network: SystemNetwork, given: Input, training: Training) -> dict:
    sections = {"network": network, "input": given, "training": training}
    return {name: section.model_dump(mode="json") for name, section in sections.items()}


def _outcome(result: TrainingResult) -> dict:
    return {
        "epoch": result.epoch,
        "final_loss": float(result.history["loss"].iloc[-1]),
        "spread": result.spread,
        "collapsed": result.collapsed,
    }


def _write_weights(model: nn.Module, path: Path) -> None:
    with replacing(path) as unfinished:
        save_file({name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()}, unfinished)


def _write_history(history: pd.DataFrame, path: Path) -> None:
    with replacing(path) as unfinished:
        history.to_csv(unfinished, index=False)
