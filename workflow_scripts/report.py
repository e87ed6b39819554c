"""Write the report: tables, figures, run times and configuration on one page."""

from pathlib import Path

from job import configuration, job

with job(snakemake):
    from gaitcore.artefacts.benchmarks import read_benchmarks
    from gaitcore.reporting.pages.run_times import Jobs
    from gaitcore.reporting.pages.write_report import write_report

    inputs = snakemake.input
    write_report(
        configuration(snakemake),
        summary=Path(inputs.summary),
        splits=[Path(path) for path in inputs.splits],
        poses_report=Path(inputs.poses_report),
        runs=[Path(path) for path in inputs.runs],
        figures=[Path(path) for path in inputs.figures],
        timed=[
            Jobs(rule, system, len(files), read_benchmarks(files)) for rule, system, files in snakemake.params.timed
        ],
        verified=sum(path.startswith("results/") for path in inputs),  # by job()
        report=Path(snakemake.output[0]),
    )
