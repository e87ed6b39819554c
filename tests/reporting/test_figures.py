"""Figures: the numbers behind them, the same bytes each time, and what is drawn."""

from pathlib import Path

import pandas as pd
import pytest

from gaitcore.config_files import load_config
from gaitcore.reporting.figures import accuracy_against, draw_accuracy_against, write_accuracy_against

REPOSITORY = Path(__file__).parents[2]
KERNELS = {"kernel_61": 61, "gaitmixer": 31, "kernel_3": 3}


@pytest.fixture
def config():
    systems = {"kernel_3": {"like": "gaitmixer", "network": {"kernel": 3}}}
    systems["kernel_61"] = {"like": "gaitmixer", "network": {"kernel": 61}}
    figures = {"against": {"kernel": list(KERNELS)}}
    overrides = {"experiment": "casia_b", "models": [*KERNELS, "gaitformer"], "systems": systems, "figures": figures}
    return load_config(REPOSITORY / "config.yaml", overrides)


@pytest.fixture
def measured():
    rows = [
        (model, condition, "mean", metric, value, 0.02, value - 0.1, value + 0.05, 3)
        for metric in ("rank1", "rank5")
        for model, value in {"gaitmixer": 0.9, "kernel_3": 0.5, "kernel_61": 0.8, "gaitformer": 0.7}.items()
        for condition in ("nm", "bg", "cl", "mean")
    ]
    rows.append(("gaitmixer", "nm", "90", "rank1", 0.1, 0.0, 0.0, 0.0, 3))
    columns = ["model", "condition", "view", "metric", "mean", "std", "ci_low", "ci_high", "n_seeds"]
    return pd.DataFrame(rows, columns=columns)


def test_the_numbers_are_the_systems_rank_1_by_the_options_value(config, measured):
    numbers = accuracy_against("kernel", config, measured)
    means = numbers[numbers["condition"] == "mean"]
    assert means["kernel"].tolist() == [3, 31, 61]
    assert means["system"].tolist() == ["kernel_3", "gaitmixer", "kernel_61"]
    assert means["rank1_percent"].tolist() == [50.0, 90.0, 80.0]
    assert means["ci_low_percent"].tolist() == [40.0, 80.0, 70.0]
    assert len(numbers) == 3 * 4


def test_each_condition_is_a_line_over_the_values(config, measured):
    axes = draw_accuracy_against("kernel", config, accuracy_against("kernel", config, measured)).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["NM", "BG", "CL", "Mean"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["3", "31", "61"]
    assert axes.get_xlabel() == "Temporal kernel (frames)"
    assert axes.containers[0].lines[0].get_ydata().tolist() == pytest.approx([50.0, 90.0, 80.0])


def test_the_same_numbers_give_the_same_bytes(config, measured, tmp_path):
    measured.to_csv(tmp_path / "summary.csv", index=False)
    for name in ("first", "again"):
        write_accuracy_against("kernel", config, summary=tmp_path / "summary.csv", figure=tmp_path / f"{name}.pdf")
    for suffix in (".pdf", ".png", ".csv"):
        assert (tmp_path / f"first{suffix}").read_bytes() == (tmp_path / f"again{suffix}").read_bytes()
    assert (tmp_path / "first.png").read_bytes().startswith(b"\x89PNG")
