"""Compare each retrained run with the first; fails, and keeps the retrained runs, unless all agree."""

import logging
import shutil
from pathlib import Path

from job import job

with job(snakemake):
    from gaitcore.audit.verification import compare_runs
    from gaitcore.errors import GaitError

    folders = ([Path(path).parent for path in runs] for runs in (snakemake.input.first, snakemake.input.again))
    verdicts = [compare_runs(first, again) for first, again in zip(*folders, strict=True)]
    for verdict in verdicts:
        logging.info("%s", verdict)
    failed = [verdict.run for verdict in verdicts if not verdict.agrees]
    if failed:
        raise GaitError(
            f"{len(failed)} of {len(verdicts)} runs were not reproduced: {'; '.join(failed)}. What was made is in "
            f"{snakemake.params.scratch}; remove that folder to train again."
        )
    shutil.rmtree(snakemake.params.scratch)
