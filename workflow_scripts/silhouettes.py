"""Read silhouettes in their source format, write silhouettes.parquet and the report of what was dropped."""

import logging
from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.modalities.report import warn_of_lost_frames, write_report
    from gaitcore.modalities.scratch import Scratch
    from gaitcore.modalities.silhouettes.reading import read_silhouettes
    from gaitcore.settings.data import Silhouettes

    params, output = snakemake.params, snakemake.output
    given = Silhouettes.model_validate(params.silhouettes)
    scratch = Scratch(Path(params.scratch), f"{params.code} {given.model_dump_json()}")
    sequences, report = read_silhouettes(
        given.format,
        given.path,
        output.silhouettes,
        dataset=params.dataset,
        source=given.source,
        tree=given.tree,
        scratch=scratch,
        threads=snakemake.threads,
    )
    write_report(report, output.report)
    warn_of_lost_frames(report, sequences["frames"].sum(), output.report)
    scratch.remove()
    logging.info(
        "%d sequences, %d frames; %d entries of the source are listed in %s",
        len(sequences),
        sequences["frames"].sum(),
        len(report),
        output.report,
    )
