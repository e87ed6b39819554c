"""probes.csv: each inspected probe, its match in the gallery, and the attribution of their similarity."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gaitcore.csv_files import KEY_TYPES, NUMBER, NUMBER_OR_EMPTY, TEXT, TRUTH, read_csv, write_csv

DECIMALS = 6
COLUMNS = {
    **KEY_TYPES,
    "match": TEXT,  # the name of the gallery sequence
    "similarity": NUMBER,
    "recognised": TRUTH,
    "frames_for_half": NUMBER_OR_EMPTY,  # the fewest frames with half of the attribution; empty where that is zero
}


def share_columns(joints: Sequence[str]) -> list[str]:
    """The columns with each joint's share of the attribution."""
    return [f"{joint}_share" for joint in joints]


def write_probes(probes: pd.DataFrame, path: str | Path) -> None:
    """Write probes.csv, whole or not at all; numbers have six decimals."""
    write_csv(probes.round(DECIMALS), path)


def read_probes(path: str | Path, joints: Sequence[str]) -> pd.DataFrame:
    """probes.csv: the columns of ``COLUMNS`` and the share of each joint, a fraction or NaN.

    Raises:
        DataError: the file is missing or damaged, or has other columns or types.
    """
    return read_csv(path, {**COLUMNS, **dict.fromkeys(share_columns(joints), NUMBER_OR_EMPTY)})
