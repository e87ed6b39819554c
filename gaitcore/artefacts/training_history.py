"""training.csv: one row per epoch of a training run."""

from pathlib import Path

import pandas as pd

from gaitcore.csv_files import NUMBER, NUMBER_OR_EMPTY, WHOLE, read_csv, write_csv

COLUMNS = {
    "epoch": WHOLE,  # from 1
    "loss": NUMBER,  # mean over the epoch's steps
    "learning_rate": NUMBER,  # of the last step
    "mined_triplets": WHOLE,
    "spread": NUMBER,  # of the last step's embeddings
    "seconds": NUMBER,
    "sequences_per_second": NUMBER,
    "validation_rank1": NUMBER_OR_EMPTY,  # fraction; empty where there was no validation
}


def write_history(history: pd.DataFrame, path: str | Path) -> None:
    """Write training.csv, whole or not at all."""
    write_csv(history[list(COLUMNS)], path)


def read_history(path: str | Path) -> pd.DataFrame:
    """training.csv with the columns of ``COLUMNS``.

    Raises:
        DataError: the file is missing or damaged, or has other columns or types.
    """
    return read_csv(path, COLUMNS)
