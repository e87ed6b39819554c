"""Two evaluations of the same embeddings: in one gallery, and camera by camera.

Source: CCPG (Li et al., CVPR 2023), as OpenGait's evaluator prints both: re-identification without gallery sequences of
the probe's own subject and camera; and the mean over all pairs of cameras, without and with the identical camera.
"""

from typing import Literal

import numpy as np
import pandas as pd

from gaitcore.evaluation import cross_view, whole_gallery
from gaitcore.evaluation.distances import end_to_end
from gaitcore.evaluation.measured import Measured
from gaitcore.settings.evaluation import Evaluation

CELLS, CELLS_IDENTICAL = "cells_rank1", "cells_rank1_identical"
_MEANS: tuple[tuple[str, Literal["view"] | None], ...] = ((CELLS, "view"), (CELLS_IDENTICAL, None))
_KEYS = ["condition", "view", "subject", "probes"]


def measure(
    embeddings: np.ndarray, keys: pd.DataFrame, settings: Evaluation, exclude_same: str | None = None
) -> Measured:
    """The metrics of both evaluations; see :class:`gaitcore.evaluation.measured.Measure`.

    Those of the first have the view "all". Those of the second are ``CELLS``, the mean over pairs of different views,
    and ``CELLS_IDENTICAL``, the mean over all pairs.
    """
    in_gallery = whole_gallery.measure(embeddings, keys, settings, exclude_same or "view")
    if settings.parts == "concatenated":
        embeddings = end_to_end(embeddings)
    by_camera = {
        name: cross_view.cross_view_metrics(embeddings, keys, (1,), excluded, distance=settings.distance)
        for name, excluded in _MEANS
    }
    tables = [metrics.by_subject.rename(columns={"rank1": name})[[*_KEYS, name]] for name, metrics in by_camera.items()]
    cells = by_camera[CELLS]
    return Measured(
        means={
            **in_gallery.means,
            **{name: {one: metrics.mean(one) for one in metrics.conditions} for name, metrics in by_camera.items()},
        },
        by_subject=pd.concat([in_gallery.by_subject, *tables], ignore_index=True),
        conditions=in_gallery.conditions,
        left_out=in_gallery.left_out,
        unmatched_probes=in_gallery.unmatched_probes,
        remarks=in_gallery.remarks,
        cells={name: cross_view.condition_metrics(cells, name) for name in cells.conditions},
    )
