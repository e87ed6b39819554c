"""Merge the shards of all subjects into poses.parquet and the report of dropped entries."""

import logging
from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.modalities.keypoints.merging import merge_shards

    made = merge_shards(
        [Path(path) for path in snakemake.input.poses],
        [Path(path) for path in snakemake.input.reports],
        snakemake.params.left_out,
        poses=Path(snakemake.output.poses),
        report=Path(snakemake.output.report),
        mixed_sources=snakemake.params.mixed_sources,
    )
    logging.info("%s", made)
