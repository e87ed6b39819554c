"""Every seed as a dot, beside the published value."""

import pytest
from made_up import metrics_of
from places import REPOSITORY

from gaitcore.artefacts.metrics import write_metrics
from gaitcore.reporting.figures.seeds import draw
from gaitcore.settings.files import load_config


@pytest.fixture
def metrics(tmp_path):
    """metrics.json of four runs, the two systems' two seeds; the mean of each is 0.6, 0.7, 0.5 and 0.9."""
    files = []
    for number, mean in enumerate((0.6, 0.7, 0.5, 0.9)):
        files.append(tmp_path / f"metrics-{number}.json")
        rank1 = {"nm": mean + 0.1, "bg": mean, "cl": mean - 0.1}
        write_metrics(metrics_of(rank1), files[-1])
    return files


def casia_b(**settings):
    overrides = {"experiment": "casia_b", "compare": ["gaitmixer", "gaitformer"], "seeds": [0, 1], **settings}
    return load_config(REPOSITORY / "config.yaml", overrides)


def test_a_dot_for_each_seed_and_condition_and_for_the_mean_beside_the_published_value(metrics):
    numbers = draw(casia_b(), metrics=metrics).numbers
    rows = numbers.astype(object).where(numbers.notna(), None).values.tolist()
    assert len(rows) == 2 * 2 * 4 + 2 * 4
    assert rows[:4] == [
        ["gaitmixer", "measured", "nm", 0, 70.0],
        ["gaitmixer", "measured", "bg", 0, 60.0],
        ["gaitmixer", "measured", "cl", 0, 50.0],
        ["gaitmixer", "measured", "mean", 0, 60.0],
    ]
    assert ["gaitmixer", "published", "nm", None, 94.9] in rows
    assert ["gaitformer", "published", "mean", None, 83.4] in rows


def test_the_dots_stand_in_the_systems_colours_and_the_published_values_are_black(metrics):
    axes = draw(casia_b(), metrics=metrics).figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["NM", "BG", "CL", "Mean"]
    dots = {line.get_label(): line for line in axes.get_lines() if not line.get_label().startswith("_")}
    assert {name: line.get_color() for name, line in dots.items()} == {"GaitMixer": "#0072B2", "GaitFormer": "#D55E00"}
    assert dots["GaitMixer"].get_ydata().tolist() == pytest.approx([70, 60, 50, 60, 80, 70, 60, 70])
    assert dots["GaitMixer"].get_xdata().round(1).tolist() == pytest.approx([-0.2, 0.8, 1.8, 2.8] * 2)
    published = [line for line in axes.get_lines() if line.get_color() == "black"]
    assert [94.9 in line.get_ydata() for line in published] == [True, False]
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["GaitMixer", "GaitFormer", "published"]


def test_the_caption_gives_each_systems_range_and_what_was_published(metrics):
    assert draw(casia_b(), metrics=metrics).caption == (
        "Rank-1 accuracy on CASIA-B by seed, one dot for each of a system's 2 training runs; thin lines are their "
        "means, black ones the published values. Mean over conditions: GaitMixer from 60.0 to 70.0% (published 88.3%) "
        "and GaitFormer from 50.0 to 90.0% (published 83.4%)."
    )


def test_another_split_has_no_published_values(metrics):
    drawing = draw(casia_b(protocol={"split": "62/62"}), metrics=metrics)
    assert set(drawing.numbers["source"]) == {"measured"}
    assert "published" not in drawing.caption


def test_the_same_files_give_the_same_bytes(metrics, drawn_twice):
    first, again = drawn_twice("seeds", casia_b(), metrics=metrics)
    assert first == again
