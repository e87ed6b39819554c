"""Write the settings and code digests of each stage, in which DVC detects changes."""

from job import job

with job(snakemake):
    from gaitcore.files import write_json
    from gaitcore_workflow.checked_stages import check_stages

    params = snakemake.params
    check_stages(snakemake.input.dvc, params.systems, params.seeds, params.stages)
    write_json(snakemake.output[0], params.by_stage)
