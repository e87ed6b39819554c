"""Cut the walker out of the videos of one subject."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.modalities.silhouettes.video.extraction import ShardOutputs, extract_subject
    from gaitcore.settings.data import Segmenter

    params, output = snakemake.params, snakemake.output
    extract_subject(
        params.videos,
        Path(snakemake.input.poses),
        Segmenter.model_validate(params.segmenter),
        ShardOutputs(*map(Path, (output.silhouettes, output.report, params.scratch))),
        threads=snakemake.threads,
        code=params.code,
    )
