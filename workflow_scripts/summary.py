"""Compute statistics over seeds and subjects."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.evaluation.summary import summarise_runs
    from gaitcore.settings.statistics import Statistics

    runs = zip(snakemake.params.runs, map(Path, snakemake.input), strict=True)
    summarise_runs(
        runs,
        Statistics.model_validate(snakemake.params.statistics),
        Path(snakemake.output.summary),
        Path(snakemake.output.rank1),
    )
