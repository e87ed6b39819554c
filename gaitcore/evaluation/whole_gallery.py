"""Identification in one gallery: rank-k, mean average precision and mean inverse negative penalty.

Source: average precision as in re-identification (Zheng et al., ICCV 2015); the inverse negative penalty of Ye et al.,
"Deep Learning for Person Re-identification: A Survey and Outlook", TPAMI 2022, section 4.1. Gait3D (Zheng et al., CVPR
2022) reports these over the probes that have a match; the distance is the Euclidean one, its mean over parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from gaitcore.artefacts.metrics import ConditionMetrics
from gaitcore.errors import ProtocolError
from gaitcore.evaluation.distances import Distance, end_to_end, gallery_and_probes, similarities
from gaitcore.evaluation.measured import ALL_VIEWS, MAP, Measured, rank_metric
from gaitcore.evaluation.ranking import Matching, blocks, positions
from gaitcore.keys import in_order, natural
from gaitcore.settings.evaluation import Evaluation

MINP = "mINP"


@dataclass(frozen=True)
class WholeGalleryMetrics:
    """Accuracies of one set of embeddings, as fractions over the probes that have a match.

    Attributes:
        rank_k: k -> the share of probes one of whose k nearest gallery sequences is of their subject.
        mAP: mean average precision.
        mINP: mean inverse negative penalty: matches of a probe / position of the last one.
        probes: one row per probe with a match: the columns of the keys, and each metric (rank1, ..., mAP, mINP).
        unmatched_probes: probes without a match in the gallery, which are left out of every mean.
    """

    rank_k: dict[int, float]
    mAP: float  # noqa: N815
    mINP: float  # noqa: N815
    probes: pd.DataFrame
    unmatched_probes: int


def whole_gallery_metrics(
    embeddings: np.ndarray,
    keys: pd.DataFrame,
    ks: Sequence[int] = (1, 5, 10),
    exclude_same: Literal["view"] | None = None,
    *,
    distance: Distance = "euclidean",
) -> WholeGalleryMetrics:
    """Rank-k, mAP and mINP of probes that are compared with all gallery sequences at once.

    Args:
        embeddings: (N, D), or (N, parts, D), whose distance is the mean over parts.
        keys: N rows with subject and role, and view where ``exclude_same`` is set; rows whose role is neither
            gallery nor probe do not take part.
        ks: the k of the rank-k accuracies.
        exclude_same: "view" leaves out gallery sequences of the probe's own subject and view (or camera).
        distance: by which the nearest gallery sequences are found.

    Raises:
        ProtocolError: there is no gallery or no probe, no probe has a match, or an embedding is not finite.
    """
    gallery, probes, gallery_embeddings, probe_embeddings = gallery_and_probes(embeddings, keys)
    scores = {name: np.zeros(len(probes)) for name in (*map(rank_metric, ks), MAP, MINP)}
    matched = np.zeros(len(probes), dtype=bool)
    matching = Matching(probes["subject"], gallery["subject"])
    for some in blocks(len(probes), len(gallery)):
        similarity = similarities(probe_embeddings[some], gallery_embeddings, distance)
        rows, columns = matching.of(some)
        if exclude_same == "view":
            identical = probes["view"].to_numpy()[some][rows] == gallery["view"].to_numpy()[columns]
            similarity[rows[identical], columns[identical]] = -np.inf  # behind all others, and no match
            rows, columns = rows[~identical], columns[~identical]
        found = positions(similarity, rows, columns)
        matched[some] = found.number > 0
        for name, values in {**found.scores(ks), MINP: found.inverse_negative_penalty()}.items():
            scores[name][some] = values
    if not matched.any():
        raise ProtocolError("No probe has a gallery sequence of its subject that it may be compared with.")
    measured = probes.assign(**scores)[matched].reset_index(drop=True)
    return WholeGalleryMetrics(
        rank_k={k: float(measured[rank_metric(k)].mean()) for k in ks},
        mAP=float(measured[MAP].mean()),
        mINP=float(measured[MINP].mean()),
        probes=measured,
        unmatched_probes=int((~matched).sum()),
    )


def measure(
    embeddings: np.ndarray, keys: pd.DataFrame, settings: Evaluation, exclude_same: str | None = None
) -> Measured:
    """The whole-gallery metrics of each probe condition; see :class:`gaitcore.evaluation.measured.Measure`."""
    if settings.parts == "concatenated":
        embeddings = end_to_end(embeddings)
    excluded: Literal["view"] | None = "view" if exclude_same == "view" else None
    metrics = whole_gallery_metrics(embeddings, keys, settings.ranks, excluded, distance=settings.distance)
    names = [*map(rank_metric, settings.ranks), MAP, MINP]
    probes = metrics.probes.assign(view=ALL_VIEWS)
    conditions = {name: probes[probes["condition"] == name] for name in sorted(set(probes["condition"]), key=natural)}
    groups = in_order(probes, ["condition", "subject"]).groupby(["condition", "view", "subject"], sort=False)
    return Measured(
        means={metric: {name: float(rows[metric].mean()) for name, rows in conditions.items()} for metric in names},
        by_subject=pd.concat([groups.size().rename("probes"), groups[names].mean()], axis=1).reset_index(),
        conditions={name: _condition(rows, names) for name, rows in conditions.items()},
        left_out=(),
        unmatched_probes=metrics.unmatched_probes,
        remarks=(f"{metrics.unmatched_probes} probes without a match in the gallery are left out",)
        if metrics.unmatched_probes
        else (),
    )


def _condition(probes: pd.DataFrame, metrics: Sequence[str]) -> ConditionMetrics:
    means = {metric: float(probes[metric].mean()) for metric in metrics}
    return ConditionMetrics.model_validate(
        {
            "views": (ALL_VIEWS,),
            "probes": ((len(probes),),),
            "per_probe_view": {metric: {ALL_VIEWS: mean} for metric, mean in means.items()},
            **{metric: ((mean,),) for metric, mean in means.items()},
        }
    )
