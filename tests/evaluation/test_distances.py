"""Similarities of embeddings, and pairs of one view."""

import numpy as np
import pytest
import torch

from gaitcore.evaluation.distances import end_to_end, identical_view, similarities
from gaitcore.inspection.attribution import similarity

PROBES = np.array([[3, 4], [1, 0]], np.float32)
GALLERY = np.array([[0, 2], [4, 3], [-1, 0]], np.float32)


def test_cosines_do_not_depend_on_lengths():
    np.testing.assert_allclose(similarities(PROBES, GALLERY, "cosine"), [[0.8, 0.96, -0.6], [0, 0.8, -1]], rtol=1e-6)


def test_euclidean_similarities_are_negative_squared_distances_plus_the_probes_squared_length():
    squared = np.square(PROBES[:, None] - GALLERY).sum(axis=2)
    expected = np.array([[25], [1]]) - squared
    assert similarities(PROBES, GALLERY, "euclidean").tolist() == expected.tolist()


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_attribution_takes_gradients_of_the_same_similarity(distance):
    rows = similarity(torch.from_numpy(PROBES)[:, None], torch.from_numpy(GALLERY), distance).numpy()
    expected = similarities(PROBES, GALLERY, distance)
    if distance == "euclidean":  # attribution's is the negative distance itself
        expected = -np.sqrt(np.square(PROBES).sum(axis=1, keepdims=True) - expected)
    np.testing.assert_allclose(rows, expected, rtol=1e-6, atol=1e-7)


def test_identical_view_marks_pairs_of_one_view():
    assert identical_view([0, 90], [90, 0, 18]).tolist() == [[False, True, False], [True, False, False]]


def test_parts_end_to_end_are_one_embedding():
    embeddings = np.arange(12.0).reshape(2, 3, 2)
    assert end_to_end(embeddings).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert end_to_end(embeddings[:, 0]).tolist() == embeddings[:, 0].tolist()
