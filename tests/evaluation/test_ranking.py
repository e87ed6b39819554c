"""The positions of the matches are those that ordering the whole gallery gives, in blocks of any size."""

import numpy as np
import pandas as pd
import pytest

from gaitcore.evaluation import cross_view_metrics, ranking, whole_gallery_metrics
from gaitcore.evaluation.ranking import Matching, blocks, positions


def ordered(similarity, matches):
    """For each probe the positions of its matches, from 1, by a stable sort of its similarities."""
    order = np.argsort(-similarity, axis=1, kind="stable")
    hits = np.take_along_axis(matches, order, axis=1)
    return [np.flatnonzero(row) + 1 for row in hits]


@pytest.mark.parametrize("subjects", [2, 30])  # some 25 matches of a probe, then one or two
@pytest.mark.parametrize("distinct", [3, 10**9])  # many equal similarities, then none
def test_positions_are_those_of_a_stable_sort(subjects, distinct):
    generator = np.random.default_rng(0)
    similarity = generator.integers(0, distinct, (40, 50)).astype(np.float32)
    probes, gallery = (pd.Series(generator.integers(0, subjects, number)) for number in (40, 50))
    found = positions(similarity, *Matching(probes, gallery).of(slice(0, 40)))
    expected = ordered(similarity, np.equal.outer(probes.to_numpy(), gallery.to_numpy()))
    assert found.number.tolist() == [len(row) for row in expected]
    assert found.of.tolist() == np.concatenate(expected).tolist()


def test_accuracies_by_hand():
    # Four gallery sequences; the first probe's matches are at 1 and 3, the second's at 4, the third has none.
    similarity = np.array([[9.0, 8, 7, 6], [9, 8, 7, 6], [1, 1, 1, 1]])
    found = positions(similarity, np.array([0, 0, 1]), np.array([0, 2, 3]))
    assert found.rank(1).tolist() == [True, False, False]
    assert found.rank(4).tolist() == [True, True, False]
    assert found.average_precision().tolist() == [(1 + 2 / 3) / 2, 1 / 4, 0]
    assert found.inverse_negative_penalty().tolist() == [2 / 3, 1 / 4, 0]


def test_of_equal_similarities_the_first_in_the_gallery_is_the_nearest():
    found = positions(np.zeros((1, 5), np.float32), np.array([0, 0]), np.array([1, 4]))
    assert found.of.tolist() == [2, 5]


def test_blocks_cover_the_probes_evenly_and_hold_a_few_at_least():
    assert [*blocks(7, 100, at_once=300)] == [slice(0, 7)]
    assert [*blocks(33, 100, at_once=1)] == [slice(0, 11), slice(11, 22), slice(22, 33)]
    assert [*blocks(100, 100, at_once=6_000)] == [slice(0, 50), slice(50, 100)]
    assert len([*blocks(67_000, 67_000)]) == 268  # of 64 MB


@pytest.mark.parametrize("shape", [(6,), (3, 4)])
@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_accuracies_do_not_depend_on_the_size_of_the_blocks(shape, distance, monkeypatch):
    generator = np.random.default_rng(0)
    keys = pd.DataFrame(
        [
            (str(subject), "nm", "1", view, role)
            for subject in range(40)
            for view in "abc"
            for role in ("gallery", "probe", "probe")
        ],
        columns=["subject", "condition", "sequence", "view", "role"],
    )
    embeddings = generator.integers(-2, 3, (len(keys), *shape)).astype(np.float32)  # many are equal
    found = []
    for at_once in (1, 1000, 10**9):
        monkeypatch.setattr(ranking, "AT_ONCE", at_once)
        cross = cross_view_metrics(embeddings, keys, distance=distance)
        whole = whole_gallery_metrics(embeddings, keys, exclude_same="view", distance=distance)
        found.append((cross.by_subject, cross.cells["mAP"]["nm"], whole.probes))
    for other in found[1:]:
        for ours, theirs in zip(found[0], other, strict=True):
            pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
