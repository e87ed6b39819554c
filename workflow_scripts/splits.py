"""Give every sequence its role: train, gallery, probe, excluded."""

import logging

from job import job

with job(snakemake):
    from gaitcore import modalities
    from gaitcore.artefacts.split import write_split
    from gaitcore.protocols.cross_view import assign_roles
    from gaitcore.settings.protocol import Protocol

    sequences = modalities.part(snakemake.params.modality, "table").list_sequences(snakemake.input.table)
    assigned = assign_roles(sequences, Protocol.model_validate(snakemake.params.protocol))
    write_split(assigned, snakemake.output.split)
    logging.info("%s", ", ".join(f"{number} {role}" for role, number in assigned["role"].value_counts().items()))
