"""Read poses in their source format, write poses.parquet and the report of dropped entries."""

import logging

from job import job

with job(snakemake):
    from gaitcore.modalities.keypoints.reading import reading_arguments, write_poses
    from gaitcore.modalities.report import warn_of_lost_frames, write_report
    from gaitcore.settings.data import Data

    data = Data.model_validate(snakemake.params.data)
    sequences, report = write_poses(data.format, data.path, snakemake.output.poses, **reading_arguments(data))
    write_report(report, snakemake.output.report)
    warn_of_lost_frames(report, sequences["frames"].sum(), snakemake.output.report)
    logging.info(
        "%d sequences, %d frames; %d dropped rows are listed in %s",
        len(sequences),
        sequences["frames"].sum(),
        len(report),
        snakemake.output.report,
    )
