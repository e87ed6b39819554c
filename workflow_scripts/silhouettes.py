"""Read silhouettes in their source format, write silhouettes.parquet and the report of what was dropped."""

import logging

from job import job

with job(snakemake):
    from gaitcore.modalities.report import write_report
    from gaitcore.modalities.silhouettes.reading import read_silhouettes
    from gaitcore.settings.data import Silhouettes

    given = Silhouettes.model_validate(snakemake.params.silhouettes)
    sequences, report = read_silhouettes(
        given.format,
        given.path,
        snakemake.output.silhouettes,
        dataset=snakemake.params.dataset,
        source=given.source,
        tree=given.tree,
    )
    write_report(report, snakemake.output.report)
    logging.info(
        "%d sequences, %d frames; %d entries of the source are listed in %s",
        len(sequences),
        sequences["frames"].sum(),
        len(report),
        snakemake.output.report,
    )
