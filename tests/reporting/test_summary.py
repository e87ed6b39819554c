"""The page a person reads first."""

from dataclasses import replace

from gaitcore.reporting.tables.summary import summary_markdown

PAGE = """# 100% R&D_set: results of the experiment two_views

Protocol: 18 training and 10 test subjects, gallery NM#1, probes NM#2, AR#1-2, identical view excluded.

Measured: mean ± standard deviation over 3 seeds; in brackets the 95% bootstrap interval of the mean over subjects \
and seeds. The reported weights are those of the last epoch; a sequence's embedding is the one window in the \
sequence's centre.

## Rank-1 accuracy (%)

| System   | Seeds   | NM                      | AR                      | Mean                    |
|:---------|:--------|:------------------------|:------------------------|:------------------------|
| Alpha    | 3       | 85.1 ± 1.2 [80.1, 89.1] | 55.0 ± 1.2 [50.0, 59.0] | 70.0 ± 1.2 [65.0, 74.0] |
| Beta_net | 3       | 75.1 ± 1.2 [70.1, 79.1] | 55.0 ± 1.2 [50.0, 59.0] | 65.0 ± 1.2 [60.0, 69.0] |

## All metrics, mean over conditions (%)

| System   | Rank-1     | Rank-5     | mAP        |
|:---------|:-----------|:-----------|:-----------|
| Alpha    | 70.0 ± 1.2 | 77.0 ± 1.2 | 35.0 ± 1.2 |
| Beta_net | 65.0 ± 1.2 | 71.5 ± 1.2 | 32.5 ± 1.2 |

## Differences between systems

Rank-1 differences in percentage points. The paired test exchanges the two systems subject by subject, \
after averaging over seeds, so it compares these trained networks and does not cover retraining.

| Systems          | Condition   | Points   | Interval    | Paired test   | After Holm (1 pair)   |
|:-----------------|:------------|:---------|:------------|:--------------|:----------------------|
| Alpha − Beta_net | NM          | +10.0    | [8.0, 13.0] | p = 0.004     | p = 0.004             |
| Alpha − Beta_net | AR          | +0.0     | [−2.0, 3.0] | p = 1.000     | p = 1.000             |
| Alpha − Beta_net | Mean        | +5.0     | [3.0, 8.0]  | p < 0.001     | p < 0.001             |

## Read with care

- Chance is 10.0%.
- Sequences left out: 2 (probe, fewer than 61 usable frames); 1 (gallery, no 90° view).
- The intervals come from resampling the test subjects; the gallery is not resampled. A few seeds show only roughly \
how much results vary between training runs.
"""


def test_the_page_of_a_small_experiment(summary, context):
    assert summary_markdown(summary, context) == PAGE


def test_the_published_methods_stand_beside_the_measured_ones(casia_b):
    page = summary_markdown(*casia_b)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("|")]
    assert ["GaitMixer†", "", "94.9", "85.6", "88.3"] in rows
    assert "- † Published, as printed in the GaitMixer paper (Pinyoanuntapong et al., ICASSP 2023)." in page
    assert "- GaitFormer's CL mean is printed as 77.2 in the paper, while its eleven views average 77.5." in page


def test_chance_level_and_collapsed_runs_are_named(summary, one_collapsed):
    page = summary_markdown(summary, replace(one_collapsed, chance=0.5))
    assert "- Chance is 50.0%. Not distinguishable from chance: Alpha (AR); Beta_net (AR).\n" in page
    assert "- ‡ Alpha, collapsed: 1 of 3 seeds (seed 1); all embeddings became nearly one point." in page
    assert "| Alpha‡   | 3 " in page


def test_a_single_system_has_no_section_of_differences(summary, context):
    page = summary_markdown(summary[summary["system"] == "alpha"], context)
    assert "Differences" not in page
    assert "Beta_net" not in page


def test_a_metric_that_some_systems_lack_is_a_dash_in_their_row(summary, context):
    lacking = summary[(summary["system"] != "beta_net") | (summary["metric"] != "mAP")]
    assert "| Beta_net | 65.0 ± 1.2 | 71.5 ± 1.2 | –          |" in summary_markdown(lacking, context)
