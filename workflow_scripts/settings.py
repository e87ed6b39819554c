"""Settings and code of each stage, for DVC to look for changes in."""

from job import job

with job(snakemake):
    from gaitcore.provenance import write_json
    from gaitcore.stages import check_stages

    check_stages(snakemake.input.dvc, snakemake.params.models, snakemake.params.seeds)
    write_json(snakemake.output[0], snakemake.params.by_stage)
