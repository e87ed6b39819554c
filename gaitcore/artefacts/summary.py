"""summary.csv: the statistics over seeds and subjects, long form."""

from pathlib import Path

import pandas as pd

from gaitcore.csv_files import NUMBER, NUMBER_OR_EMPTY, TEXT, WHOLE, read_csv, write_csv

TESTED_METRIC = "rank1"  # by which pairs of systems are compared
DIFFERENCE = "rank1_difference"  # the metric of a pair
MEAN = "mean"  # stands in the columns `condition` and `view` for an average over them

COLUMNS = {
    "system": TEXT,  # or "a - b", a pair of systems
    "condition": TEXT,  # or "mean"
    "view": TEXT,  # in the data set's spelling, or "mean"
    "metric": TEXT,
    "mean": NUMBER,
    "std": NUMBER_OR_EMPTY,
    "ci_low": NUMBER_OR_EMPTY,
    "ci_high": NUMBER_OR_EMPTY,
    "n_seeds": WHOLE,
    "n_subjects": WHOLE,
    "p_value": NUMBER_OR_EMPTY,
    "p_value_holm": NUMBER_OR_EMPTY,
}


def write_summary(summary: pd.DataFrame, path: str | Path) -> None:
    """Write the result of :func:`gaitcore.evaluation.statistics.summarise`, whole or not at all."""
    write_csv(summary[list(COLUMNS)], path)


def read_summary(path: str | Path) -> pd.DataFrame:
    """summary.csv as :func:`gaitcore.evaluation.statistics.summarise` returned it; all fractions.

    Raises:
        DataError: the file is missing or damaged, or has other columns or types.
    """
    return read_csv(path, COLUMNS)
