"""Mean and interval of a number over the seeds of a system, or the seeds themselves where they are few."""

import numpy as np
import pandas as pd
from scipy import special

from gaitcore.percent import in_percent

FEWEST = 5  # seeds with an interval; that of fewer is so wide that it says less than the seeds themselves
VALUES = "values"  # the column of the single seeds' values, for captions


def over_seeds(
    numbers: pd.DataFrame, keys: list[str], value: str, confidence: float, within: tuple[float, float]
) -> pd.DataFrame:
    """Mean and Student's t interval over seeds, which covers retraining on the same data.

    Args:
        numbers: one row per combination of ``keys`` and seed.
        keys: columns to group by, in this order; the groups keep the order of the rows.
        value: the column of the number.
        confidence: level of the interval.
        within: the lowest and the highest possible value, to which the interval is clipped.

    Returns:
        The keys, mean, std (n - 1), ci_low, ci_high, n_seeds and ``values`` (a tuple, one for each seed). The interval
        of fewer than five seeds is NaN.
    """
    grouped = numbers.groupby(keys, sort=False)[value]
    groups = grouped.agg(["mean", "std", "count"]).rename(columns={"count": "n_seeds"})
    groups[VALUES] = [tuple(of_seeds.dropna()) for _, of_seeds in grouped]
    seeds = groups["n_seeds"].to_numpy()
    quantile = special.stdtrit(np.maximum(seeds - 1, 1), (1 + confidence) / 2)  # as stats.t.ppf, which loads for longer
    half = np.where(seeds >= FEWEST, quantile * groups["std"] / np.sqrt(np.maximum(seeds, 1)), np.nan)
    groups["ci_low"] = (groups["mean"] - half).clip(lower=within[0])
    groups["ci_high"] = (groups["mean"] + half).clip(upper=within[1])
    return groups.reset_index()[[*keys, "mean", "std", "ci_low", "ci_high", "n_seeds", VALUES]]


def mean_text(row: pd.Series, unit: str = "%") -> str:
    """The mean with its interval, ``12.3% [10.1, 14.5]``, or with the single seeds, ``0.04% (0.01, 0.06)``."""
    places = 1 if row["mean"] >= 1 else 2
    mean, low, high, *seeds = (f"{v:.{places}f}" for v in (row["mean"], row["ci_low"], row["ci_high"], *row[VALUES]))
    if pd.notna(row["ci_low"]):
        return f"{mean}{unit} [{low}, {high}]"
    return f"{mean}{unit} ({', '.join(seeds)})" if len(seeds) > 1 else f"{mean}{unit}"


def most_seeds(means: pd.DataFrame) -> int:
    """The number of seeds of these means, as :func:`over_seeds` returns them."""
    return int(means["n_seeds"].max())


def interval_sentence(seeds: int, confidence: float) -> str:
    """What the numbers in brackets or in parentheses are."""
    if seeds <= 1:
        return "One seed gives no interval."
    if seeds < FEWEST:
        return f"In parentheses: each of the {seeds} seeds, which are too few for an interval."
    return f"In brackets: the {in_percent(confidence):g}% interval (Student's t) over {seeds} seeds."
