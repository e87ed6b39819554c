"""Mean and interval of a number over the seeds of a system."""

import numpy as np
import pandas as pd
from scipy import stats

from gaitcore.percent import in_percent

TOO_FEW = 2  # seeds: their interval is too wide for a figure and only in the caption


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
        The keys, mean, std (n - 1), ci_low, ci_high and n_seeds. The interval of a single seed is NaN.
    """
    groups = numbers.groupby(keys, sort=False)[value].agg(["mean", "std", "count"]).reset_index()
    seeds = groups["count"].to_numpy()
    quantile = stats.t.ppf((1 + confidence) / 2, np.maximum(seeds - 1, 1))
    half = np.where(seeds > 1, quantile * groups["std"] / np.sqrt(seeds), np.nan)
    low, high = (groups["mean"] - half).clip(lower=within[0]), (groups["mean"] + half).clip(upper=within[1])
    groups = groups.assign(ci_low=low, ci_high=high)
    return groups.rename(columns={"count": "n_seeds"})[[*keys, "mean", "std", "ci_low", "ci_high", "n_seeds"]]


def mean_text(row: pd.Series, unit: str = "%") -> str:
    """The mean and the interval of a row, ``12.3% [10.1, 14.5]`` or ``0.04% [0.01, 0.06]``, or only the mean."""
    places = 1 if row["mean"] >= 1 else 2
    mean, low, high = (f"{row[column]:.{places}f}" for column in ("mean", "ci_low", "ci_high"))
    return f"{mean}{unit}" if pd.isna(row["ci_low"]) else f"{mean}{unit} [{low}, {high}]"


def interval_sentence(seeds: int, confidence: float) -> str:
    """What the numbers in brackets are."""
    if seeds == 1:
        return "One seed gives no interval."
    few = "; with two seeds it is very wide" if seeds == 2 else ""
    return f"In brackets: the {in_percent(confidence):g}% interval (Student's t) over {seeds} seeds{few}."
