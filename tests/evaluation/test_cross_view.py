"""Cross-view accuracy: the authors' evaluator's numbers, and the cells worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from places import GOLDEN

from gaitcore.errors import DataError, ProtocolError
from gaitcore.evaluation import cross_view_metrics

VALUES = GOLDEN / "cross_view_small.npz"
NAMES = ("nm", "bg", "cl")


@pytest.fixture(scope="module")
def golden():
    arrays = np.load(VALUES)
    keys = pd.DataFrame(arrays["keys"], columns=["subject", "condition", "sequence", "view"])
    keys["condition"] = keys["condition"].map(dict(enumerate(NAMES)))
    gallery = (keys["condition"] == "nm") & (keys["sequence"] <= 4)
    keys["role"] = np.where(gallery, "gallery", "probe")
    return cross_view_metrics(arrays["embeddings"], keys), arrays["expected"], float(arrays["mean"])


def test_every_probe_view_and_mean_is_the_authors(golden):
    metrics, expected, _ = golden
    for row, condition in enumerate(NAMES):
        np.testing.assert_allclose(metrics.per_probe_view(condition), expected[row, :11], atol=1e-12)
        assert metrics.mean(condition) == pytest.approx(expected[row, 11], abs=1e-12)


def test_the_mean_over_conditions_is_the_authors(golden):
    metrics, _, mean = golden
    assert np.mean([metrics.mean(condition) for condition in NAMES]) == pytest.approx(mean, abs=1e-12)


def test_the_subjects_means_add_up_to_the_probe_views(golden):
    metrics, _, _ = golden
    rows = metrics.by_subject[metrics.by_subject["condition"] == "cl"]
    for metric in metrics.metrics:
        weighted = (rows[metric] * rows["probes"]).groupby(rows["view"]).sum() / rows.groupby("view")["probes"].sum()
        np.testing.assert_allclose(weighted, metrics.per_probe_view("cl", metric), atol=1e-12)


# Two subjects a and b on a circle; angles in degrees are the embeddings.
SMALL = pd.DataFrame(
    [
        ("a", "nm", 1, 0, "gallery", 0),
        ("b", "nm", 1, 0, "gallery", 90),
        ("a", "nm", 1, 90, "gallery", 10),
        ("b", "nm", 1, 90, "gallery", 80),
        ("a", "nm", 2, 0, "probe", 5),
        ("b", "nm", 2, 0, "probe", 40),  # nearer to a
        ("a", "nm", 2, 90, "probe", 20),
        ("b", "nm", 2, 90, "probe", 60),
        ("a", "cl", 1, 90, "probe", 70),  # nearer to b
        ("b", "zz", 1, 0, "excluded", 0),
    ],
    columns=["subject", "condition", "sequence", "view", "role", "angle"],
)


def small_metrics(rows=SMALL, **options):
    radians = np.deg2rad(rows["angle"].to_numpy())
    return cross_view_metrics(3.0 * np.stack([np.cos(radians), np.sin(radians)], 1), rows, **options)


def test_cells_are_gallery_view_by_probe_view():
    metrics = small_metrics()
    assert metrics.rank1["nm"].to_numpy().tolist() == [[0.5, 1.0], [0.5, 1.0]]
    assert metrics.rank1["nm"].index.tolist() == [0, 90]
    assert metrics.counts["nm"].to_numpy().tolist() == [[2, 2], [2, 2]]


def test_the_identical_view_is_excluded_from_a_probe_views_mean():
    rows = SMALL.copy()
    rows.loc[2:3, "angle"] = [80, 10]  # the gallery at 90 degrees swaps the subjects
    metrics = small_metrics(rows)
    assert metrics.rank1["nm"].to_numpy().tolist() == [[0.5, 1.0], [0.5, 0.0]]
    assert metrics.per_probe_view("nm").to_dict() == {0: 0.5, 90: 1.0}
    assert metrics.mean("nm") == 0.75


def test_rank_5_and_mean_average_precision_by_hand():
    metrics = small_metrics(ks=(1, 2))
    assert metrics.metrics == ("rank1", "rank2", "mAP")
    assert metrics.mean("nm", "rank2") == 1.0
    assert metrics.per_probe_view("nm", "mAP").to_dict() == {0: 0.75, 90: 1.0}  # second place: precision 1/2
    assert metrics.mean("cl", "mAP") == 0.5


def test_a_cell_without_a_probe_is_left_out_and_reported():
    metrics = small_metrics()
    assert metrics.per_probe_view("cl").to_dict() == {90: 0.0}
    assert metrics.mean("cl") == 0.0
    assert metrics.left_out.to_numpy().tolist() == [["cl", 90, 0, "no probe sequence"]]


def test_a_cell_without_a_gallery_is_left_out_and_reported():
    metrics = small_metrics(SMALL.drop(index=[2, 3]))
    assert metrics.per_probe_view("nm").to_dict() == {90: 1.0}
    assert metrics.left_out.to_numpy().tolist() == [
        ["cl", 90, 0, "no gallery sequence"],
        ["nm", 90, 0, "no gallery sequence"],
    ]


def test_a_probe_whose_subject_has_no_gallery_is_a_miss_and_counted():
    rows = pd.concat([SMALL, SMALL[4:5].assign(subject="c")], ignore_index=True)
    metrics = small_metrics(rows)
    assert metrics.unmatched_probes == 1
    assert metrics.per_probe_view("nm")[0] == pytest.approx(1 / 3)
    assert metrics.per_probe_view("nm", "mAP")[0] == pytest.approx((1 + 0.5 + 0) / 3)


def test_no_gallery_at_all_is_an_error():
    with pytest.raises(ProtocolError) as raised:
        small_metrics(SMALL[SMALL["role"] != "gallery"])
    assert str(raised.value) == "There are 0 gallery and 5 probe sequences; both are needed."


def test_embeddings_that_are_not_finite_are_refused():
    with pytest.raises(ProtocolError, match="NaN or infinite"):
        cross_view_metrics(np.full((len(SMALL), 2), np.nan), SMALL)


def test_euclidean_distance_depends_on_the_length_and_cosine_does_not():
    embeddings = np.array(
        [[1.0, 0.0], [0.0, 9.0], [6.0, 6.0]]
    )  # the probe is as near to both in angle, but not in place
    embeddings[2, 0] += 0.01
    keys = pd.DataFrame({"subject": ["a", "b", "b"], "condition": "nm", "sequence": [1, 1, 2], "view": [0, 0, 90]})
    keys["role"] = ["gallery", "gallery", "probe"]
    assert cross_view_metrics(embeddings, keys).mean("nm") == 0.0
    assert cross_view_metrics(embeddings, keys, distance="euclidean").mean("nm") == 1.0


def test_views_are_labelled_as_in_the_keys_and_ordered_as_numbers():
    named = SMALL.assign(view=SMALL["view"].map({0: "front", 90: "90"}), condition=SMALL["condition"].str.upper())
    metrics, numbers = small_metrics(named), small_metrics()
    assert metrics.conditions == ("CL", "NM")
    assert metrics.rank1["NM"].index.tolist() == metrics.rank1["NM"].columns.tolist() == ["90", "front"]
    assert metrics.per_probe_view("NM").to_dict() == {"90": 1.0, "front": 0.5}
    assert metrics.mean("NM") == numbers.mean("nm")
    assert metrics.left_out.to_numpy().tolist() == [["CL", "90", "front", "no probe sequence"]]
    assert metrics.by_subject[["condition", "view", "subject"]].to_numpy().tolist() == [
        ["CL", "90", "a"],
        *(["NM", view, subject] for view in ("90", "front") for subject in "ab"),
    ]


def test_one_view_in_two_spellings_is_an_error():
    spelled = SMALL.astype({"view": str})
    spelled.loc[0, "view"] = "000"
    with pytest.raises(DataError, match="The keys: view 000 and view 0 are two spellings of one number"):
        small_metrics(spelled)


def test_the_identical_view_may_be_included():
    rows = SMALL.copy()
    rows.loc[2:3, "angle"] = [80, 10]
    metrics = small_metrics(rows, exclude_same=None)
    assert metrics.rank1["nm"].to_numpy().tolist() == [[0.5, 1.0], [0.5, 0.0]]
    assert metrics.per_probe_view("nm").to_dict() == {0: 0.5, 90: 0.5}
    one_view = small_metrics(SMALL[SMALL["view"] == 0], exclude_same=None)
    assert (one_view.mean("nm"), one_view.left_out.to_dict("records")) == (0.5, [])
    by_subject = one_view.by_subject
    assert by_subject["rank1"].mean() == 0.5
