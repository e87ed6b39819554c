"""Assign a role to every sequence: train, gallery, probe, excluded."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.artefacts.split_making import make_split
    from gaitcore.settings.protocol import Protocol

    make_split(
        snakemake.params.modality,
        Path(snakemake.input.table),
        Protocol.model_validate(snakemake.params.protocol),
        Path(snakemake.output.split),
    )
