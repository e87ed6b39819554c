"""A run whose weights were trained elsewhere: writes them and their provenance where a training would."""

from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from gaitcore import modalities
from gaitcore.artefacts import provenance
from gaitcore.artefacts.run_record import Machine, Revision, RunRecord, run_of, write_run
from gaitcore.artefacts.weights import write_weights
from gaitcore.digests import file_digest
from gaitcore.elsewhere import load_elsewhere
from gaitcore.execution import compute
from gaitcore.networks import build_model, modality
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.weights import Weights


def import_run(
    system: str,
    seed: int | None,
    network: SystemNetwork,
    input: Input,
    weights: Weights,
    *,
    path: Path,
    table: Path,
    protocol: Protocol,
    configuration: Mapping[str, Any],
    output: Path,
    run: Path,
    threads: int,
    code: str,
    extensions: Mapping[str, str] | None = None,
) -> None:
    """Take weights over that were trained elsewhere: write weights.safetensors and run.json.

    Args:
        system: its name in the configuration.
        seed: of the run that trained them; None for weights from a file.
        network: the arguments the network is built with.
        input: the input channels and their unit.
        weights: the setting that names them.
        path: the file.
        table: the frames they will be evaluated on, e.g. poses.parquet, of which no frame is used.
        protocol: that section of the configuration; whoever is tested must not have been trained on.
        configuration: the other settings (data, protocol), recorded in run.json.
        output: weights.safetensors to write.
        run: run.json to write.
        threads: CPU threads.
        code: digest of the code in use, recorded in run.json.
        extensions: the files of that code from outside the library and the digest of each, recorded likewise.

    Raises:
        DataError: the file is missing or damaged, has another digest, or holds the weights of another network.
        ProtocolError: subjects who are tested here were trained on.
    """
    began, device = monotonic(), compute.prepare(threads)
    frames_of = modality(network.name)
    sequences = modalities.part(frames_of, "table").list_sequences(table)
    none = np.zeros(len(sequences), bool)
    store = modalities.part(frames_of, "store").open_store(table, none, input, device)
    model = build_model(**store.network_arguments(), **network.model_dump())
    origin = load_elsewhere(
        model,
        path,
        weights,
        network,
        input,
        channels=store.channels,
        data=configuration["data"],
        source_digest=store.source_digest,
        protocol=protocol,
    )
    arrays = {name: tensor.contiguous().numpy() for name, tensor in model.state_dict().items()}
    write_weights(arrays, output)
    trained = run_of(origin)
    record = RunRecord(
        system=system,
        seed=seed,
        settings={
            **configuration,
            "network": network.model_dump(mode="json"),
            "input": input.model_dump(mode="json"),
            "weights": weights.model_dump(mode="json"),
        },
        channels=store.channels,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        training_subjects=trained.training_subjects if trained else 0,
        training_sequences=trained.training_sequences if trained else 0,
        epoch=trained.epoch if trained else 0,
        final_loss=trained.final_loss if trained else None,
        spread=trained.spread if trained else None,
        collapsed=bool(trained and trained.collapsed),
        untrained=bool(trained and trained.untrained),
        inputs={table.name: file_digest(table)},
        source_digest=store.source_digest,
        outputs={output.name: file_digest(output)},
        code_digest=code,
        extensions=dict(extensions or {}),
        revision=Revision(**provenance.revision()),
        machine=Machine(**provenance.machine()),
        device=compute.device_name(device),
        threads=threads,
        determinism=compute.determinism(),
        wall_seconds=round(monotonic() - began, 2),
        resumed_after_steps=(),
        peak_memory_bytes=compute.peak_memory(),
        peak_gpu_memory_bytes=0,
        origin=origin,
    )
    write_run(record, run)
