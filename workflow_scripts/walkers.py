"""Write the synthetic walkers of an experiment as a CSV in GaitGraph's format."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.modalities.keypoints.walkers.walkers import write_walkers
    from gaitcore.settings.walkers import WalkerSettings

    write_walkers(Path(snakemake.output.poses), WalkerSettings.model_validate(snakemake.params.settings))
