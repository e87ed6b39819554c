"""Train one system with one seed."""

from importlib import import_module
from pathlib import Path

from job import frame_tables, job, weights_path

with job(snakemake):
    from gaitcore.networks import modality
    from gaitcore.settings.evaluation import Evaluation
    from gaitcore.settings.input import Input
    from gaitcore.settings.network import SystemNetwork
    from gaitcore.settings.protocol import Protocol
    from gaitcore.settings.tracking import Tracking
    from gaitcore.settings.training import Training
    from gaitcore.tracking import TRAINING, watched_run
    from gaitcore.training.run import RunOutputs, train_run

    params, output = snakemake.params, snakemake.output
    tables, split = frame_tables(snakemake), Path(snakemake.input.split)
    protocol = Protocol.model_validate(params.configuration["protocol"])
    network = SystemNetwork.model_validate(params.network)
    input_settings = Input.model_validate(params.input_settings)
    tracking = Tracking.model_validate(snakemake.config["tracking"] if snakemake.rule == "train" else {})
    validator = None
    if params.validation:  # loaded by name, so that evaluation's code counts only where it chooses the epoch
        evaluation = Evaluation.model_validate(params.validation)
        validator = import_module("gaitcore.evaluation.validation").validator(
            modality(network.name),
            tables,
            split,
            network.frames,
            input_settings,
            evaluation,
            protocol,
        )
    train_run(
        snakemake.wildcards.system,
        int(snakemake.wildcards.seed),
        network,
        input_settings,
        Training.model_validate(params.training),
        tables=tables,
        split=split,
        protocol=protocol,
        outputs=RunOutputs(*map(Path, (output.weights, output.history, output.run, params.checkpoints))),
        threads=snakemake.threads,
        code=params.code,
        extensions=params.extensions,
        configuration={**params.configuration, "evaluation": params.validation},
        validator=validator,
        start=weights_path(snakemake.input.start),
        checkpoint_minutes=snakemake.resources.checkpoint_minutes,
        watched=watched_run(tracking, TRAINING, Path(output.weights)),
        record_divergence=params.get("record_divergence", False),
    )
