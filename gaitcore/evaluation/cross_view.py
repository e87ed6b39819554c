"""Cross-view identification: every probe view against every gallery view, nearest distance.

Source: GaitMixer, section 4.1 and Table 1; Yu et al., ICPR 2006. A probe view's accuracy is the mean over the gallery
views other than its own (identical view excluded), a condition's the mean over probe views.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gaitcore.artefacts.metrics import ConditionMetrics, LeftOut, Rows
from gaitcore.evaluation.distances import end_to_end, gallery_and_probes, identical_view, similarities
from gaitcore.evaluation.measured import MAP, Measured, rank_metric
from gaitcore.evaluation.ranking import Matching, blocks, positions
from gaitcore.keys import KEY_COLUMNS, check_spelling, in_order, natural
from gaitcore.settings.evaluation import Evaluation


@dataclass(frozen=True)
class CrossViewMetrics:
    """Accuracies of one set of embeddings, as fractions.

    Views, subjects and conditions have the labels of the keys (text stays text, integers stay integers) and are
    ordered as numbers where they are numbers.

    Attributes:
        metrics: their names, e.g. ``("rank1", "rank5", "mAP")``.
        cells: metric -> condition -> DataFrame(index=gallery view, columns=probe view). The identical views stand on
            the diagonal and are left out of every mean, unless they are included; a cell without a gallery or probe
            sequence is NaN.
        counts: condition -> DataFrame of the same shape with the number of probe sequences.
        by_subject: one row per condition, probe view and subject: condition, view, subject, probes (their number) and
            each metric, the mean over the subject's probes and the gallery views they are compared with.
        left_out: one row per cell without a probe or gallery sequence: condition, gallery_view, probe_view, reason.
        unmatched_probes: probes whose subject has no gallery sequence at all; they count as misses, as published.
        exclude_same: "view" if the identical view is left out of every mean, None if it is included.
    """

    metrics: tuple[str, ...]
    cells: dict[str, dict[str, pd.DataFrame]]
    counts: dict[str, pd.DataFrame]
    by_subject: pd.DataFrame
    left_out: pd.DataFrame
    unmatched_probes: int
    exclude_same: Literal["view"] | None = "view"

    @property
    def conditions(self) -> tuple[str, ...]:
        """The probe conditions, in order."""
        return tuple(self.counts)

    @property
    def rank1(self) -> dict[str, pd.DataFrame]:
        """Condition -> rank-1 accuracy, gallery view x probe view, fractions."""
        return self.cells["rank1"]

    def per_probe_view(self, condition: str, metric: str = "rank1") -> pd.Series:
        """Accuracy of each probe view: the mean over the gallery views it is compared with. Index: view."""
        cells = self.cells[metric][condition]
        return cells.where(_compared(cells.columns, cells.index, self.exclude_same).T).mean(axis=0).dropna()

    def mean(self, condition: str, metric: str = "rank1") -> float:
        """Accuracy of a condition: the mean over its probe views."""
        return float(self.per_probe_view(condition, metric).mean())


def cross_view_metrics(
    embeddings: np.ndarray,
    keys: pd.DataFrame,
    ks: Sequence[int] = (1, 5),
    exclude_same: Literal["view"] | None = "view",
    *,
    distance: Literal["cosine", "euclidean"] = "cosine",
) -> CrossViewMetrics:
    """Rank-k and mean average precision for every condition, probe view and gallery view.

    Args:
        embeddings: (N, D), of any length; or (N, parts, D), whose distance is the mean over parts.
        keys: N rows with subject, condition, sequence, view (text or whole numbers) and role; rows whose role is
            neither gallery nor probe do not take part.
        ks: the k of the rank-k accuracies: a probe counts if one of its k nearest gallery sequences is its subject.
        exclude_same: "view" leaves the identical view out of every mean, as published; None includes it.
        distance: by which the nearest gallery sequences are found.

    Raises:
        ProtocolError: there is no gallery or no probe, or an embedding is not finite.
        DataError: a key column has one number in two spellings, such as subjects 001 and 1.
    """
    for name in KEY_COLUMNS:
        check_spelling(name, keys[name].unique(), "The keys")
    gallery, probes, gallery_embeddings, probe_embeddings = gallery_and_probes(embeddings, keys)
    gallery_views = _ordered(gallery["view"])
    scores = {name: np.zeros((len(probes), len(gallery_views))) for name in (*map(rank_metric, ks), MAP)}
    for column, view in enumerate(gallery_views):
        in_view = (gallery["view"] == view).to_numpy()
        matching, of_view = Matching(probes["subject"], gallery["subject"][in_view]), gallery_embeddings[in_view]
        for some in blocks(len(probes), len(of_view)):
            similarity = similarities(probe_embeddings[some], of_view, distance)
            for metric, values in positions(similarity, *matching.of(some)).scores(ks).items():
                scores[metric][some, column] = values
    unmatched = int((~probes["subject"].isin(gallery["subject"])).sum())
    return _summarise(scores, probes, gallery_views, unmatched, exclude_same)


def _ordered(column: pd.Series) -> np.ndarray:
    """The distinct values of a key column, numbers as numbers."""
    return np.array(sorted(column.unique(), key=natural), dtype=column.to_numpy().dtype)


def _summarise(
    scores: dict[str, np.ndarray],
    probes: pd.DataFrame,
    gallery_views: np.ndarray,
    unmatched: int,
    exclude_same: Literal["view"] | None,
) -> CrossViewMetrics:
    views = _ordered(pd.concat([pd.Series(gallery_views), probes["view"]]))
    conditions = tuple(sorted(probes["condition"].unique(), key=natural))
    cells: dict[str, dict[str, pd.DataFrame]] = {metric: {} for metric in scores}
    counts = {}
    for condition in conditions:
        chosen = (probes["condition"] == condition).to_numpy()
        probe_view = probes["view"].to_numpy()[chosen]
        for metric, values in scores.items():
            by_view = pd.DataFrame(values[chosen], columns=gallery_views).groupby(probe_view).mean()
            cells[metric][condition] = by_view.T.reindex(index=views, columns=views)
        number = pd.Series(probe_view).value_counts().reindex(views, fill_value=0)
        has_gallery = np.isin(views, gallery_views).astype(int)
        counts[condition] = pd.DataFrame(np.outer(has_gallery, number), index=views, columns=views)
    return CrossViewMetrics(
        metrics=tuple(scores),
        cells=cells,
        counts=counts,
        by_subject=_by_subject(scores, probes, _compared(probes["view"], gallery_views, exclude_same)),
        left_out=_left_out(counts, exclude_same),
        unmatched_probes=unmatched,
        exclude_same=exclude_same,
    )


def _compared(probe_views: ArrayLike, gallery_views: ArrayLike, exclude_same: Literal["view"] | None) -> np.ndarray:
    """(P, G) bool: whether a probe view is compared with a gallery view."""
    identical = identical_view(probe_views, gallery_views)
    return ~identical if exclude_same == "view" else np.ones_like(identical)


def _by_subject(scores: dict[str, np.ndarray], probes: pd.DataFrame, compared: np.ndarray) -> pd.DataFrame:
    """``compared`` (probes, gallery views): whether a probe is compared with the gallery of a view."""
    columns = {
        metric: np.where(compared, values, 0.0).sum(axis=1) / compared.sum(axis=1).clip(min=1)
        for metric, values in scores.items()
    }
    rows = probes[["condition", "view", "subject"]].assign(**columns)[np.asarray(compared.any(axis=1))]
    groups = in_order(rows, ["condition", "view", "subject"]).groupby(["condition", "view", "subject"], sort=False)
    return pd.concat([groups.size().rename("probes"), groups.mean()], axis=1).reset_index()


def _left_out(counts: dict[str, pd.DataFrame], exclude_same: Literal["view"] | None) -> pd.DataFrame:
    rows = []
    for condition, table in counts.items():
        without_gallery = table.index[(table == 0).all(axis=1)]
        for gallery_view in table.index:
            for probe_view in table.columns:
                own = exclude_same == "view" and gallery_view == probe_view
                if not own and table.loc[gallery_view, probe_view] == 0:
                    missing = "gallery" if gallery_view in without_gallery else "probe"
                    rows.append((condition, gallery_view, probe_view, f"no {missing} sequence"))
    return pd.DataFrame(rows, columns=["condition", "gallery_view", "probe_view", "reason"])


def measure(
    embeddings: np.ndarray, keys: pd.DataFrame, settings: Evaluation, exclude_same: str | None = None
) -> Measured:
    """The cross-view metrics; see :class:`gaitcore.evaluation.measured.Measure`.

    Identical views are left out of the means, as published, unless ``exclude_same`` is "nothing".
    """
    if settings.parts == "concatenated":
        embeddings = end_to_end(embeddings)
    excluded: Literal["view"] | None = None if exclude_same == "nothing" else "view"
    metrics = cross_view_metrics(embeddings, keys, settings.ranks, excluded, distance=settings.distance)
    left_out = tuple(LeftOut.model_validate(cell) for cell in metrics.left_out.to_dict("records"))
    remarks = []
    if metrics.unmatched_probes:
        remarks.append(f"{metrics.unmatched_probes} probes count as misses: their subject is not in the gallery")
    return Measured(
        means={m: {c: metrics.mean(c, m) for c in metrics.conditions} for m in metrics.metrics},
        by_subject=metrics.by_subject,
        conditions={condition: condition_metrics(metrics, condition) for condition in metrics.conditions},
        left_out=left_out,
        unmatched_probes=metrics.unmatched_probes,
        remarks=tuple(remarks),
    )


def condition_metrics(metrics: CrossViewMetrics, condition: str) -> ConditionMetrics:
    """The cells of one condition, for metrics.json."""
    counts = metrics.counts[condition]
    return ConditionMetrics(
        views=tuple(counts.index.tolist()),
        probes=tuple(map(tuple, counts.to_numpy().tolist())),
        per_probe_view={
            metric: {str(view): float(value) for view, value in metrics.per_probe_view(condition, metric).items()}
            for metric in metrics.metrics
        },
        **{metric: _rows(metrics.cells[metric][condition]) for metric in metrics.metrics},
    )


def _rows(table: pd.DataFrame) -> Rows:
    """A table's rows with NaN as None, which JSON can hold."""
    return tuple(tuple(None if pd.isna(value) else value for value in row) for row in table.to_numpy().tolist())
