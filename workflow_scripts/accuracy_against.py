"""Accuracy against an option of the network."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.config import Config
    from gaitcore.reporting.figures import write_accuracy_against

    write_accuracy_against(
        snakemake.wildcards.option,
        Config.model_validate(snakemake.params.config),
        summary=Path(snakemake.input.summary),
        figure=Path(snakemake.output.pdf),
    )
