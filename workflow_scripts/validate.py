"""Embed the gallery and the probes of the validation subjects with a try of a sweep and measure its accuracy."""

from pathlib import Path

from job import frame_tables, job

with job(snakemake):
    from gaitcore.evaluation.validated_run import ValidationOutputs, validate_run
    from gaitcore.settings.evaluation import Evaluation
    from gaitcore.settings.input import Input
    from gaitcore.settings.network import SystemNetwork
    from gaitcore.settings.protocol import Protocol

    params, output = snakemake.params, snakemake.output
    validate_run(
        snakemake.wildcards.system,
        SystemNetwork.model_validate(params.network),
        Input.model_validate(params.input_settings),
        Evaluation.model_validate(params.evaluation),
        tables=frame_tables(snakemake),
        split=Path(snakemake.input.split),
        protocol=Protocol.model_validate(params.protocol),
        weights=Path(snakemake.input.weights),
        run=Path(snakemake.input.run),
        outputs=ValidationOutputs(Path(output.metrics), Path(output.subjects)),
        threads=snakemake.threads,
        code=params.code,
        extensions=params.extensions,
    )
