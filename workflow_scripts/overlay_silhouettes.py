"""Draw the walker's masks of one sequence on its video."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.modalities.silhouettes.video.overlay import draw_masks
    from gaitcore.settings.data import Segmenter

    draw_masks(
        Path(snakemake.input.video),
        Path(snakemake.input.poses),
        Path(snakemake.input.silhouettes),
        snakemake.wildcards.sequence,
        Segmenter.model_validate(snakemake.params.segmenter),
        strip=Path(snakemake.output.strip),
    )
