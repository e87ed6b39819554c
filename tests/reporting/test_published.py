"""The published numbers are the paper's, and they agree with each other but for the one place that is named."""

import pytest

from gaitcore.reporting.tables.published import DISCREPANCY, published_table1, published_table2


def test_table_1_has_five_methods_three_conditions_and_eleven_views_with_their_mean():
    table = published_table1()
    assert list(table["method"].unique()) == ["PoseGait", "GaitGraph", "GaitGraph2", "GaitFormer", "GaitMixer"]
    assert list(table["condition"].unique()) == ["nm", "bg", "cl"]
    assert list(table["view"].unique()) == [*(str(view) for view in range(0, 181, 18)), "mean"]
    assert len(table) == 5 * 3 * 12
    cell = table.query("method == 'GaitMixer' and condition == 'cl' and view == '126'")
    assert cell["percent"].tolist() == [88.9]


def test_table_2_has_appearance_and_skeleton_based_methods():
    table = published_table2()
    by_modality = table.groupby("modality", sort=False)["method"].unique().apply(list).to_dict()
    assert by_modality == {
        "appearance": ["GaitNet", "GaitSet", "GaitPart"],
        "skeleton": ["PoseGait", "GaitGraph", "GaitGraph2", "GaitFormer", "GaitMixer"],
    }
    assert table.query("method == 'GaitMixer'")["percent"].tolist() == [94.9, 85.6, 84.5, 88.3]


def test_table_2_repeats_the_means_of_table_1():
    means = published_table1().query("view == 'mean'").set_index(["method", "condition"])["percent"]
    repeated = published_table2().query("modality == 'skeleton' and condition != 'mean'")
    assert means[list(zip(repeated["method"], repeated["condition"], strict=True))].tolist() == [*repeated["percent"]]


def test_only_gaitformers_cl_mean_is_not_the_average_of_its_views():
    table = published_table1()
    average = table[table["view"] != "mean"].groupby(["method", "condition"])["percent"].mean()
    means = table[table["view"] == "mean"].set_index(["method", "condition"])["percent"]
    off = (means - average).abs()
    assert off[off > 0.06].index.tolist() == [("GaitFormer", "cl")]
    assert means["GaitFormer", "cl"] == 77.2
    assert average["GaitFormer", "cl"] == pytest.approx(77.5)
    assert DISCREPANCY == "GaitFormer's CL mean is printed as 77.2 in the paper, while its eleven views average 77.5."
