"""Read poses in their source format, write poses.parquet and the report of dropped entries."""

import logging

from job import job

with job(snakemake):
    from gaitcore.modalities.keypoints.reading import write_poses
    from gaitcore.modalities.report import write_report
    from gaitcore.settings.data import Data

    data = Data.model_validate(snakemake.params.data)
    sequences, report = write_poses(
        data.format,
        data.path,
        snakemake.output.poses,
        dataset=data.dataset,
        frame_width=data.frame_width,
        frame_height=data.frame_height,
        fps=data.fps,
        pose_source=data.pose_source,
        mixed_sources=data.mixed_pose_sources,
        tree=data.tree,
        people=data.people,
        people_index=data.people_index,
        lost_joints=data.lost_joints,
        frame_order=data.frame_order,
    )
    write_report(report, snakemake.output.report)
    logging.info(
        "%d sequences, %d frames; %d dropped rows are listed in %s",
        len(sequences),
        sequences["frames"].sum(),
        len(report),
        snakemake.output.report,
    )
