"""Mean, spread, interval and paired test of the cross-view accuracies, over seeds and subjects.

What is random, and what is held fixed: a measured accuracy depends on two samples: the *subjects* who were
filmed and the *seeds* the network was trained with. They are crossed: every seed is measured on every subject.

- The **interval** is a bootstrap that resamples both, each with replacement and independently of the other: the
  pigeonhole bootstrap (A. B. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2), 2007, 386-411).
  A drawn subject brings all of its probes, in all conditions and views, and all seeds; a drawn seed brings all
  subjects. No bootstrap is exact for crossed samples (P. McCullagh, Bernoulli 6(2), 2000, 285-301); this one errs on
  the wide side in the part that is particular to one subject and one seed. The part between seeds is estimated from
  a few runs and is, as in every percentile bootstrap, about (n - 1) / n of its unbiased size. With one seed
  only subjects are resampled and the interval says nothing about retraining: ``n_seeds`` is 1 there.
- The **gallery is held fixed**: a subject keeps the hits it has against all gallery subjects, also in a resample that
  leaves some of these out. Matching against a resampled gallery, where copies of a subject meet each other, would
  be another task.
- The **paired test** asks whether two systems, as trained, differ on the population of subjects. It exchanges the two
  systems' results subject by subject (a sign-flip permutation test; R. A. Fisher, The Design of Experiments,
  1935, section 21), after averaging over seeds. It holds the runs fixed: it does not say that retraining would give
  the same order. The spread over seeds is there for that.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from gaitcore.artefacts.summary import DIFFERENCE, MEAN, TESTED_METRIC
from gaitcore.errors import DataError
from gaitcore.keys import degrees, natural

NO_SEED = -1  # of weights from a file, whose seed is not known

_RUN = ["system", "seed"]
_CELL = ["condition", "view"]
_KEYS = [*_RUN, *_CELL, "subject"]
_COLUMNS = [*_KEYS, "probes"]  # every other column is a metric
_PERMUTATIONS = 9999  # up to 13 subjects all 2**13 sign flips are enumerated and the p-value is exact
_FLIPS_AT_ONCE = 2**22  # signs in memory at once, which SciPy needs some 80 bytes for; the p-value is the same
_DECIMALS = 12  # far below one probe; the last bits of a sum depend on the machine


def summarise(
    by_subject: pd.DataFrame, *, confidence: float = 0.95, resamples: int = 2000, seed: int = 0
) -> pd.DataFrame:
    """Means over seeds with spread and interval, and every pair of systems compared: the rows of ``summary.csv``.

    ``by_subject`` has one row per system, seed, condition, view (of the probe) and subject, with ``probes``
    (how many sequences) and metrics such as ``rank1``, ``rank5``, ``mAP`` (fractions, the mean over these probes and
    over all non-identical gallery views). A metric of another evaluation is NaN in the rows of this one, and metrics
    with the same rows are summarised together. The accuracy of a condition and view is the mean over its *probes*; that
    of a condition the unweighted mean over its views; the overall one the unweighted mean over conditions. Cells
    without a probe are absent. In a resample the same holds: a view to which no drawn subject has a probe is absent
    from it.

    Returns the columns system, condition, view, metric, mean, std, ci_low, ci_high, n_seeds, n_subjects, p_value,
    p_value_holm. All are fractions. ``view`` is text, as in the rows, or "mean"; the overall mean has
    condition "mean".

    - ``std``: over seeds (n - 1 in the denominator); NaN with one seed.
    - A system whose ``seed`` is :data:`NO_SEED` has one run, of weights from a file: ``n_seeds`` is 0, and it is paired
      with each run of another system.
    - ``ci_low``, ``ci_high``: percentile bootstrap over subjects and seeds (see above); NaN with one subject.
    - Pairs of systems: system "a - b", metric "rank1_difference", for each condition's mean and the overall mean,
      over the seeds both have (seed 3 of a against seed 3 of b, since runs with one seed may share the order of
      their batches); a pair without a common seed has no rows. Subjects and seeds are drawn jointly for a and b.
    - ``p_value``: two-sided, exact up to 13 subjects, else from 9,999 random flips. Its statistic is the tabled
      difference itself, written as a sum of the subjects' shares in it, so that the two cannot disagree. Subjects
      without a probe there are left out; NaN with fewer than two subjects.
    - ``p_value_holm``: adjusted for all pairs of systems within that condition (S. Holm, 1979).

    The same generator state is used for each system, so a system's interval does not depend on which others are there.

    Systems of different modalities may have different probes, since a modality may lack sequences; a pair of such
    systems has no rows.

    Raises DataError if a column is missing, a value is not a fraction, a row is there twice, or the runs of a system
    were not all measured on the same probes.
    """
    resampling = _Resampling(confidence, resamples, seed)
    summary = pd.concat(
        [rows for part in _evaluations(by_subject) for rows in _summaries(measurements(part), resampling)],
        ignore_index=True,
    )
    groups = summary[summary["metric"] == DIFFERENCE].groupby("condition")["p_value"]
    summary["p_value_holm"] = groups.transform(_holm)
    return summary.round(_DECIMALS)


def _evaluations(by_subject: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows and metrics of each evaluation, in the order of the columns."""
    frame = _with_columns(by_subject)
    metrics: dict[bytes, list[str]] = {}
    for name in frame.columns.difference(_COLUMNS, sort=False):
        metrics.setdefault(frame[name].notna().to_numpy().tobytes(), []).append(name)
    parts = [frame.loc[frame[names[0]].notna(), [*_COLUMNS, *names]] for names in metrics.values()]
    _check_fractions(frame, pd.concat([part.index.to_series() for part in parts]))
    for part in parts:
        twice = part[part.duplicated(_KEYS)]
        if len(twice):
            raise DataError(f"The results by subject hold two rows for {_place(twice)}; expected one.")
        yield part


def _summaries(measured: "Measurements", resampling: "_Resampling") -> Iterator[pd.DataFrame]:
    for name in measured.runs:
        yield _rows(name, measured.metrics, measured.of(name), *measured.runs[name], resampling)
    if TESTED_METRIC in measured.metrics:
        yield from _pair_rows(measured, resampling)


@dataclass(frozen=True)
class _Resampling:
    """Level, number of resamples and seed of the intervals and p-values."""

    confidence: float
    resamples: int
    seed: int


@dataclass(frozen=True)
class Measurements:
    """All runs on common axes. Sizes: S seeds of a system, N subjects, C cells (condition and view), M metrics."""

    cells: list[tuple[str, str]]  # condition and view
    probes: np.ndarray  # (N, C) number of probes, the same for every run of a system: of the first one
    probes_of: dict[str, np.ndarray]  # system -> its (N, C)
    runs: dict[str, tuple[np.ndarray, np.ndarray]]  # system -> seeds (S,), fractions (S, N, C, M), 0 without a probe
    metrics: tuple[str, ...]  # M names

    def of(self, system: str) -> "Measurements":
        """The same with the probes of one system."""
        return replace(self, probes=self.probes_of[system])

    @property
    def conditions(self) -> list[str]:
        return list(dict.fromkeys(condition for condition, _ in self.cells))

    @property
    def membership(self) -> np.ndarray:
        """(K, C) bool: the cells of each of K conditions."""
        return np.array([[condition == cell for cell, _ in self.cells] for condition in self.conditions])

    @property
    def labels(self) -> list[tuple[str, str]]:
        """(condition, view) of the L = C + K + 1 numbers: the cells, the conditions' means, the overall mean."""
        cells = [(condition, str(view)) for condition, view in self.cells]
        return [*cells, *((condition, MEAN) for condition in self.conditions), (MEAN, MEAN)]

    @property
    def subject_counts(self) -> np.ndarray:
        """(L,) subjects with at least one probe behind each number."""
        seen = self.probes > 0
        conditions = [seen[:, cells].any(axis=1).sum() for cells in self.membership]
        return np.array([*seen.sum(axis=0), *conditions, seen.any(axis=1).sum()])


def measurements(frame: pd.DataFrame) -> Measurements:
    """All runs on common axes, from rows as :func:`summarise` takes them, of one evaluation and with probes each."""
    order = {condition: rank for rank, condition in enumerate(frame["condition"].unique())}
    cells = sorted(
        set(zip(frame["condition"], frame["view"], strict=True)), key=lambda cell: (order[cell[0]], natural(cell[1]))
    )
    runs = list(dict.fromkeys(zip(frame["system"], frame["seed"], strict=True)))
    subjects = sorted(frame["subject"].unique(), key=natural)
    where = (
        pd.MultiIndex.from_tuples(runs).get_indexer(pd.MultiIndex.from_frame(frame[_RUN])),
        pd.Index(subjects).get_indexer(frame["subject"]),
        pd.MultiIndex.from_tuples(cells).get_indexer(pd.MultiIndex.from_frame(frame[_CELL])),
    )
    probes = np.zeros((len(runs), len(subjects), len(cells)))
    probes[where] = frame["probes"]
    metrics = [str(name) for name in frame if name not in _COLUMNS]
    values = np.zeros((*probes.shape, len(metrics)))
    values[where] = frame[metrics]
    by_system, probes_of = {}, {}
    for system in dict.fromkeys(name for name, _ in runs):
        seeds, rows = zip(*sorted((seed, row) for row, (name, seed) in enumerate(runs) if name == system), strict=True)
        _check_same_probes(probes[list(rows)], [runs[row] for row in rows], subjects, cells)
        by_system[system], probes_of[system] = (np.array(seeds), values[list(rows)]), probes[rows[0]]
    return Measurements(cells, probes[0], probes_of, by_system, tuple(metrics))


def _with_columns(by_subject: pd.DataFrame) -> pd.DataFrame:
    """The rows with probes."""
    columns = [*_COLUMNS, TESTED_METRIC]
    missing = [column for column in columns if column not in by_subject.columns]
    if missing:
        raise DataError(f"The results by subject lack the column {missing[0]!r}; expected {', '.join(columns)}.")
    frame = by_subject[by_subject["probes"] > 0].reset_index(drop=True)
    if frame.empty:
        raise DataError("The results by subject hold no probe, so there is nothing to summarise.")
    return frame


def _check_fractions(frame: pd.DataFrame, used: pd.Series) -> None:
    """Refuse numbers that are no fractions, and rows that are not of one evaluation; ``used`` are their indices."""
    metrics = list(frame.columns.difference(_COLUMNS, sort=False))
    fractions = frame[metrics].apply(lambda column: column.between(0, 1) | column.isna()).all(axis=1)
    times = used.value_counts().reindex(frame.index, fill_value=0)
    wrong = frame[~fractions | (times != 1)]
    if len(wrong):
        found = ", ".join(f"{metric} {wrong.iloc[0][metric]}" for metric in metrics)
        raise DataError(
            f"The results by subject hold {found} for {_place(wrong)}; expected fractions from 0 to 1, or all metrics "
            "of one evaluation."
        )


def _place(frame: pd.DataFrame) -> str:
    row = frame.iloc[0]
    return f"{row['system']} seed {row['seed']}, {row['condition']} {_at(row['view'])}, subject {row['subject']}"


def _at(view: str) -> str:
    return f"at view {view}" if degrees(view) is None else f"at {degrees(view)} degrees"


def _check_same_probes(
    probes: np.ndarray, runs: list[tuple[str, int]], subjects: list[str], cells: list[tuple[str, int]]
) -> None:
    different = np.argwhere(probes != probes[0])
    if len(different) == 0:
        return
    run, subject, cell = different[0]
    (first, first_seed), (other, other_seed) = runs[0], runs[run]
    condition, view = cells[cell]
    raise DataError(
        f"{first} seed {first_seed} and {other} seed {other_seed} were measured on different probes "
        f"({probes[0, subject, cell]:.0f} and {probes[run, subject, cell]:.0f} of subject {subjects[subject]} in "
        f"{condition} {_at(view)}); measure all runs on one split."
    )


def accuracies(
    values: np.ndarray, measured: Measurements, seed_weights: np.ndarray, subject_weights: np.ndarray
) -> np.ndarray:
    """(B, L, M) accuracies of each of ``measured.labels``, when seeds count (B, S) times and subjects (B, N) times.

    A number is NaN where no probe is left.
    """
    hits = np.tensordot(subject_weights, values * measured.probes[..., None], axes=(1, 1))  # (B, S, C, M)
    hits = np.einsum("bs,bscm->bcm", seed_weights, hits)
    probes = (subject_weights @ measured.probes) * seed_weights.sum(axis=1, keepdims=True)  # (B, C)
    cells = _divide(hits, probes[..., None])
    conditions = np.stack([_mean_of_present(cells[:, members]) for members in measured.membership], axis=1)
    return np.concatenate([cells, conditions, _mean_of_present(conditions)[:, None]], axis=1)


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0)


def _mean_of_present(values: np.ndarray) -> np.ndarray:
    """Mean over axis 1 of the values that are not NaN; NaN (without NumPy's warning) where there is none."""
    return _divide(np.nansum(values, axis=1), np.isfinite(values).sum(axis=1))


def _intervals(values: np.ndarray, measured: Measurements, resampling: _Resampling) -> np.ndarray:
    """(2, L, M) lower and upper ends; the indices of subjects and of seeds are resampled."""
    seeds, subjects = values.shape[:2]
    if subjects < 2:
        return np.full((2, len(measured.labels), values.shape[-1]), np.nan)

    def statistic(drawn_subjects: np.ndarray, drawn_seeds: np.ndarray | None = None, *, axis: int) -> np.ndarray:
        subject_weights = _counts(drawn_subjects, subjects)
        seed_weights = np.ones((len(drawn_subjects), 1)) if drawn_seeds is None else _counts(drawn_seeds, seeds)
        return np.moveaxis(accuracies(values, measured, seed_weights, subject_weights), 0, axis)

    indices = [np.arange(subjects)] + [np.arange(seeds)] * (seeds > 1)
    with warnings.catch_warnings():
        # SciPy takes the percentiles over resamples that lack a view, too, and warns that they are NaN.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        bootstrap = stats.bootstrap(
            indices,
            statistic,
            n_resamples=resampling.resamples,
            vectorized=True,
            paired=False,
            method="percentile",
            confidence_level=resampling.confidence,
            rng=np.random.default_rng(resampling.seed),
        )
    ends = [(1 - resampling.confidence) / 2, (1 + resampling.confidence) / 2]
    return np.nanquantile(bootstrap.bootstrap_distribution, ends, axis=-1)


def _counts(drawn: np.ndarray, size: int) -> np.ndarray:
    """(B, size) how often each index was drawn, of (B, draws) drawn indices."""
    batch = len(drawn)
    flat = (drawn + size * np.arange(batch)[:, None]).ravel()
    return np.bincount(flat, minlength=batch * size).reshape(batch, size).astype(float)


def _rows(
    name: str,
    metrics: tuple[str, ...],
    measured: Measurements,
    seeds: np.ndarray,
    values: np.ndarray,
    resampling: _Resampling,
) -> pd.DataFrame:
    count, subjects = values.shape[:2]
    mean = accuracies(values, measured, np.ones((1, count)), np.ones((1, subjects)))[0]  # (L, M)
    by_seed = accuracies(values, measured, np.eye(count), np.ones((count, subjects)))  # (S, L, M)
    std = by_seed.std(axis=0, ddof=1) if count > 1 else np.full_like(mean, np.nan)
    low, high = _intervals(values, measured, resampling)
    conditions, views = zip(*measured.labels, strict=True)
    frames = [
        pd.DataFrame(
            {
                "system": name,
                "condition": conditions,
                "view": views,
                "metric": metric,
                "mean": mean[:, m],
                "std": std[:, m],
                "ci_low": low[:, m],
                "ci_high": high[:, m],
                "n_seeds": int((seeds != NO_SEED).sum()),
                "n_subjects": measured.subject_counts,
                "p_value": np.nan,
            }
        )
        for m, metric in enumerate(metrics)
    ]
    return pd.concat(frames, ignore_index=True)


def _pair_rows(measured: Measurements, resampling: _Resampling) -> Iterator[pd.DataFrame]:
    for a, b in combinations(measured.runs, 2):
        (seeds_a, values_a), (seeds_b, values_b) = measured.runs[a], measured.runs[b]
        common, rows_a, rows_b = _common_runs(seeds_a, seeds_b)
        if len(common) == 0 or (measured.probes_of[a] != measured.probes_of[b]).any():
            continue
        rank1 = measured.metrics.index(TESTED_METRIC)
        difference = (values_a[rows_a] - values_b[rows_b])[..., [rank1]]
        pair = measured.of(a)
        rows = _rows(f"{a} - {b}", (DIFFERENCE,), pair, common, difference, resampling)
        rows = rows[rows["view"] == MEAN].copy()
        rows["p_value"] = _p_values(difference[..., 0], pair, resampling.seed)
        yield rows


def _common_runs(seeds_a: np.ndarray, seeds_b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The seeds that two systems are compared over, and the rows of their runs."""
    if NO_SEED in seeds_a:
        return seeds_b, np.zeros(len(seeds_b), int), np.arange(len(seeds_b))
    if NO_SEED in seeds_b:
        return seeds_a, np.arange(len(seeds_a)), np.zeros(len(seeds_a), int)
    common, rows_a, rows_b = np.intersect1d(seeds_a, seeds_b, return_indices=True)
    return common, rows_a, rows_b


def _p_values(difference: np.ndarray, measured: Measurements, seed: int) -> list[float]:
    """The p-values of each condition and of the overall mean, from (S, N, C) differences between two systems."""
    shares = difference.mean(axis=0) * measured.probes / measured.probes.sum(axis=0)  # (N, C), sums to the cells
    by_condition = [shares[:, cells].mean(axis=1) for cells in measured.membership]
    by_condition.append(np.mean(by_condition, axis=0))
    present = [(measured.probes[:, cells] > 0).any(axis=1) for cells in measured.membership]
    present.append(np.any(present, axis=0))
    return [_paired_p_value(share[there], seed) for share, there in zip(by_condition, present, strict=True)]


def _paired_p_value(shares: np.ndarray, seed: int) -> float:
    if len(shares) < 2:
        return np.nan
    test = stats.permutation_test(
        (shares,),
        lambda sample, axis: sample.sum(axis=axis).round(_DECIMALS),  # equal sums must count as equal
        permutation_type="samples",  # of one sample: its signs
        vectorized=True,
        n_resamples=_PERMUTATIONS,
        batch=max(1, _FLIPS_AT_ONCE // len(shares)),
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


def _holm(p_values: pd.Series) -> pd.Series:
    """Step-down adjusted p-values; those that could not be computed (NaN) do not count as tests."""
    ordered = p_values.dropna().sort_values(kind="stable")
    factors = np.arange(len(ordered), 0, -1)
    return (ordered * factors).cummax().clip(upper=1).reindex(p_values.index)
