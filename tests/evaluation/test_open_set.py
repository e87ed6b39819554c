"""ROC, EER and TAR at a FAR: scikit-learn's on random data, exact on small data, intervals over subjects."""

import numpy as np
import pytest
from made_up_embeddings import made_up
from places import REPOSITORY
from sklearn.metrics import roc_curve

from gaitcore.evaluation.open_set import Pairs, Roc, grid_of, resampled, subject_weights, summarise_open_set
from gaitcore.settings.files import load_config

CONFIG = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"})


def evaluation(**changes):
    return CONFIG.evaluation.model_copy(update=changes)


def pairs_of(seed, metrics="cross_view", exclude=None, distance="euclidean", **options):
    protocol = CONFIG.protocol.model_copy(update={"kind": metrics, "exclude_same": exclude})
    return Pairs.of(*made_up(seed, **options), evaluation(distance=distance), protocol)


def brute_force(pairs, condition):
    """(distance, same subject) of each compared pair, one by one."""
    found = []
    (part,) = pairs.parts
    for p, probe in part.probes.iterrows():
        for g, other in part.gallery.iterrows():
            same = probe["subject"] == other["subject"]
            alike = probe["view"] == other["view"]
            if pairs.by_view:
                left_out = alike and pairs.exclude_same != "nothing"
            else:
                left_out = alike and same and pairs.exclude_same == "view"
            if probe["condition"] == condition and not left_out:
                a, b = (np.atleast_2d(one).astype(float) for one in (part.of_probes[p], part.of_gallery[g]))
                if pairs.settings.distance == "cosine":
                    each = [1 - x @ y / np.linalg.norm(x) / np.linalg.norm(y) for x, y in zip(a, b, strict=True)]
                else:
                    each = np.linalg.norm(a - b, axis=1)
                found.append((np.mean(each).round(9), same))
    distance, same = zip(*found, strict=True)
    return np.array(distance), np.array(same)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
@pytest.mark.parametrize(
    ("metrics", "exclude"),
    [("cross_view", None), ("cross_view", "nothing"), ("whole_gallery", None), ("whole_gallery", "view")],
)
@pytest.mark.parametrize("parts", [None, 3])
def test_the_curve_is_scikit_learns(metrics, exclude, distance, parts):
    pairs = pairs_of(1, metrics, exclude, distance, parts=parts, subjects=4)
    for condition, roc in pairs.rocs().items():
        distances, same = brute_force(pairs, condition)
        assert (roc.pairs, roc.impostors) == (same.sum(), (~same).sum())
        false, true, _ = roc_curve(same, -distances, drop_intermediate=False)
        far, tar = roc.corners
        for one, other in zip(false, true, strict=True):  # every point of theirs lies on ours
            low, high = tar[far <= one + 1e-12].max(), tar[far >= one - 1e-12].min()
            assert high - 1e-9 <= other <= low + 1e-9 or np.isclose(np.interp(one, far, tar), other)


@pytest.mark.parametrize("seed", range(20))
def test_with_ties_eer_and_tar_are_those_of_scikit_learns_curve(seed):
    draws = np.random.default_rng(seed)
    same = draws.random(300) < 0.3
    distances = draws.integers(0, 15, 300) - 3 * same  # many equal ones
    roc = roc_of(distances, same)
    false, true, _ = roc_curve(same, -distances, drop_intermediate=False)
    fine = np.linspace(0, 1, 200_001)
    errors = np.abs(fine + np.interp(fine, false, true) - 1)
    assert roc.eer == pytest.approx(fine[errors.argmin()], abs=1e-5)
    for far in (0.01, 0.1, 0.5):
        assert roc.tar(far) == pytest.approx(true[false <= far].max())


def roc_of(distances, same):
    values, number = np.unique(distances[same], return_counts=True)
    impostors = np.sort(distances[~same])
    sides = (np.searchsorted(impostors, values, side) for side in ("left", "right"))
    return Roc(values, number.cumsum(), *sides, len(impostors))


def test_a_curve_by_hand():
    roc = roc_of(np.array([1, 2, 2, 3, 4, 5]), np.array([True, True, False, False, True, False]))
    far, tar = roc.corners
    third = 1 / 3
    assert far.tolist() == pytest.approx([0, 0, 0, 0, third, 2 * third, 2 * third, 1])
    assert tar.tolist() == pytest.approx([0, 0, third, third, 2 * third, 2 * third, 1, 1])
    assert roc.eer == pytest.approx(third)
    assert [roc.tar(value) for value in (0, third, 0.9)] == pytest.approx([third, 2 * third, 1])


def test_a_tar_is_told_by_the_rule_of_30():
    few, enough = (Roc(np.ones(1), np.ones(1), np.zeros(1), np.zeros(1), count) for count in (2_999, 3_000))
    assert (few.told(0.01), enough.told(0.01), enough.told(0.001)) == (False, True, False)


def test_subjects_that_count_once_give_the_curve_itself():
    pairs = pairs_of(3)
    rocs = pairs.rocs()
    curves = resampled(pairs, rocs, np.ones((1, 6)))
    for condition, roc in rocs.items():
        assert curves[condition].tars(0.1)[0] == pytest.approx(roc.tar(0.1))
        assert curves[condition].tar[0, -1] == 1
        assert len(grid_of(roc)) == curves[condition].far.shape[1]


def test_every_subject_is_drawn_as_often_as_there_are_subjects():
    weights = subject_weights(7, 50, 0)
    assert weights.shape == (50, 7)
    assert (weights.sum(axis=1) == 7).all()


def test_the_summary_has_the_mean_over_seeds_and_an_interval_around_it():
    runs = {"gaitmixer": {seed: pairs_of(seed) for seed in (0, 1)}}
    summary = summarise_open_set(runs, confidence=0.95, resamples=300, seed=0)
    assert summary["metric"].tolist() == ["EER"] * 3  # too few impostor pairs for the others
    assert summary["condition"].tolist() == ["cl", "nm", "mean"]
    each = [[pairs.rocs()[condition].eer for condition in ("cl", "nm")] for pairs in runs["gaitmixer"].values()]
    expected = np.array(each).mean(axis=0)
    assert summary["mean"].tolist() == pytest.approx([*expected, expected.mean()])
    assert summary["std"].iloc[0] == pytest.approx(np.std([one[0] for one in each], ddof=1))
    assert (summary["ci_low"] <= summary["mean"]).all()
    assert (summary["mean"] <= summary["ci_high"]).all()
    assert (summary["n_seeds"] == 2).all()
    assert (summary["n_subjects"] == 6).all()
