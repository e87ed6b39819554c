"""Write the table and the figure of all tries of a sweep."""

from pathlib import Path

from job import configuration, job

with job(snakemake):
    from gaitcore.reporting.write_sweep import SweepFiles, write_sweep

    files = {kind: list(map(Path, getattr(snakemake.input, kind))) for kind in ("runs", "subjects", "splits")}
    write_sweep(configuration(snakemake), SweepFiles(**files), Path(snakemake.output.csv))
