"""Each job on a GPU of its own, where a machine has several.

A job takes the card on which fewest jobs are: it holds a lock of the operating system on a file of that card, which
ends with the process however that ends. Nothing is asked of Snakemake but how many jobs run at once.
"""

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

_SLOTS = 64  # jobs on a card at most
_held: list[int] = []  # open files, which hold the locks until the process ends


def take_card(folder: Path | None = None) -> str | None:
    """Make one of the GPUs the only one that this process sees; it must not have used CUDA yet.

    Args:
        folder: of the locks, on a disk of this machine; a folder of this user for temporary files by default.

    Returns:
        The card, as CUDA_VISIBLE_DEVICES names it; None where there is not more than one.
    """
    cards = _cards()
    if len(cards) < 2:
        return None
    folder = folder or Path(tempfile.gettempdir()) / f"gaitcore-gpus-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for slot in range(_SLOTS):
            for card in cards:
                if _locked(folder / f"{card.replace('/', '_')}.{slot}"):
                    os.environ["CUDA_VISIBLE_DEVICES"] = card
                    return card
    except OSError:
        pass  # without locks every job takes the first card, which is slower and not wrong
    return None


def _cards() -> list[str]:
    """The GPUs that this process may use."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [card.strip() for card in named.split(",") if card.strip() not in ("", "-1")]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [str(number) for number, _ in enumerate(line for line in listed.splitlines() if line.startswith("GPU "))]


def _locked(path: Path) -> bool:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    _held.append(file)
    return True
