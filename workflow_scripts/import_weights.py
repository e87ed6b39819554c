"""Take over the weights of a system that is not trained in this experiment."""

from pathlib import Path

from job import job, weights_path

with job(snakemake):
    from gaitcore.evaluation.importing import import_run
    from gaitcore.settings.input import Input
    from gaitcore.settings.network import SystemNetwork
    from gaitcore.settings.protocol import Protocol
    from gaitcore.settings.weights import Weights

    params, run = snakemake.params, snakemake.wildcards.run
    import_run(
        snakemake.wildcards.system,
        None if run == "imported" else int(run.removeprefix("seed-")),
        SystemNetwork.model_validate(params.network),
        Input.model_validate(params.input_settings),
        Weights.model_validate(params.weights),
        path=weights_path(snakemake.input.weights),
        table=Path(snakemake.input.table),
        protocol=Protocol.model_validate(params.configuration["protocol"]),
        configuration=params.configuration,
        output=Path(snakemake.output.weights),
        run=Path(snakemake.output.run),
        threads=snakemake.threads,
        code=params.code,
        extensions=params.extensions,
    )
