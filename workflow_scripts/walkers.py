"""Write the synthetic walkers of an experiment as a CSV in GaitGraph's format."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.modalities.keypoints.walkers.walkers import WalkerSettings, write_walkers

    write_walkers(Path(snakemake.output.poses), WalkerSettings.from_mapping(snakemake.params.settings))
