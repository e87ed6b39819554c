"""Which runs and jobs of an experiment are alive, so that the lock of a run that was killed is removed.

Snakemake locks the files of a run and leaves the locks behind when it is killed; they do not say who made them. So
every Snakemake and every job of an experiment holds a shared lock of the operating system on one file, which ends with
the process. Who gets that lock alone knows that nobody else is alive, neither Snakemake nor a job that it left behind.
"""

import fcntl
import os
from pathlib import Path

RECORDS = Path(".snakemake")


def alive(experiment: str) -> int | None:
    """Be counted as alive until this process ends; None on a file system without such locks.

    Returns:
        The open file that holds the lock.
    """
    return _locked(experiment, fcntl.LOCK_SH)


def remove_stale_locks(experiment: str) -> list[str]:
    """Remove Snakemake's locks on the files of an experiment if none of its runs and jobs is alive; their names."""
    stale = _locks_of(experiment)
    alone = _locked(experiment, fcntl.LOCK_EX | fcntl.LOCK_NB) if stale else None
    if alone is None:
        return []
    for path in stale:
        path.unlink(missing_ok=True)
    os.close(alone)
    return [path.name for path in stale]


def others(experiment: str) -> list[int]:
    """The processes that are alive for an experiment, other than this one, if its files are locked; [] if unknown.

    Linux lists the locks of the operating system in /proc/locks; other systems do not.
    """
    file, listing = RECORDS / "running" / experiment, Path("/proc/locks")
    if not _locks_of(experiment) or not file.exists() or not listing.exists():
        return []
    locks = (line.split() for line in listing.read_text().splitlines())
    inode = str(file.stat().st_ino)
    found = {int(lock[4]) for lock in locks if lock[1] == "FLOCK" and lock[5].rpartition(":")[2] == inode}
    return sorted(found - {os.getpid()})


def _locks_of(experiment: str) -> list[Path]:
    """Snakemake's locks on the files of an experiment."""
    return [path for path in (RECORDS / "locks").glob("*.lock") if f"results/{experiment}/" in path.read_text()]


def _locked(experiment: str, kind: int) -> int | None:
    folder = RECORDS / "running"
    file = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / experiment, os.O_RDWR | os.O_CREAT)
        fcntl.flock(file, kind)
    except OSError:
        if file is not None:
            os.close(file)
        return None
    return file
