"""Both tables and all figures in one PDF."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.reporting.pages.write import write_pdf

    tables, figures = ([Path(path) for path in files] for files in (snakemake.input.tables, snakemake.input.figures))
    write_pdf(tables, figures, snakemake.params.title, Path(snakemake.output.pdf))
