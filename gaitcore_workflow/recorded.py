"""Finished files that DVC does not have yet, kept while the stages of DVC run.

DVC deletes the files of a stage before it runs the stage, also those that Snakemake made alone and that are right. So
the first stage that runs keeps hard links to them (``gaitcore_workflow.kept``), and the job of a later stage takes its
files from there if its inputs, settings and code are those of its receipt. What DVC has recorded is not kept: it is in
the cache of DVC, and ``dvc repro --force`` makes it anew.
"""

import hashlib
import re
from pathlib import Path

from gaitcore.audit.receipts import JobPlace, read_receipts
from gaitcore_workflow.kept import keep

_DIGEST = re.compile(r"^ *md5: ([0-9a-f]{32})$", re.MULTILINE)


def keep_unrecorded(folder: Path, lock: Path = Path("dvc.lock")) -> None:
    """Keep the files of the finished jobs of a results folder that DVC has not recorded.

    A job has been recorded if its receipt, which has the digests of its files, is among the files of ``lock``.

    Raises:
        DataError: a receipt is damaged, or the log or benchmark of such a job was changed.
    """
    recorded = set(_DIGEST.findall(lock.read_text())) if lock.is_file() else set()
    for name in read_receipts(folder):
        place = JobPlace(folder, name)
        if hashlib.md5(place.receipt.read_bytes(), usedforsecurity=False).hexdigest() not in recorded:
            keep(place)
