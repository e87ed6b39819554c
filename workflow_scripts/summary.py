"""Compute statistics over seeds and subjects."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.evaluation.summary import OpenSetSource, summarise_runs
    from gaitcore.protocols.sides import compared_names
    from gaitcore.settings.evaluation import Evaluation
    from gaitcore.settings.protocol import Protocol
    from gaitcore.settings.statistics import Statistics

    params = snakemake.params
    protocol = Protocol.model_validate(params.protocol)
    files = (map(Path, paths) for paths in (snakemake.input.embeddings, snakemake.input.splits))
    pairs = OpenSetSource(
        list(zip(params.runs, *files, strict=True)),
        {system: Evaluation.model_validate(section) for system, section in params.evaluations.items()},
        protocol,
    )
    summarise_runs(
        zip(params.runs, map(Path, snakemake.input.subjects), strict=True),
        Statistics.model_validate(params.statistics),
        Path(snakemake.output.summary),
        Path(snakemake.output.rank1),
        pairs,
        compared_names(protocol),
    )
