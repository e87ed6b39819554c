"""Silhouettes of a tree of pickles, also in a process of its own, to be killed and started again.

python resumable_reading.py FOLDER: reads FOLDER/pickles.
"""

import sys
from pathlib import Path

from gaitcore.modalities.report import write_report
from gaitcore.modalities.scratch import Scratch
from gaitcore.modalities.silhouettes.reading import read_silhouettes


def read(folder: Path, *, settings: str = "code and settings", threads: int = 1) -> tuple[bytes, str]:
    """The table's bytes and the report's text."""
    scratch = Scratch(folder / "unfinished", settings)
    table, report = folder / "silhouettes.parquet", folder / "report.csv"
    _, lines = read_silhouettes(
        "opengait_pickles", folder / "pickles", table, dataset="test", scratch=scratch, threads=threads
    )
    write_report(lines, report)
    scratch.remove()
    return table.read_bytes(), report.read_text().replace(str(folder), "")


if __name__ == "__main__":
    read(Path(sys.argv[1]))
