"""A small made-up experiment with exact numbers: two systems, two conditions, two views."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from gaitcore.reporting.tables.context import TableContext

NONE = math.nan
COLUMNS = [
    *("system", "condition", "view", "metric", "mean", "std", "ci_low", "ci_high", "n_seeds", "n_subjects"),
    *("p_value", "p_value_holm"),
]
RANK1 = {
    ("alpha", "nm"): {"0": 0.801, "90": 0.9, "mean": 0.8505},
    ("alpha", "ar"): {"0": 0.5, "90": 0.6, "mean": 0.55},
    ("alpha", "mean"): {"mean": 0.70025},
    ("beta_net", "nm"): {"0": 0.8012, "90": 0.7, "mean": 0.7506},
    ("beta_net", "ar"): {"0": 0.4, "90": 0.7, "mean": 0.55},
    ("beta_net", "mean"): {"mean": 0.6503},
}
DIFFERENCES = {"nm": (0.0999, 0.004), "ar": (0.0, 1.0), "mean": (0.04995, 0.0002)}


@pytest.fixture
def summary() -> pd.DataFrame:
    rows = [
        (system, condition, view, metric, scale * mean, 0.012, mean - 0.05, mean + 0.04, 3, 10, NONE, NONE)
        for metric, scale in (("rank1", 1.0), ("rank5", 1.1), ("mAP", 0.5))
        for (system, condition), views in RANK1.items()
        for view, mean in views.items()
    ]
    rows += [
        ("alpha - beta_net", c, "mean", "rank1_difference", d, 0.01, d - 0.02, d + 0.03, 3, 10, p, p)
        for c, (d, p) in DIFFERENCES.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def context() -> TableContext:
    runs = [(system, seed, False, False, 0.4) for system in ("alpha", "beta_net") for seed in (0, 1, 2)]
    return TableContext(
        experiment="two_views",
        dataset="100% R&D_set",
        train_subjects=18,
        test_subjects=10,
        gallery="NM#1",
        probe_labels={"nm": "NM#2", "ar": "AR#1-2"},
        condition_titles={"nm": "NM", "ar": "AR"},
        system_titles={"alpha": "Alpha", "beta_net": "Beta_net"},
        embeddings=dict.fromkeys(("alpha", "beta_net"), "the one window in the sequence's centre"),
        epoch="the last epoch",
        chance=0.1,
        excluded={"probe, fewer than 61 usable frames": 2, "gallery, no 90° view": 1},
        runs=pd.DataFrame(runs, columns=["system", "seed", "collapsed", "untrained", "spread"]),
    )


@pytest.fixture
def casia_b(summary, context) -> tuple[pd.DataFrame, TableContext]:
    """The same numbers as an experiment on CASIA-B, beside the published ones."""
    summary = summary.replace({"condition": {"ar": "bg"}})
    labels = {"probe_labels": {"nm": "NM#5-6", "bg": "BG#1-2"}, "condition_titles": {"nm": "NM", "bg": "BG"}}
    return summary, replace(
        context, dataset="CASIA-B", gallery="NM#1-4", show_published=True, estimator="HRNet", **labels
    )


@pytest.fixture
def one_collapsed(context) -> TableContext:
    """The second seed of alpha ended with all embeddings in one point."""
    runs = context.runs.copy()
    runs.loc[1, ["collapsed", "spread"]] = [True, 0.0]
    return replace(context, runs=runs)
