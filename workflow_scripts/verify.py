"""Compare each retrained run with the first; on a difference the script fails and keeps the retrained runs."""

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
            f"{len(failed)} of {len(verdicts)} runs were not reproduced: {'; '.join(failed)}. The retrained runs are "
            f"in {snakemake.params.scratch}; remove that folder to train again."
        )
    if not verdicts:
        raise GaitError("nothing is trained in this experiment, so there is nothing to verify.")
    shutil.rmtree(snakemake.params.scratch)
