"""Read poses in their source format, write poses.parquet and the report of dropped entries."""

import logging

from job import job

with job(snakemake):
    from gaitcore.modalities.keypoints.reading import read_poses
    from gaitcore.modalities.report import write_report
    from gaitcore.settings.data import Data

    data = Data.model_validate(snakemake.params.data)
    table, report = read_poses(
        data.format,
        data.path,
        dataset=data.dataset,
        frame_width=data.frame_width,
        frame_height=data.frame_height,
        fps=data.fps,
        pose_source=data.pose_source,
        mixed_sources=data.mixed_pose_sources,
        tree=data.tree,
    )
    table.write(snakemake.output.poses)
    write_report(report, snakemake.output.report)
    logging.info(
        "%d sequences, %d frames; %d dropped rows are listed in %s",
        len(table.sequences),
        len(table),
        len(report),
        snakemake.output.report,
    )
