"""Assign a role to every sequence: train, gallery, probe, excluded."""

import logging

from job import job

with job(snakemake):
    from gaitcore import extensions, modalities
    from gaitcore.artefacts.split import write_split
    from gaitcore.settings.protocol import Protocol

    sequences = modalities.part(snakemake.params.modality, "table").list_sequences(snakemake.input.table)
    protocol = Protocol.model_validate(snakemake.params.protocol)
    assigned = extensions.load("protocols", protocol.kind).assign_roles(sequences, protocol)
    write_split(assigned, snakemake.output.split)
    logging.info("%s", ", ".join(f"{number} {role}" for role, number in assigned["role"].value_counts().items()))
