"""Compute where one trained network looks at silhouettes."""

from pathlib import Path

from job import frame_tables, job

with job(snakemake):
    from gaitcore.inspection.silhouettes import inspect_silhouettes
    from gaitcore.settings.evaluation import Evaluation
    from gaitcore.settings.input import Input
    from gaitcore.settings.network import SystemNetwork
    from gaitcore.settings.protocol import Protocol

    inspect_silhouettes(
        SystemNetwork.model_validate(snakemake.params.network),
        Input.model_validate(snakemake.params.input_settings),
        Evaluation.model_validate(snakemake.params.evaluation),
        snakemake.params.attribution,
        snakemake.params.example_probe,
        tables=frame_tables(snakemake),
        split=Path(snakemake.input.split),
        protocol=Protocol.model_validate(snakemake.params.protocol),
        weights=Path(snakemake.input.weights),
        output=Path(snakemake.output.maps),
        threads=snakemake.threads,
    )
