"""Figures: the numbers behind them, the same bytes each time, and what is drawn."""

import pandas as pd
import pytest
from places import REPOSITORY

from gaitcore.artefacts.summary import write_summary
from gaitcore.reporting.figures.against import accuracy_against, draw
from gaitcore.settings.files import load_config

KERNELS = {"kernel_61": 61, "gaitmixer": 31, "kernel_3": 3}


@pytest.fixture
def config():
    systems = {"kernel_3": {"like": "gaitmixer", "network": {"kernel": 3}}}
    systems["kernel_61"] = {"like": "gaitmixer", "network": {"kernel": 61}}
    figures = {"against": {"kernel": list(KERNELS)}}
    overrides = {"experiment": "casia_b", "compare": [*KERNELS, "gaitformer"], "systems": systems, "figures": figures}
    return load_config(REPOSITORY / "config.yaml", overrides)


@pytest.fixture
def measured():
    rows = [
        (system, condition, "mean", metric, value, 0.02, value - 0.1, value + 0.05, 3)
        for metric in ("rank1", "rank5")
        for system, value in {"gaitmixer": 0.9, "kernel_3": 0.5, "kernel_61": 0.8, "gaitformer": 0.7}.items()
        for condition in ("nm", "bg", "cl", "mean")
    ]
    rows.append(("gaitmixer", "nm", "90", "rank1", 0.1, 0.0, 0.0, 0.0, 3))
    columns = ["system", "condition", "view", "metric", "mean", "std", "ci_low", "ci_high", "n_seeds"]
    return pd.DataFrame(rows, columns=columns)


def test_the_numbers_are_the_systems_rank_1_by_the_options_value(config, measured):
    numbers = accuracy_against("kernel", config, measured)
    means = numbers[numbers["condition"] == "mean"]
    assert means["kernel"].tolist() == [3, 31, 61]
    assert means["system"].tolist() == ["kernel_3", "gaitmixer", "kernel_61"]
    assert means["rank1_percent"].tolist() == [50.0, 90.0, 80.0]
    assert means["ci_low_percent"].tolist() == [40.0, 80.0, 70.0]
    assert len(numbers) == 3 * 4


@pytest.fixture
def summary(measured, tmp_path):
    write_summary(measured.assign(n_subjects=50, p_value=None, p_value_holm=None), tmp_path / "summary.csv")
    return tmp_path / "summary.csv"


def test_each_condition_is_a_line_over_the_values(config, summary):
    axes = draw(config, option="kernel", summary=summary).figure.axes[0]
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["NM", "BG", "CL", "Mean"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["3", "31", "61"]
    assert axes.get_xlabel() == "Temporal kernel (frames)"
    assert axes.containers[0].lines[0].get_ydata().tolist() == pytest.approx([50.0, 90.0, 80.0])


def test_the_caption_names_the_best_and_the_worst(config, summary):
    assert draw(config, option="kernel", summary=summary).caption == (
        "Rank-1 accuracy on CASIA-B against temporal kernel (frames), mean over 3 seeds with the 95% bootstrap "
        "interval over subjects and seeds. Mean over conditions: the highest is 90.0% at 31, the lowest 50.0% at 3."
    )


def test_the_same_numbers_give_the_same_bytes(config, summary, drawn_twice):
    first, again = drawn_twice("against", config, option="kernel", summary=summary)
    assert first == again
    assert first[1].startswith(b"\x89PNG")
