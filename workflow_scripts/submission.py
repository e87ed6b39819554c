"""Write the nearest gallery sequences of probes of unknown identity."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.evaluation.submission import submit_run
    from gaitcore.settings.evaluation import Evaluation
    from gaitcore.settings.protocol import Submission

    submit_run(
        Path(snakemake.input.embeddings),
        Path(snakemake.input.split),
        Evaluation.model_validate(snakemake.params.evaluation),
        Submission.model_validate(snakemake.params.submission),
        table=Path(snakemake.output.table),
        archive=Path(snakemake.output.archive),
    )
