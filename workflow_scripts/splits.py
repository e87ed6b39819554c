"""Give every sequence its role: train, gallery, probe, excluded."""

import logging

from job import job

with job(snakemake):
    from gaitcore.artefacts.split import write_split
    from gaitcore.modalities.keypoints.table import PoseTable
    from gaitcore.protocols.cross_view import assign_roles
    from gaitcore.settings.protocol import Protocol

    table = PoseTable.read(snakemake.input.poses)
    assigned = assign_roles(table.sequences, Protocol.model_validate(snakemake.params.protocol))
    write_split(assigned, snakemake.output.split)
    logging.info("%s", ", ".join(f"{number} {role}" for role, number in assigned["role"].value_counts().items()))
