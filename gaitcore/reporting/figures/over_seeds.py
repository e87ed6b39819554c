"""Mean and interval of a number over the seeds of a system."""

import numpy as np
import pandas as pd
from scipy import stats

from gaitcore.percent import in_percent

TOO_FEW = 2  # seeds: their interval would fill a picture, and is left to the caption


def over_seeds(
    numbers: pd.DataFrame, keys: list[str], value: str, confidence: float, within: tuple[float, float]
) -> pd.DataFrame:
    """Mean and Student's t interval over seeds, which stands for training again on the same data.

    Args:
        numbers: one row per combination of ``keys`` and seed.
        keys: columns to group by, in this order; the groups keep theirs.
        value: the column of the number.
        confidence: level of the interval.
        within: the least and the greatest value there can be, at which the interval ends.

    Returns:
        The keys, mean, std (n - 1), ci_low, ci_high and n_seeds. NaN where a single seed gives no interval.
    """
    found = numbers.groupby(keys, sort=False)[value].agg(["mean", "std", "count"]).reset_index()
    seeds = found["count"].to_numpy()
    quantile = stats.t.ppf((1 + confidence) / 2, np.maximum(seeds - 1, 1))
    half = np.where(seeds > 1, quantile * found["std"] / np.sqrt(seeds), np.nan)
    low, high = (found["mean"] - half).clip(lower=within[0]), (found["mean"] + half).clip(upper=within[1])
    found = found.assign(ci_low=low, ci_high=high)
    return found.rename(columns={"count": "n_seeds"})[[*keys, "mean", "std", "ci_low", "ci_high", "n_seeds"]]


def told(row: pd.Series, unit: str = "%") -> str:
    """``12.3% [10.1, 14.5]`` or ``0.04% [0.01, 0.06]`` of a row; without an interval the mean alone."""
    places = 1 if row["mean"] >= 1 else 2
    mean, low, high = (f"{row[column]:.{places}f}" for column in ("mean", "ci_low", "ci_high"))
    return f"{mean}{unit}" if pd.isna(row["ci_low"]) else f"{mean}{unit} [{low}, {high}]"


def interval_sentence(seeds: int, confidence: float) -> str:
    """What the brackets are."""
    if seeds == 1:
        return "One seed gives no interval."
    few = "; two seeds can tell little" if seeds == 2 else ""
    return f"In brackets the {in_percent(confidence):g}% interval (Student's t) over {seeds} seeds{few}."
