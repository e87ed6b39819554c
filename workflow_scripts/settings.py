"""Write the settings and code digests of each stage, in which DVC detects changes."""

from job import job

with job(snakemake):
    from stages import check_stages

    from gaitcore.files import write_json

    check_stages(snakemake.input.dvc, snakemake.params.systems, snakemake.params.seeds)
    write_json(snakemake.output[0], snakemake.params.by_stage)
