"""Open-set figures: is a probe's subject the one it is compared with? ROC, EER and TAR at a FAR, with intervals.

Every probe is paired with every gallery sequence that the protocol compares it with (the identical view is left out as
in identification). A pair of one subject is genuine, any other an impostor pair; a pair is accepted where its distance
is at most a threshold. TAR is the share of genuine pairs that are accepted, FAR that of impostor pairs, both over all
pairs of a probe condition, and EER the error where FAR = 1 - TAR. The ROC is the curve through (FAR, TAR) of every
threshold; pairs of the same distance are accepted together, so that it is straight between them, as scikit-learn's.

A TAR at a FAR is that of the largest threshold whose FAR is not above it. It is told where at least 30 impostor pairs
are accepted at that FAR, by the rule of 30 (Doddington et al., Speech Communication 31, 2000, 225-254): 3,000 impostor
pairs for 1 %, 30,000 for 0.1 %.

The intervals are bootstrap intervals over the subjects of the probes and, with several seeds, over seeds, as those of
:mod:`gaitcore.evaluation.statistics`; the gallery is held fixed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from gaitcore.evaluation.distances import end_to_end, gallery_and_probes, identical_view, pair_distances
from gaitcore.keys import natural
from gaitcore.protocols.derivation import metrics_of
from gaitcore.protocols.sides import compared as comparisons
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.protocol import Protocol

FARS = (0.01, 0.001)
EER = "EER"
TAR_METRICS = {0.01: "TAR_FAR_1", 0.001: "TAR_FAR_0.1"}  # percent in the name
METRICS = (EER, *TAR_METRICS.values())
ERRORS = 30  # impostor pairs that are accepted at a FAR that is told
_PROBES_AT_ONCE = 512
_GRID = 200  # thresholds of each kind, at which subjects are counted for intervals
_MOST_DISTANCES = 2_000_000
_LOWEST = 1e-4  # FAR of that grid


@dataclass(frozen=True)
class Roc:
    """The ROC of one probe condition, by the V different distances of its genuine pairs.

    Attributes:
        thresholds: (V,) ascending.
        genuine: (V,) genuine pairs with at most that distance.
        below, within: (V,) impostor pairs with less than, and with at most, that distance.
        impostors: their number in all.
    """

    thresholds: np.ndarray
    genuine: np.ndarray
    below: np.ndarray
    within: np.ndarray
    impostors: int

    @property
    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """FAR and TAR at the corners of the curve, from (0, 0) to (1, 1); it is straight between them."""
        accepted = np.concatenate([[0], self.genuine]) / max(1, self.pairs)
        far = np.column_stack([self.below, self.within]).ravel() / max(1, self.impostors)
        tar = np.column_stack([accepted[:-1], accepted[1:]]).ravel()
        return np.concatenate([[0.0], far, [1.0]]), np.concatenate([[0.0], tar, [1.0]])

    @property
    def pairs(self) -> int:
        """The number of genuine pairs."""
        return int(self.genuine[-1]) if len(self.genuine) else 0

    @property
    def eer(self) -> float | None:
        """The equal error rate, a fraction; None where there is no genuine or no impostor pair."""
        if not self.pairs or not self.impostors:
            return None
        far, tar = self.corners
        return float(_crossing(far[None], tar[None])[0])

    def tar(self, far: float) -> float:
        """TAR at a FAR, fractions: of the largest threshold whose FAR is not above it."""
        allowed = self.within <= far * self.impostors * (1 + 1e-12)
        return float(self.genuine[allowed][-1] / self.pairs) if allowed.any() else 0.0

    def told(self, far: float) -> bool:
        """Whether there are enough impostor pairs to tell the TAR at a FAR."""
        return self.pairs > 0 and self.impostors * far * (1 + 1e-12) >= ERRORS


class _Part(NamedTuple):
    """The probes and the gallery of one comparison: their keys, and their embeddings."""

    probes: pd.DataFrame
    gallery: pd.DataFrame
    of_probes: np.ndarray
    of_gallery: np.ndarray


@dataclass(frozen=True)
class Pairs:
    """The pairs of probes and gallery sequences that a protocol compares.

    Attributes:
        parts: one for each of its comparisons.
        settings: the distance.
        by_view: whether its kind compares the gallery of one view at a time, without the identical one.
        exclude_same: ``protocol.exclude_same``.
    """

    parts: tuple[_Part, ...]
    settings: Evaluation
    by_view: bool
    exclude_same: str | None

    @classmethod
    def of(cls, embeddings: np.ndarray, keys: pd.DataFrame, settings: Evaluation, protocol: Protocol) -> "Pairs":
        """The pairs of embeddings (N, D) or (N, parts, D) with N rows of keys.

        The keys have the key columns and role, and a column for each of the protocol's comparisons, if it names some.

        Raises:
            ProtocolError: there is no gallery or no probe, or an embedding is not finite.
        """
        if settings.parts == "concatenated":
            embeddings = end_to_end(embeddings)
        parts = []
        for rows in comparisons(keys.reset_index(drop=True), protocol).values():
            gallery, probes, of_gallery, of_probes = gallery_and_probes(embeddings[rows.index], rows)
            parts.append(_Part(probes, gallery, of_probes, of_gallery))
        return cls(tuple(parts), settings, metrics_of(protocol) == "cross_view", protocol.exclude_same)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The probe conditions, in order; with comparisons, their names."""
        return tuple(dict.fromkeys(name for part in self.parts for name in _conditions(part)))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects of the probes, in order."""
        return tuple(sorted({name for part in self.parts for name in part.probes["subject"]}, key=natural))

    def rocs(self) -> dict[str, Roc]:
        """The ROC of each probe condition; the distances are computed twice, so that memory stays small."""
        genuine: dict[str, list[np.ndarray]] = {condition: [] for condition in self.conditions}
        for condition, _, distance, matches, compared in self._blocks():
            genuine[condition].append(distance[matches & compared])
        thresholds, counts = {}, {}
        for condition, distances in genuine.items():
            values, number = np.unique(np.concatenate(distances), return_counts=True)
            thresholds[condition], counts[condition] = values, number.cumsum()
        below = {condition: np.zeros(len(values) + 1, np.int64) for condition, values in thresholds.items()}
        within, total = {name: counts.copy() for name, counts in below.items()}, dict.fromkeys(below, 0)
        for condition, _, distance, matches, compared in self._blocks():
            impostors = distance[~matches & compared]
            values = thresholds[condition]
            # An impostor pair counts from the first threshold above it on, and within from the first not below it on.
            below[condition] += np.bincount(np.searchsorted(values, impostors, "right"), minlength=len(values) + 1)
            within[condition] += np.bincount(np.searchsorted(values, impostors, "left"), minlength=len(values) + 1)
            total[condition] += len(impostors)
        return {
            name: Roc(values, counts[name], below[name].cumsum()[:-1], within[name].cumsum()[:-1], total[name])
            for name, values in thresholds.items()
        }

    def distances(self) -> tuple[np.ndarray, np.ndarray]:
        """The distances of all genuine pairs, and of every n-th impostor pair where there are more than 2 million."""
        step = max(1, sum(len(part.probes) * len(part.gallery) for part in self.parts) // _MOST_DISTANCES)
        genuine, impostors = [], []
        for _, _, distance, matches, compared in self._blocks():
            genuine.append(distance[matches & compared])
            impostors.append(distance[~matches & compared][::step])
        return np.concatenate(genuine), np.concatenate(impostors)

    def by_subject(self, thresholds: Mapping[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Genuine and impostor pairs with at most each distance, by the subject of the probe.

        Args:
            thresholds: condition -> (K,) ascending.

        Returns:
            Condition -> two arrays (N, K + 1); N subjects of all conditions in order, the last column all pairs.
        """
        row = {subject: number for number, subject in enumerate(self.subjects)}
        counts = {name: np.zeros((2, len(row), len(values) + 1), np.int64) for name, values in thresholds.items()}
        for condition, probes, distance, matches, compared in self._blocks():
            values = thresholds[condition]
            place = np.searchsorted(values, distance, side="left")
            owner = np.broadcast_to(np.array([row[one] for one in probes["subject"]])[:, None], distance.shape)
            for kind, chosen in enumerate((matches & compared, ~matches & compared)):
                cells = owner[chosen] * (len(values) + 1) + place[chosen]
                found = np.bincount(cells, minlength=counts[condition][kind].size)
                counts[condition][kind] += found.reshape(counts[condition][kind].shape)
        return {name: tuple(both.cumsum(axis=-1)) for name, both in counts.items()}

    def _blocks(self) -> Iterator[tuple[str, pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]]:
        """Some probes of one condition at a time: their keys; distance, same subject, and compared, (P, G) each."""
        for part in self.parts:
            for condition in _conditions(part):
                rows = np.flatnonzero((part.probes["condition"] == condition).to_numpy())
                for start in range(0, len(rows), _PROBES_AT_ONCE):
                    some = rows[start : start + _PROBES_AT_ONCE]
                    probes = part.probes.iloc[some]
                    distance = pair_distances(part.of_probes[some], part.of_gallery, self.settings.distance)
                    matches = np.equal.outer(probes["subject"].to_numpy(), part.gallery["subject"].to_numpy())
                    yield condition, probes, distance, matches, self._compared(probes, part.gallery, matches)

    def _compared(self, probes: pd.DataFrame, gallery: pd.DataFrame, matches: np.ndarray) -> np.ndarray:
        identical = identical_view(probes["view"].to_numpy(), gallery["view"].to_numpy())
        if self.by_view:
            return np.ones_like(matches) if self.exclude_same == "nothing" else ~identical
        return ~(matches & identical) if self.exclude_same == "view" else np.ones_like(matches)


def _conditions(part: _Part) -> list[str]:
    return sorted(part.probes["condition"].unique(), key=natural)


@dataclass(frozen=True)
class Resampled:
    """The curves of one run and condition when subjects are drawn with replacement, at K thresholds.

    Attributes:
        far, tar: (B, K) fractions of B draws.
    """

    far: np.ndarray
    tar: np.ndarray

    def eer(self) -> np.ndarray:
        """(B,) equal error rates."""
        ends = np.zeros((len(self.far), 1)), np.ones((len(self.far), 1))
        return _crossing(np.hstack([ends[0], self.far, ends[1]]), np.hstack([ends[0], self.tar, ends[1]]))

    def tars(self, far: float) -> np.ndarray:
        """(B,) TAR at a FAR."""
        return np.where(self.far <= far * (1 + 1e-12), self.tar, 0.0).max(axis=1)


def grid_of(roc: Roc) -> np.ndarray:
    """Thresholds of a ROC at which its resampled curves are computed: even in TAR, and even in log FAR."""
    if not len(roc.thresholds):
        return roc.thresholds
    far = roc.within / max(1, roc.impostors)
    even = np.linspace(0, len(far) - 1, min(_GRID, len(far))).round().astype(int)
    levels = np.searchsorted(far, np.geomspace(_LOWEST, 1, _GRID), side="right") - 1
    return roc.thresholds[np.unique(np.concatenate([even, levels.clip(min=0)]))]


def resampled(pairs: Pairs, rocs: Mapping[str, Roc], weights: np.ndarray) -> dict[str, Resampled]:
    """The curves of each condition when subject n counts ``weights[b, n]`` times, (B, N)."""
    curves = {}
    for condition, both in pairs.by_subject({name: grid_of(roc) for name, roc in rocs.items()}).items():
        tar, far = (weights @ counts for counts in both)
        curves[condition] = Resampled(*(one[:, :-1] / one[:, -1:].clip(min=1e-12) for one in (far, tar)))
    return curves


def subject_weights(subjects: int, resamples: int, seed: int) -> np.ndarray:
    """(B, N) how often each of N subjects is drawn in each resample."""
    return np.random.default_rng(seed).multinomial(subjects, np.full(subjects, 1 / subjects), resamples).astype(float)


def _crossing(far: np.ndarray, tar: np.ndarray) -> np.ndarray:
    """(B,) the error where FAR = 1 - TAR, on curves (B, K) that are straight between their points."""
    gap = far + tar - 1  # rises from -1 to 1
    after = (gap >= 0).argmax(axis=1)
    rows, before = np.arange(len(far)), (after - 1).clip(min=0)
    left, right = gap[rows, before], gap[rows, after]
    share = np.divide(-left, right - left, out=np.zeros_like(left), where=right > left)
    return far[rows, before] + share * (far[rows, after] - far[rows, before])


def summarise_open_set(
    runs: Mapping[str, Mapping[int | None, Pairs]], *, confidence: float, resamples: int, seed: int
) -> pd.DataFrame:
    """EER and TARs of each system with spread and interval, as rows of ``summary.csv``.

    Args:
        runs: system -> seed -> the pairs of that run; the seed of weights from a file is None.
        confidence, resamples, seed: of the bootstrap.

    Returns:
        system, condition, view ("mean"), metric, mean, std, ci_low, ci_high, n_seeds, n_subjects, p_value and
        p_value_holm (both empty). A TAR without enough impostor pairs in a condition has no row, nor has its mean.
    """
    rows = []
    for system, by_seed in runs.items():
        measured = [_measured(pairs, resamples, seed) for pairs in by_seed.values()]
        common = [key for key in measured[0] if all(key in one for one in measured)]
        subjects = len(next(iter(by_seed.values())).subjects)
        for condition, metric in common:
            values = np.array([one[condition, metric][0] for one in measured])
            draws = np.stack([one[condition, metric][1] for one in measured])  # (S, B)
            low, high = _interval(draws, subjects, confidence, seed)
            std = values.std(ddof=1) if len(values) > 1 else np.nan
            seeds = sum(run is not None for run in by_seed)
            rows.append([system, condition, "mean", metric, values.mean(), std, low, high, seeds, subjects])
    columns = ["system", "condition", "view", "metric", "mean", "std", "ci_low", "ci_high", "n_seeds", "n_subjects"]
    return pd.DataFrame(rows, columns=columns).assign(p_value=np.nan, p_value_holm=np.nan).round(12)


Measured = dict[tuple[str, str], tuple[float, np.ndarray]]  # condition, metric -> value, (B,) resampled values


def _measured(pairs: Pairs, resamples: int, seed: int) -> Measured:
    rocs = pairs.rocs()
    curves = resampled(pairs, rocs, subject_weights(len(pairs.subjects), resamples, seed))
    found: Measured = {}
    for condition, roc in rocs.items():
        if (eer := roc.eer) is not None:
            found[condition, EER] = eer, curves[condition].eer()
        for far in FARS:
            if roc.told(far):
                found[condition, TAR_METRICS[far]] = roc.tar(far), curves[condition].tars(far)
    for metric in (EER, *TAR_METRICS.values()):
        if all((condition, metric) in found for condition in rocs):
            parts = [found[condition, metric] for condition in rocs]
            found["mean", metric] = (
                float(np.mean([value for value, _ in parts])),
                np.mean([draws for _, draws in parts], axis=0),
            )
    return found


def _interval(draws: np.ndarray, subjects: int, confidence: float, seed: int) -> Sequence[float]:
    """The percentiles of (S, B) draws, whose seeds are resampled as well; NaN with one subject."""
    if subjects < 2:
        return np.nan, np.nan
    count, resamples = draws.shape
    chosen = np.random.default_rng([seed, count]).integers(count, size=(count, resamples))
    means = np.take_along_axis(draws, chosen, axis=0).mean(axis=0)
    return np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
