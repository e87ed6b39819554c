"""Compile both tables and all figures into one PDF."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.reporting.pages.write_document import write_document

    tables, figures = ([Path(path) for path in files] for files in (snakemake.input.tables, snakemake.input.figures))
    write_document(tables, figures, snakemake.params.title, Path(snakemake.output.pdf))
