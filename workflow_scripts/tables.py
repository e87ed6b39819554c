"""Write Table 1, Table 2 and the summary page."""

from pathlib import Path

from job import configuration, job

with job(snakemake):
    from gaitcore.reporting.tables.write_tables import write_tables

    write_tables(
        configuration(snakemake),
        summary=Path(snakemake.input.summary),
        splits=[Path(path) for path in snakemake.input.splits],
        poses_report=Path(snakemake.input.poses_report),
        runs=[Path(path) for path in snakemake.input.runs],
        folder=Path(snakemake.output[0]).parent,
    )
