"""Draw the poses of one sequence on its video."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.modalities.keypoints.video.overlay import draw_sequence

    draw_sequence(
        Path(snakemake.input.video),
        Path(snakemake.input.poses),
        snakemake.wildcards.sequence,
        strip=Path(snakemake.output.strip),
        video_out=Path(snakemake.output.video),
    )
