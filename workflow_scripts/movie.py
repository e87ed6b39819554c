"""Render one sequence as an animated GIF."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.reporting.figures.write_movie import write_movie

    write_movie(Path(snakemake.input.poses), snakemake.wildcards.sequence, Path(snakemake.output[0]))
