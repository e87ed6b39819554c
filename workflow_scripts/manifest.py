"""Write the digest, the rule and the inputs of every file of an experiment, from the receipts of its jobs."""

from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore import __version__
    from gaitcore.audit.manifest import write_manifest

    facts = {
        "experiment": snakemake.wildcards.experiment,
        "configuration": snakemake.params.configuration,
        "titles": snakemake.params.titles,
        "extensions": snakemake.params.extensions,
        "gaitcore": __version__,
    }
    write_manifest(Path(snakemake.output[0]), snakemake.params.sources, facts)
