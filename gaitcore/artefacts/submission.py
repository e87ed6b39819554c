"""submission.csv: for each probe of unknown identity the subjects of its nearest gallery sequences, nearest first.

Source: the evaluation of GREW (Zhu et al., ICCV 2021) on CodaLab, whose header is ``videoId,rank1,...,rank20``.
"""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gaitcore.csv_files import TEXT, read_csv, write_csv
from gaitcore.files import replacing

PROBE = "videoId"
_DATE = (1980, 1, 1, 0, 0, 0)  # so that the same file gives the same bytes


def columns(nearest: int) -> list[str]:
    """The header of a file with so many gallery sequences for each probe."""
    return [PROBE, *(f"rank{place}" for place in range(1, nearest + 1))]


def write_submission(probes: Sequence[str], subjects: np.ndarray, path: Path, archive: Path) -> None:
    """Write the CSV and the archive of it that a server takes, each whole or not at all.

    Args:
        probes: P names, those of the folders.
        subjects: (P, K) the subjects of the nearest gallery sequences; one may stand there twice.
        path: the CSV.
        archive: a ZIP with the CSV alone.
    """
    table = pd.DataFrame(
        np.column_stack([np.asarray(probes, dtype=object), subjects]), columns=columns(subjects.shape[1])
    )
    write_csv(table, path)
    with replacing(archive) as unfinished, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(path.name, _DATE), path.read_bytes(), zipfile.ZIP_DEFLATED)


def read_submission(path: Path, nearest: int = 20) -> pd.DataFrame:
    """The rows of submission.csv, all text.

    Raises:
        DataError: the file is missing or damaged, or has other columns.
    """
    return read_csv(path, dict.fromkeys(columns(nearest), TEXT))
