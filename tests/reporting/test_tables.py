"""What stands in the tables: rows, columns, bold, captions and notes."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from gaitcore.reporting.tables.estimates import percent
from gaitcore.reporting.tables.layout import Table, table_cells
from gaitcore.reporting.tables.published import published_rows
from gaitcore.reporting.tables.tables import table1, table2


def best(table: Table) -> dict[tuple[str, str], set[str]]:
    return {(row.block, row.method): set(row.best) for row in table.rows}


def names(table: Table) -> list[tuple[str, str]]:
    return [(row.block, row.method + row.mark) for row in table.rows]


def test_table_1_has_a_block_per_condition_and_its_own_views(summary, context):
    table = table1(summary, context)
    assert names(table) == [("NM#2", "Alpha"), ("NM#2", "Beta_net"), ("AR#1-2", "Alpha"), ("AR#1-2", "Beta_net")]
    assert table.columns == {"0": "0°", "90": "90°", "mean": "Mean"}
    assert (table.corner, table.spanner) == (("Gallery NM#1", "Probe"), "0°, 90°")


def test_the_best_of_each_column_within_a_block_is_marked_and_ties_as_printed_all_are(summary, context):
    assert best(table1(summary, context)) == {
        ("NM#2", "Alpha"): {"0", "90", "mean"},
        ("NM#2", "Beta_net"): {"0"},  # 80.12 against 80.10: both are printed as 80.1
        ("AR#1-2", "Alpha"): {"0", "mean"},
        ("AR#1-2", "Beta_net"): {"90", "mean"},
    }


def test_a_collapsed_run_is_never_best_and_its_row_says_so(summary, one_collapsed):
    table = table1(summary, one_collapsed)
    assert names(table)[0] == ("NM#2", "Alpha‡")
    assert best(table)["NM#2", "Alpha"] == set()
    assert best(table)["NM#2", "Beta_net"] == {"0", "90", "mean"}
    assert table.notes[0] == (
        "‡ Alpha, collapsed: 1 of 3 seeds (seed 1); all embeddings became nearly one point. "
        "Collapsed runs are part of the mean, and such a row is never bold."
    )


def test_nothing_at_chance_level_is_bold_and_the_notes_name_it(summary, context):
    table = table2(summary, replace(context, chance=0.651))
    assert best(table) == {("", "Alpha"): {"nm"}, ("", "Beta_net"): set()}
    assert "Chance is 65.1%. Not distinguishable from chance: Alpha (AR, Mean); Beta_net (AR, Mean)." in table.notes
    everywhere = table2(summary, replace(context, chance=0.9))
    assert not any(best(everywhere).values())
    assert "Bold" not in everywhere.caption
    assert "Alpha (in every condition); Beta_net (in every condition)." in everywhere.notes[2]


def test_a_single_row_is_not_bold_for_want_of_rivals(summary, context):
    alone = summary[summary["system"] == "alpha"]
    assert best(table2(alone, context)) == {("", "Alpha"): set()}


def test_published_rows_come_first_and_are_marked(casia_b):
    table = table1(*casia_b)
    assert [name for block, name in names(table) if block == "BG#1-2"] == [
        *("PoseGait†", "GaitGraph†", "GaitGraph2†", "GaitFormer†", "GaitMixer†"),
        *("Alpha (measured)", "Beta_net (measured)"),
    ]
    assert table.columns["18"] == "18°"
    assert table.cell_text(table.rows[4], "18") == "94.9"
    assert table.cell_text(table.rows[5], "18") == "–"  # not measured here
    assert table.spanner == "0°–180°"


def test_published_rows_take_part_in_what_is_best(casia_b):
    marked = best(table1(*casia_b))
    assert marked["NM#5-6", "GaitMixer"] == {str(view) for view in range(0, 181, 18)} | {"mean"}
    assert marked["NM#5-6", "Alpha (measured)"] == set()


def test_rows_with_poses_of_different_estimators_are_not_compared(casia_b):
    summary, context = casia_b
    marked = best(table1(summary, replace(context, estimator="ViTPose")))
    assert marked["NM#5-6", "GaitMixer"] == {str(view) for view in range(0, 181, 18)} | {"mean"}
    assert marked["NM#5-6", "Alpha (measured)"] == {"0", "90", "mean"}
    assert marked["NM#5-6", "PoseGait"] == set()  # alone with OpenPose


def test_a_later_system_has_its_published_row_and_its_source_where_it_is_measured(casia_b):
    summary, context = casia_b
    later = replace(context, system_titles={"alpha": "GaitTR", "beta_net": "Beta_net"})
    table = table2(summary, later)
    (row,) = [row for row in table.rows if row.block == "Published later"]
    assert (row.method, row.published, row.best) == ("GaitTR, SimCC poses", True, frozenset())
    assert [round(row.cells[condition].mean, 3) for condition in ("nm", "bg", "cl")] == [0.96, 0.913, 0.9]
    assert "GaitTR's row is not in the paper: Zhang et al., Expert Systems 2023." in table.notes
    assert "GaitTR" not in {row.method for row in table1(summary, later).rows if row.published}


def test_table_2_on_casia_b_has_appearance_skeleton_and_measured_blocks(casia_b):
    table = table2(*casia_b)
    assert list(dict.fromkeys(row.block for row in table.rows)) == ["Appearance based", "Skeleton based", "Measured"]
    assert best(table)["Appearance based", "GaitPart"] == {"nm", "bg", "cl", "mean"}
    assert best(table)["Measured", "Alpha"] == {"nm", "bg", "mean"}
    assert list(table.columns.values()) == ["NM", "BG", "Mean"]


def test_the_notes_on_casia_b_say_what_is_published_and_where_the_paper_contradicts_itself(casia_b):
    for table in (table1(*casia_b), table2(*casia_b)):
        assert table.notes[:2] == (
            "† Published, as printed in the GaitMixer paper (Pinyoanuntapong et al., ICASSP 2023).",
            "GaitFormer's CL mean is printed as 77.2 in the paper, while its eleven views average 77.5.",
        )


def test_other_experiments_have_no_published_rows_and_no_mention_of_them(summary, context):
    for table in (table1(summary, context), table2(summary, context)):
        assert not any(row.published for row in table.rows)
        text = table.caption + " ".join(table.notes) + " ".join(row.method for row in table.rows)
        for word in ("GaitMixer", "Published", "†", "CASIA", "Appearance", "BG", "CL"):
            assert word not in text


def test_the_caption_names_protocol_seeds_spread_and_interval(summary, context):
    assert table1(summary, context).caption == (
        "Rank-1 accuracy (%) on 100% R&D_set per probe view. Protocol: 18 training and 10 test subjects, gallery NM#1, "
        "probes NM#2, AR#1-2, identical view excluded. Measured: mean ± standard deviation over 3 seeds; in brackets "
        "the 95% bootstrap interval of the mean over subjects and seeds. "
        "Bold: the best of each column within a block."
    )


def test_one_seed_is_said_to_be_one_and_prints_no_spread(summary, context):
    table = table2(summary.assign(n_seeds=1, std=math.nan), context)
    assert (
        "Measured: one seed; in brackets the 95% bootstrap interval over subjects only, "
        "which does not cover retraining."
    ) in table.caption
    assert table.cell_text(table.rows[0], "nm") == "85.1"


def test_different_numbers_of_seeds_are_listed(summary, context):
    summary = summary.assign(n_seeds=summary["n_seeds"].where(summary["system"] == "alpha", 1))
    assert (
        "mean ± standard deviation over seeds (Alpha 3, Beta_net 1); in brackets the 95% bootstrap interval of "
        "the mean over subjects and seeds (over subjects only where there is one seed)."
    ) in table2(summary, context).caption


def test_the_notes_give_epoch_windows_tests_chance_and_exclusions(summary, context):
    assert table1(summary, context).notes == (
        "The reported weights are those of the last epoch; a sequence's embedding is the one window in the "
        "sequence's centre.",
        "Differences in points, paired permutation test over subjects: Alpha − Beta_net: NM +10.0 (p = 0.004), "
        "AR +0.0 (p = 1.000).",
        "Chance is 10.0%.",
        "Sequences left out: 2 (probe, fewer than 61 usable frames); 1 (gallery, no 90° view).",
    )
    assert table2(summary, replace(context, excluded={})).notes[1:] == (
        "Differences in points, paired permutation test over subjects: Alpha − Beta_net: Mean +5.0 (p < 0.001).",
        "Chance is 10.0%.",
        "No sequence was left out.",
    )


def test_too_few_subjects_for_a_small_p_value_is_said(summary, context):
    notes = table2(summary.assign(n_subjects=5), context).notes
    assert "With 5 subjects no p-value can be below 0.062, whatever the difference." in notes


def test_many_systems_are_compared_with_the_best_one_only(summary, context):
    measured = summary[summary["system"].isin(["alpha", "beta_net"])]
    difference = summary[summary["system"] == "alpha - beta_net"]
    others = [f"m{k}" for k in range(3)]
    systems = ["alpha", "beta_net", *others]
    frames = [measured, *(measured[measured["system"] == "beta_net"].assign(system=name) for name in others)]
    frames += [difference.assign(system=f"{a} - {b}") for k, a in enumerate(systems) for b in systems[k + 1 :]]
    note = table2(pd.concat(frames), context).notes[1]
    assert note == (
        "Differences in points, paired permutation test over subjects, p-values after Holm for 10 pairs: "
        "Alpha − Beta_net: Mean +5.0 (p < 0.001); Alpha − m0: Mean +5.0 (p < 0.001); "
        "Alpha − m1: Mean +5.0 (p < 0.001); Alpha − m2: Mean +5.0 (p < 0.001); the other pairs are in summary.csv."
    )


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.8505, "85.1"), (0.2885, "28.9"), (0.94949, "94.9"), (1.0, "100.0"), (-0.0004, "0.0"), (-0.012, "−1.2")],
)
def test_halves_are_rounded_as_a_reader_would(fraction, text):
    assert percent(fraction) == text


def test_the_csv_is_tidy_and_in_percent(summary, context):
    lines = table_cells(table2(summary, context)).to_csv(index=False).splitlines()
    assert lines[:2] + lines[-1:] == [
        "block,method,modality,source,condition,rank1_percent,std_percent,ci_low_percent,ci_high_percent,"
        "n_seeds,collapsed_seeds,untrained_seeds,best",
        ",Alpha,skeleton,measured,nm,85.05,1.2,80.05,89.05,3,0,0,True",
        ",Beta_net,skeleton,measured,mean,65.03,1.2,60.03,69.03,3,0,0,False",
    ]


def test_the_csv_tells_published_from_measured(casia_b):
    lines = table_cells(table1(*casia_b)).to_csv(index=False).splitlines()
    assert lines[1] == "NM#5-6,PoseGait,skeleton,published,0,55.3,,,,,0,0,False"
    assert "NM#5-6,Alpha (measured),skeleton,measured,90,90.0,1.2,85.0,94.0,3,0,0,False" in lines


def test_a_measured_row_is_in_the_group_of_its_networks_modality(summary, context):
    of_silhouettes = replace(context, modalities={"alpha": "silhouettes", "beta_net": "keypoints"})
    assert {row.method: row.modality for row in table2(summary, of_silhouettes).rows} == {
        "Alpha": "appearance",
        "Beta_net": "skeleton",
    }


def test_a_run_that_had_nothing_to_learn_is_never_best_and_its_row_says_so(summary, context):
    runs = context.runs.copy()
    runs.loc[[0, 2], "untrained"] = True
    table = table2(summary, replace(context, runs=runs))
    alpha = next(row for row in table.rows if row.method == "Alpha")
    assert (alpha.mark, alpha.untrained, alpha.best) == ("§", 2, frozenset())
    assert (
        "§ Alpha, nothing to learn: 2 of 3 seeds (seeds 0, 2); there was one training subject alone, or the loss was 0 "
        "throughout, so the accuracy is not that of a trained network. Such runs are part of the mean, and such a row "
        "is never bold."
    ) in table.notes


def test_the_notes_name_the_systems_whose_products_were_not_float32(summary, context):
    sentence = "In training, products of matrices and convolutions were computed in"
    assert sentence not in " ".join(table1(summary, context).notes)
    others = replace(context, products={"alpha": "bfloat16", "beta_net": "tf32"})
    assert f"{sentence} bfloat16 for Alpha; in tf32 for Beta_net; all else in float32." in table1(summary, others).notes


def test_a_comparison_with_all_probes_is_the_last_column_in_place_of_a_mean(summary, context):
    table = table2(summary, replace(context, overall="ar"))
    assert table.columns == {"nm": "NM", "mean": "AR"}
    assert (
        "AR is measured on all probes together; it is not the mean of the other rows, which share probes."
        in table.notes
    )


def test_a_published_overall_stands_in_the_column_of_the_measured_one():
    rows = published_rows([], "sustech1k", "Overall")
    assert set(rows.loc[rows["method"] == "SkeletonGait", "condition"]) == {"Clothing", "Night", "Normal", "mean"}


def test_table_1_by_metric_has_accuracies_and_no_open_set_figures(summary, context):
    together = summary[summary["view"] == "mean"]
    one = together[together["condition"] == "nm"].query("metric == 'rank1'").assign(metric="TAR_FAR_1")
    in_all_views = together.assign(view="all")
    table = table1(pd.concat([in_all_views, together, one], ignore_index=True), context)
    assert list(table.columns) == ["rank1", "rank5", "mAP"]
