"""Both tables in one PDF."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.reporting.write import write_pdf

    write_pdf([Path(path) for path in snakemake.input], snakemake.params.title, Path(snakemake.output.pdf))
