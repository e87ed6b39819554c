"""How far the best of several tries can be trusted: its accuracy on the people who chose it is optimistic.

- The **corrected accuracy** is the bootstrap bias corrected one of I. Tsamardinos, E. Greasidou and G. Borboudakis,
  "Bootstrapping the out-of-sample predictions for efficient and accurate cross-validation", Machine Learning 107, 2018,
  1895-1922 (BBC): validation subjects are drawn with replacement, the best try on those who were drawn is chosen, and
  measured on those who were not; the mean over resamples is what this way of choosing yields on other people. A drawn
  subject brings all probes, and the gallery is held fixed, as in :mod:`gaitcore.evaluation.statistics`.
- The **lead by chance** is what the best of N equally good tries would have over their mean by the randomness of
  training alone: the expected largest of N standard normal numbers (L. H. C. Tippett, Biometrika 17, 1925, 364-387)
  times the standard error of a try's mean, from the pooled standard deviation over seeds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import integrate, stats

from gaitcore.artefacts.summary import MEAN, TESTED_METRIC
from gaitcore.evaluation.statistics import Measurements, accuracies, measurements

_KEYS = ["system", "seed", "condition", "view", "subject", "probes"]


@dataclass(frozen=True)
class TryAccuracy:
    """The rank-1 of one try, fractions.

    Attributes:
        means: condition, or "mean" over conditions -> mean over seeds.
        std: of the mean over conditions, over seeds (n - 1); NaN with one seed.
        seeds: number of runs.
    """

    means: dict[str, float]
    std: float
    seeds: int


@dataclass(frozen=True)
class Choice:
    """The best try, and how far it can be trusted; accuracies are fractions.

    Attributes:
        best: its name.
        accuracy: its mean rank-1 on the validation subjects, by which it was chosen.
        corrected: the bias-corrected accuracy; NaN with fewer than two subjects or one try.
        chosen: try -> share of the resamples in which it would have been chosen; empty likewise.
        lead_by_chance: NaN with one seed.
        tries: number of tries that it was chosen among.
        subjects: number of validation subjects.
    """

    best: str
    accuracy: float
    corrected: float
    chosen: dict[str, float]
    lead_by_chance: float
    tries: int
    subjects: int


def accuracies_of(by_subject: pd.DataFrame) -> dict[str, TryAccuracy]:
    """The accuracy of each try.

    Args:
        by_subject: subjects.csv of every run with the columns system (the try) and seed.

    Raises:
        DataError: the runs of a try were measured on different probes.
    """
    if by_subject.empty:
        return {}
    measured = _measured(by_subject)
    found = {}
    for name, (seeds, values) in measured.runs.items():
        count, subjects = values.shape[:2]
        own, everybody = measured.of(name), np.ones((1, subjects))
        mean = accuracies(values, own, np.ones((1, count)), everybody)[0, :, 0]
        by_seed = accuracies(values, own, np.eye(count), np.repeat(everybody, count, axis=0))[:, -1, 0]
        means = {
            condition: float(value)
            for (condition, view), value in zip(own.labels, mean, strict=True)
            if view == MEAN and not math.isnan(value)
        }
        found[name] = TryAccuracy(means, float(by_seed.std(ddof=1)) if count > 1 else math.nan, len(seeds))
    return found


def choose(by_subject: pd.DataFrame, *, resamples: int = 2000, seed: int = 0) -> Choice | None:
    """The best of the tries by mean rank-1, the first one of equals; None without a try.

    Args:
        by_subject: as :func:`accuracies_of` takes it, of the tries that can be chosen.
        resamples: number of resamples of the validation subjects.
        seed: of the resampling.
    """
    tries = accuracies_of(by_subject)
    if not tries:
        return None
    best = max(tries, key=lambda name: tries[name].means[MEAN])
    corrected, chosen = _corrected(_measured(by_subject), resamples, seed)
    return Choice(
        best=best,
        accuracy=tries[best].means[MEAN],
        corrected=corrected,
        chosen=chosen,
        lead_by_chance=_lead_by_chance(list(tries.values())),
        tries=len(tries),
        subjects=by_subject["subject"].nunique(),
    )


def expected_maximum(number: int) -> float:
    """The expected largest of so many independent standard normal numbers."""

    def tail(x: float) -> float:
        below: float = stats.norm.cdf(x) ** number
        return 1 - below - float(stats.norm.cdf(-x) ** number)  # P(max > x) - P(max < -x)

    return float(integrate.quad(tail, 0, np.inf)[0])


def _measured(by_subject: pd.DataFrame) -> Measurements:
    rows = by_subject[(by_subject["probes"] > 0) & by_subject[TESTED_METRIC].notna()]
    return measurements(rows[[*_KEYS, TESTED_METRIC]].reset_index(drop=True))


def _corrected(measured: Measurements, resamples: int, seed: int) -> tuple[float, dict[str, float]]:
    subjects = len(measured.probes)
    if subjects < 2 or len(measured.runs) < 2:
        return math.nan, {}
    drawn = np.random.default_rng(seed).multinomial(subjects, np.full(subjects, 1 / subjects), resamples)
    within, outside = drawn.astype(float), (drawn == 0).astype(float)
    inside, beyond = (
        np.stack([_overall(measured, name, weights) for name in measured.runs]) for weights in (within, outside)
    )
    winners = np.nanargmax(inside, axis=0)  # the first one of equals, as above
    corrected = float(np.nanmean(beyond[winners, np.arange(resamples)]))
    shares = np.bincount(winners, minlength=len(measured.runs)) / resamples
    return corrected, dict(zip(measured.runs, shares.tolist(), strict=True))


def _overall(measured: Measurements, name: str, weights: np.ndarray) -> np.ndarray:
    """(B,) the mean rank-1 of a try over its seeds, when subjects count (B, N) times; NaN where no probe is left."""
    seeds, values = measured.runs[name]
    return accuracies(values, measured.of(name), np.ones((len(weights), len(seeds))), weights)[:, -1, 0]


def _lead_by_chance(tries: Sequence[TryAccuracy]) -> float:
    spreads = [one for one in tries if one.seeds > 1]
    if not spreads:
        return math.nan
    variance = sum(one.std**2 * (one.seeds - 1) for one in spreads) / sum(one.seeds - 1 for one in spreads)
    error = math.sqrt(variance * float(np.mean([1 / one.seeds for one in tries])))
    return error * expected_maximum(len(tries))
