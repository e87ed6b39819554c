"""Render one sequence as an animated GIF."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.reporting.figures.write_movie import write_movie

    tables = {name: Path(file) for name, file in snakemake.input.items() if name != "style"}
    write_movie(tables.pop("poses", None), snakemake.wildcards.sequence, Path(snakemake.output[0]), **tables)
