"""Draw one figure and write it with its numbers and its caption."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.reporting.figures.write_figure import write_figure
    from gaitcore.settings.sections import sections_of

    files = {
        name: Path(file) if isinstance(file, str) else [Path(one) for one in file]
        for name, file in snakemake.input.items()
        if name != "style"
    }
    config = sections_of(snakemake.params.sections)
    write_figure(snakemake.params.kind, config, Path(snakemake.output.pdf), **snakemake.params.arguments, **files)
