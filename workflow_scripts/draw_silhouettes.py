"""Draw bodies round poses, write silhouettes.parquet and the report of frames without a body."""

import logging

from job import job

with job(snakemake):
    from gaitcore.modalities.keypoints.table import PoseTable
    from gaitcore.modalities.report import DropReport, write_report
    from gaitcore.modalities.silhouettes.bodies import LABEL, PRETREATMENT, draw_walks
    from gaitcore.modalities.silhouettes.table import SilhouetteInfo, write_walks
    from gaitcore.settings.data import Bodies

    report = DropReport()
    settings = Bodies.model_validate(snakemake.params.bodies)
    walks = draw_walks(PoseTable.read(snakemake.input.poses), settings, report)
    info = SilhouetteInfo(snakemake.params.dataset, LABEL, PRETREATMENT)
    sequences = write_walks(snakemake.output.silhouettes, walks, info)
    write_report(report.to_frame(), snakemake.output.report)
    frames = sequences["frames"].sum()
    logging.info("%d sequences, %d frames; %d frames without a body", len(sequences), frames, len(report))
