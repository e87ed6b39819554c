"""The finished parts of a job that may be interrupted, kept beside its outputs until all of it is finished.

Snakemake deletes the outputs of an interrupted job before it runs again, so the folder of the parts is none of them.
"""

import hashlib
import shutil
from pathlib import Path


class Scratch:
    """A folder of finished parts; a part's file is named by the digest of everything that it depends on.

    ``settings`` is the text of all settings, and of the code, that every part depends on.
    """

    def __init__(self, folder: Path, settings: str) -> None:
        self.folder, self._settings = folder, settings
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name: str, digest: str, ending: str) -> Path:
        """The file of a part, e.g. ``001.0123456789abcdef.json``; ``digest`` is that of the part's own sources."""
        key = hashlib.sha256(f"{digest} {self._settings}".encode()).hexdigest()
        return self.folder / f"{name}.{key[:16]}{ending}"

    def remove(self) -> None:
        """Remove the folder, also parts that were made of other sources or settings; all is finished."""
        shutil.rmtree(self.folder)
