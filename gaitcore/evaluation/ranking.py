"""Where the matches of each probe stand in the gallery, nearest first: all that rank-k, mAP and mINP are made of.

Probes are compared with the gallery in blocks, so that memory does not grow with their number, and the gallery is not
ordered for each of them: a match stands behind as many gallery sequences as are nearer, which are counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gaitcore.evaluation.measured import MAP, rank_metric

AT_ONCE = 2**24  # similarities of a block: 64 MB of float32
FEWEST = 8  # probes of a block
FEW = 8  # matches of a probe, up to which counting is faster than ordering the similarities

Indices = NDArray[np.intp]


def blocks(probes: int, gallery: int, at_once: int | None = None) -> Iterator[slice]:
    """The probes in blocks of nearly the same size that have ``at_once`` similarities to the gallery.

    They have at least ``FEWEST`` probes, if there are as many: a product with a single vector is rounded otherwise than
    one with a matrix, so that equal distances in it would not be equal in the other.
    """
    rows = max(2 * FEWEST, (AT_ONCE if at_once is None else at_once) // max(1, gallery))
    number = -(-probes // rows)
    return (slice(probes * n // number, probes * (n + 1) // number) for n in range(number))


class Matching:
    """The gallery sequences of each probe's subject.

    Args:
        probes, gallery: the subject of each probe and of each gallery sequence.
    """

    def __init__(self, probes: pd.Series, gallery: pd.Series):
        codes = pd.factorize(np.concatenate([probes.to_numpy(), gallery.to_numpy()]))[0]
        self.probes, of_gallery = codes[: len(probes)], codes[len(probes) :]
        self.order = np.argsort(of_gallery, kind="stable")
        self.starts, self.ends = (np.searchsorted(of_gallery[self.order], self.probes, side) for side in _SIDES)

    def of(self, some: slice) -> tuple[Indices, Indices]:
        """Pairs of a probe, counted within ``some``, and a gallery sequence, both ascending."""
        starts, number = self.starts[some], (self.ends - self.starts)[some]
        rows = np.repeat(np.arange(len(number)), number)
        within = np.arange(len(rows)) - np.repeat(number.cumsum() - number, number)
        return rows, self.order[np.repeat(starts, number) + within]


_SIDES: Any = ("left", "right")


@dataclass(frozen=True)
class Positions:
    """Where the matches of P probes stand, from 1, nearest first.

    Attributes:
        number: (P,) matches of each probe.
        of: (M,) positions of the matches, ascending for each probe, and one probe after the other.
    """

    number: Indices
    of: Indices

    def rank(self, k: int) -> np.ndarray:
        """(P,) bool: whether one of the k nearest is a match."""
        return (self._rows_with(self.of <= k)) > 0

    def average_precision(self) -> np.ndarray:
        """(P,) mean over matches of the share of matches up to there; 0 without a match."""
        within = np.arange(len(self.of)) - np.repeat(self.number.cumsum() - self.number, self.number)
        return self._rows_with((within + 1) / self.of) / self.number.clip(min=1)

    def inverse_negative_penalty(self) -> np.ndarray:
        """(P,) number of matches over the position of the last one; 0 without a match."""
        last = np.zeros(len(self.number))
        last[self.number > 0] = self.of[(self.number.cumsum() - 1)[self.number > 0]]
        return self.number / last.clip(min=1)

    def scores(self, ks: Sequence[int]) -> dict[str, np.ndarray]:
        """Rank-k and mAP: metric -> (P,)."""
        return {**{rank_metric(k): self.rank(k).astype(float) for k in ks}, MAP: self.average_precision()}

    def _rows_with(self, weights: np.ndarray) -> np.ndarray:
        rows = np.repeat(np.arange(len(self.number)), self.number)
        return np.bincount(rows, weights=weights, minlength=len(self.number))


def positions(similarity: np.ndarray, rows: Indices, columns: Indices) -> Positions:
    """The positions of pairs (M,) among similarities (P, G); of equal ones the first in the gallery is the nearest.

    Args:
        similarity: larger is nearer.
        rows, columns: the probe and the gallery sequence of each pair, ascending.
    """
    number = np.bincount(rows, minlength=len(similarity))
    values = similarity[rows, columns]
    nearer, equal = (_counted if number.max(initial=0) <= FEW else _searched)(similarity, number, values)
    for pair in np.flatnonzero(equal > 1):
        nearer[pair] += np.count_nonzero(similarity[rows[pair], : columns[pair]] == values[pair])
    return Positions(number, nearer[np.lexsort((nearer, rows))] + 1)


def _counted(similarity: np.ndarray, number: Indices, values: np.ndarray) -> tuple[Indices, Indices]:
    """How many similarities of its row are larger than each value, and how many are equal."""
    nearer, equal = np.zeros((2, len(values)), dtype=np.intp)
    first = number.cumsum() - number
    for nth in range(number.max(initial=0)):
        rows = np.flatnonzero(number > nth)
        pairs = first[rows] + nth
        of_rows = similarity if len(rows) == len(similarity) else similarity[rows]
        nearer[pairs] = np.count_nonzero(of_rows > values[pairs, None], axis=1)
        equal[pairs] = np.count_nonzero(of_rows >= values[pairs, None], axis=1) - nearer[pairs]
    return nearer, equal


def _searched(similarity: np.ndarray, number: Indices, values: np.ndarray) -> tuple[Indices, Indices]:
    """The same, by ordering each row."""
    nearer, equal = np.zeros((2, len(values)), dtype=np.intp)
    ordered = np.sort(similarity, axis=1)
    ends = number.cumsum()
    for row in np.flatnonzero(number):
        pairs = slice(ends[row] - number[row], ends[row])
        left, right = (ordered[row].searchsorted(values[pairs], side) for side in _SIDES)
        nearer[pairs], equal[pairs] = similarity.shape[1] - right, right - left
    return nearer, equal
