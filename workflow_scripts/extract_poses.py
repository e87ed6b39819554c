"""Estimate the keypoints in the videos of one subject."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.modalities.keypoints.table import PoseInfo
    from gaitcore.modalities.keypoints.video.extraction import ShardOutputs, extract_subject
    from gaitcore.settings.data import Tracking, Video

    params, output = snakemake.params, snakemake.output
    extract_subject(
        params.videos,
        PoseInfo(**params.camera),
        Video.model_validate({**params.video, "list": None}),
        ShardOutputs(*map(Path, (output.poses, output.report, params.scratch))),
        threads=snakemake.threads,
        code=params.code,
        tracking=Tracking.model_validate(params.tracking),
    )
