"""Write the digest, the rule and the inputs of every artefact."""

import logging
from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore import __version__
    from gaitcore.audit.manifest import Origin, write_manifest

    origins = [Origin(*origin) for origin in snakemake.params.origins]
    facts = {
        "experiment": snakemake.wildcards.experiment,
        "configuration": snakemake.params.configuration,
        "titles": snakemake.params.titles,
        "extensions": snakemake.params.extensions,
        "gaitcore": __version__,
    }
    write_manifest(Path(snakemake.output[0]), origins, snakemake.params.sources, facts)
    logging.info("%d artefacts listed", len(origins))
