"""The published numbers are the paper's, and they agree with each other but for the one place that is named."""

from dataclasses import replace

import pytest
from places import REPOSITORY

from gaitcore.protocols.sides import compared_names
from gaitcore.reporting.tables.published import (
    CASIA_B,
    DISCREPANCY,
    SUBJECTS,
    estimator_of,
    published_others,
    published_rows,
    published_table1,
    published_table2,
)
from gaitcore.reporting.tables.tables import table2
from gaitcore.settings.files import load_config


def test_table_1_has_five_methods_three_conditions_and_eleven_views_with_their_mean():
    table = published_table1()
    assert list(table["method"].unique()) == ["PoseGait", "GaitGraph", "GaitGraph2", "GaitFormer", "GaitMixer"]
    assert list(table["condition"].unique()) == ["nm", "bg", "cl"]
    assert list(table["view"].unique()) == [*(str(view) for view in range(0, 181, 18)), "mean"]
    assert len(table) == 5 * 3 * 12
    cell = table.query("method == 'GaitMixer' and condition == 'cl' and view == '126'")
    assert cell["rank1"].tolist() == pytest.approx([0.889])


def test_table_2_has_appearance_and_skeleton_based_methods():
    table = published_table2()
    by_modality = table.groupby("modality", sort=False)["method"].unique().apply(list).to_dict()
    assert by_modality == {
        "appearance": ["GaitNet", "GaitSet", "GaitPart"],
        "skeleton": ["PoseGait", "GaitGraph", "GaitGraph2", "GaitFormer", "GaitMixer"],
    }
    assert table.query("method == 'GaitMixer'")["rank1"].tolist() == pytest.approx([0.949, 0.856, 0.845, 0.883])


def test_table_2_repeats_the_means_of_table_1():
    means = published_table1().query("view == 'mean'").set_index(["method", "condition"])["rank1"]
    repeated = published_table2().query("modality == 'skeleton' and condition != 'mean'")
    assert means[list(zip(repeated["method"], repeated["condition"], strict=True))].tolist() == [*repeated["rank1"]]


def test_only_gaitformers_cl_mean_is_not_the_average_of_its_views():
    table = published_table1()
    average = table[table["view"] != "mean"].groupby(["method", "condition"])["rank1"].mean()
    means = table[table["view"] == "mean"].set_index(["method", "condition"])["rank1"]
    off = (means - average).abs()
    assert off[off > 0.0006].index.tolist() == [("GaitFormer", "cl")]
    assert means["GaitFormer", "cl"] == 0.772
    assert average["GaitFormer", "cl"] == pytest.approx(0.775)
    assert DISCREPANCY == "GaitFormer's CL mean is printed as 77.2 in the paper, while its eleven views average 77.5."


def test_each_row_names_what_its_method_was_given():
    frames = published_table2().groupby("method", sort=False)["frames"].first().to_dict()
    assert (frames["GaitSet"], frames["PoseGait"], frames["GaitMixer"]) == ("silhouettes", "OpenPose", "HRNet")
    assert estimator_of("HRNet-W32 384x288") == "HRNet"
    assert estimator_of("Kinect v2, projected") == "Kinect v2, projected"


def test_later_rows_stand_beside_the_papers_for_the_systems_that_are_compared():
    rows = published_rows(["GPGait", "GaitMixer"])
    assert list(rows["method"].unique())[-2:] == ["GaitMixer", "GPGait"]
    assert rows.query("method == 'GPGait'")["rank1"].tolist() == pytest.approx([0.936, 0.802, 0.693, 0.810])
    assert set(rows.query("method == 'GPGait'")["frames"]) == {"HRNet"}


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name != CASIA_B])
def test_the_rows_of_another_set_are_of_its_overlays_comparisons_and_have_a_source(name):
    protocol = load_config(REPOSITORY / "config.yaml", {"experiment": name})
    rows = published_others(name)
    assert set(rows["condition"]) <= set(compared_names(protocol.protocol))
    assert protocol.tables.published_set == name
    assert rows["source"].str.contains(r"\(").all()
    assert published_rows(["GPGait"], name)["title"].tolist() == rows["title"].tolist()


def test_rows_of_other_poses_are_never_compared_for_a_best(summary, context):
    """CCPG's published rows: GPGait's best of its own poses alone, SkeletonGait's beside it."""
    titles = {"nm": "CL", "ar": "UP"}
    named = summary.replace({"condition": titles})
    facts = {"condition_titles": {"CL": "CL", "UP": "UP"}, "probe_labels": {"CL": "CL", "UP": "UP"}}
    of_ccpg = replace(context, show_published=True, published_set="ccpg", estimator="HRNet", **facts)
    rows = table2(named, of_ccpg).rows
    assert [(row.block, row.method, round(row.cells["CL"].mean, 4)) for row in rows if row.published] == [
        ("Published", "GPGait, HRNet, 17 joints", 0.5475),
        ("Published", "SkeletonGait, 18 joints, maps", 0.524),
    ]
    assert not any(row.best for row in rows if row.published)
