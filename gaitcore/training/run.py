"""One training run: reads frames and split, writes weights, history and provenance."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from gaitcore import modalities
from gaitcore.artefacts import provenance
from gaitcore.artefacts.run_record import Machine, Revision, RunRecord, write_run
from gaitcore.artefacts.sequences import open_sequences
from gaitcore.artefacts.training_history import COLUMNS, write_history
from gaitcore.artefacts.weights import write_weights
from gaitcore.digests import file_digest
from gaitcore.elsewhere import load_elsewhere
from gaitcore.errors import ConfigError, DivergenceError, ProtocolError
from gaitcore.execution import compute
from gaitcore.networks import build_model, modality
from gaitcore.protocols.roles import TRAIN, part_name
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.training import Training
from gaitcore.tracking import WatchedRun
from gaitcore.training import estimate
from gaitcore.training.checkpoints import Checkpoints
from gaitcore.training.loop import TrainingResult, train
from gaitcore.training.optimisation import all_epochs

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunOutputs:
    """The files a run writes: weights.safetensors, training.csv, run.json; and the folder of its checkpoints."""

    weights: Path
    history: Path
    run: Path
    checkpoints: Path


def train_run(
    system: str,
    seed: int,
    network: SystemNetwork,
    input: Input,
    training: Training,
    *,
    tables: Mapping[str, Path],
    split: Path,
    protocol: Protocol,
    outputs: RunOutputs,
    threads: int,
    code: str,
    extensions: Mapping[str, str] | None = None,
    configuration: Mapping[str, Any] | None = None,
    validator: Callable[[torch.device], Callable[[nn.Module], float]] | None = None,
    start: Path | None = None,
    checkpoint_minutes: float = 10,
    watched: WatchedRun | None = None,
    record_divergence: bool = False,
) -> None:
    """Train one system with one seed, or resume a run that was interrupted.

    Args:
        system: its name in the configuration.
        seed: of weights, dropout, sampling and augmentation.
        network: the arguments the network is built with.
        input: the input channels and their unit.
        training: the recipe.
        tables: modality -> its frames, e.g. poses.parquet; only sequences whose role is train are used. See
            :func:`gaitcore.artefacts.sequences.open_sequences`.
        split: split.csv.
        protocol: that section of the configuration; the roles are derived again by it.
        outputs: the three files to write, and the folder of the checkpoints.
        threads: CPU threads.
        code: digest of the code in use, recorded in run.json.
        extensions: the files of that code from outside the library and the digest of each, recorded likewise.
        configuration: the other settings the run depends on (data, protocol, evaluation), recorded in run.json.
        validator: makes, for a device, the function whose accuracy chooses the epoch; None keeps the last one.
        start: the file of ``training.start_from``; None where the seed draws the weights.
        checkpoint_minutes: time between two checkpoints.
        watched: the record of the run for people to watch; None for none.
        record_divergence: whether a loss that became infinite is a result, which run.json has in ``failure``, as in a
            sweep; otherwise it is an error.

    Raises:
        DivergenceError: the loss became infinite or no number, and that is not recorded.
        DataError: split.csv is not what the protocol makes of the table.
        ProtocolError: the split names nobody to train on.
        ConfigError: the training should start from weights, and ``start`` is None.
    """
    device = compute.prepare(threads)
    torch.manual_seed(seed)
    frames_of = modality(network.name)
    sequences, store = open_sequences(frames_of, tables, split, TRAIN, protocol=protocol, settings=input, device=device)
    if sequences.empty and all_epochs(training):
        raise ProtocolError(
            f"{split}: no sequence has the role train, because {part_name(protocol, TRAIN)} names no subject to "
            "train on; name some there, or give the system weights of its own (docs/systems.md)."
        )
    model = build_model(**store.network_arguments(), **network.model_dump())
    origin = None
    if training.start_from:
        if start is None:
            raise ConfigError("training.start_from is set, but the training was given no file of weights.")
        origin = load_elsewhere(
            model,
            start,
            training.start_from,
            network,
            input,
            channels=store.channels,
            data=(configuration or {}).get("data", {}),
            source_digest=store.source_digest,
            protocol=protocol,
            last=True,
        )
    model = model.to(device)
    products = compute.products_on(device, training.precision)
    inputs = {path.name: file_digest(path) for path in (*tables.values(), split)}
    settings = {**(configuration or {}), **_settings(network, input, training)}
    identity = {"data": json.dumps(inputs), "code": code, "configuration": json.dumps([system, seed, settings])}
    identity |= {"first weights": origin.sha256} if origin else {}
    checkpoints = Checkpoints(outputs.checkpoints, identity, checkpoint_minutes)
    if watched:
        watched.describe(settings, {**inputs, "code": code, **({str(start): origin.sha256} if origin else {})})
    estimate.tell(network, input, training, sequences, device)
    begun, failure = perf_counter(), None
    try:
        with checkpoints.stopping():
            result = train(
                model,
                store,
                sequences,
                training,
                augmented=modalities.part(frames_of, "augmentation").augmented,
                network=network,
                seed=seed,
                validate=validator(device) if validator else None,
                checkpoints=checkpoints,
                observe=watched.epochs if watched else None,
            )
    except DivergenceError as error:
        if not record_divergence:
            raise
        log.warning("the try has failed: %s", error)
        failure = str(error)
        result = TrainingResult(pd.DataFrame(columns=list(COLUMNS)), 0, None, False, False, perf_counter() - begun, [])
    write_weights(_arrays(model), outputs.weights)
    write_history(result.history, outputs.history)
    record = RunRecord(
        system=system,
        seed=seed,
        settings=settings,
        channels=store.channels,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        training_subjects=int(sequences["subject"].nunique()),
        training_sequences=len(sequences),
        epoch=result.epoch,
        final_loss=float(result.history["loss"].iloc[-1]) if len(result.history) else None,
        spread=result.spread,
        collapsed=result.collapsed,
        untrained=result.untrained,
        inputs=inputs,
        source_digest=store.source_digest,
        outputs={path.name: file_digest(path) for path in (outputs.weights, outputs.history)},
        code_digest=code,
        extensions=dict(extensions or {}),
        revision=Revision(**provenance.revision()),
        machine=Machine(**provenance.machine()),
        device=compute.device_name(device),
        threads=threads,
        determinism={**compute.determinism(), "products": products, "steps": result.steps},
        wall_seconds=round(result.seconds, 2),
        resumed_after_steps=tuple(result.resumed),
        peak_memory_bytes=compute.peak_memory(),
        peak_gpu_memory_bytes=compute.peak_gpu_memory(),
        origin=origin,
        failure=failure,
    )
    write_run(record, outputs.run)
    checkpoints.discard()
    if not failure:
        log.info("trained in %.0f s; weights of epoch %d kept", result.seconds, result.epoch)


def _settings(network: SystemNetwork, input: Input, training: Training) -> dict[str, Any]:
    sections = {"network": network, "input": input, "training": training}
    return {name: section.model_dump(mode="json") for name, section in sections.items()}


def _arrays(model: nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.cpu().contiguous().numpy() for name, tensor in model.state_dict().items()}
