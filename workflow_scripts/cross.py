"""Write the matrix of accuracies by data set trained on and data set tested on."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.reporting.write_cross import ExperimentFiles, write_cross
    from gaitcore.settings.sections import sections_of

    def files_of(experiment):
        paths = {kind: getattr(snakemake.input, kind) for kind in ("summaries", "splits", "reports", "runs")}
        own = {kind: [path for path in map(Path, of) if path.parts[1] == experiment] for kind, of in paths.items()}
        return ExperimentFiles(own["summaries"][0], own["splits"][0], own["reports"][0], own["runs"])

    configurations = [sections_of(values) for values in snakemake.params.configurations]
    write_cross([(config, files_of(config.experiment)) for config in configurations], Path(snakemake.output.csv))
