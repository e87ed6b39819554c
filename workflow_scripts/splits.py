"""Assign a role to every sequence: train, gallery, probe, excluded."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.artefacts.split_making import make_splits
    from gaitcore.settings.protocol import Protocol

    names = snakemake.params.modalities
    tables, splits = ([Path(path) for path in paths] for paths in (snakemake.input.tables, snakemake.output.splits))
    make_splits(
        dict(zip(names, tables, strict=True)),
        Protocol.model_validate(snakemake.params.protocol),
        dict(zip(names, splits, strict=True)),
    )
