"""Write the reproduction report: published against measured, and how it was measured."""

from pathlib import Path

from job import configuration, job

with job(snakemake):
    from gaitcore.reporting.pages.write_reproduction import write_reproduction
    from gaitcore.settings.sections import sections_of

    inputs, output = snakemake.input, snakemake.output
    write_reproduction(
        configuration(snakemake),
        sections_of(snakemake.params.paper),
        summary=Path(inputs.summary),
        splits=[Path(path) for path in inputs.splits],
        poses_report=Path(inputs.poses_report),
        runs=[Path(path) for path in inputs.runs],
        markdown=Path(output.markdown),
        html=Path(output.html),
    )
