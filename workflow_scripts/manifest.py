"""Write the digest, the rule and the inputs of every file of an experiment, from the receipts of its jobs."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.audit.manifest import write_manifest

    write_manifest(Path(snakemake.output[0]), snakemake.params.sources, snakemake.params.facts)
