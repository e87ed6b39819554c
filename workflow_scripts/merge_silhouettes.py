"""Merge the shards of all subjects into silhouettes.parquet and the report of dropped frames."""

import logging
from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.modalities.silhouettes.video.merging import merge_shards

    made = merge_shards(
        [Path(path) for path in snakemake.input.silhouettes],
        [Path(path) for path in snakemake.input.reports],
        silhouettes=Path(snakemake.output.silhouettes),
        report=Path(snakemake.output.report),
    )
    logging.info("%s", made)
