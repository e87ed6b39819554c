"""Signs that a figure's own font lacks, and texts that Matplotlib would read as mathematics."""

import logging

import matplotlib
import matplotlib.style
import pytest
from made_up import metrics_of
from matplotlib.figure import Figure
from places import REPOSITORY

from gaitcore.artefacts.metrics import write_metrics
from gaitcore.reporting.figures.style import STYLE, plain_number, system_style
from gaitcore.reporting.figures.write_figure import write_figure
from gaitcore.reporting.fonts import families_with, with_fonts
from gaitcore.settings.files import load_config

CHINESE, CUNEIFORM = "步态", "\U00012000"


def families_in(text, path):
    """The families in the style when a figure with this text was drawn for the last time."""
    drawn = []

    def draw():
        figure = Figure(figsize=(2, 1))
        figure.text(0.5, 0.5, text)
        figure.savefig(path)
        drawn.append(list(matplotlib.rcParams["font.family"]))
        return drawn[-1]

    with matplotlib.style.context(STYLE):
        return with_fonts(draw, path), len(drawn)


def test_a_text_that_the_font_has_is_drawn_once(tmp_path):
    assert families_in("Gait é Привет ± 90°", tmp_path / "a.png") == (["STIXGeneral", "DejaVu Serif"], 1)


def test_a_text_in_chinese_is_drawn_with_an_installed_font(tmp_path, caplog):
    families = families_with(set(CHINESE))
    if not families:
        pytest.skip("no font with Chinese signs is installed")
    assert families_in(CHINESE, tmp_path / "a.png") == (["STIXGeneral", "DejaVu Serif", *families], 2)
    assert caplog.messages == []


def test_signs_that_no_font_has_are_named_in_one_sentence(tmp_path, caplog):
    if families_with({CUNEIFORM}):
        pytest.skip("a font with cuneiform is installed")
    with caplog.at_level(logging.WARNING):
        families_in(f"b{CUNEIFORM}a", tmp_path / "a.png")
    assert caplog.messages == [
        f'{tmp_path / "a.png"}: no installed font has the signs "{CUNEIFORM}", so boxes stand in their place; install '
        "a font that has them (Debian: fonts-noto-cjk for Chinese, Japanese and Korean, fonts-noto for others) and "
        "draw it again"
    ]
    assert (tmp_path / "a.png").is_file()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.001, "0.001"),
        (1.0, "1"),
        (1e-5, "0.00001"),
        (1e12, "1e12"),
        (2.5e-7, "2.5e−7"),
        (1e-3 * (1 + 1e-12), "0.001"),
    ],
)
def test_ticks_of_a_logarithmic_axis_are_text(number, text):
    assert plain_number(number, 0.0) == text


@pytest.mark.parametrize("title", ["$1$ of $x$", r"$\frac{", "50% _a^b", "_hidden", CHINESE])
def test_any_title_can_be_drawn_and_stands_in_the_legend(tmp_path, title):
    overrides = {
        "experiment": "casia_b",
        "compare": ["gaitmixer"],
        "seeds": [0],
        "systems": {"gaitmixer": {"title": title}},
        "data": {"dataset": "$x$"},
        "tables": {"conditions": {"nm": title}, "published": False},
    }
    config = load_config(REPOSITORY / "config.yaml", overrides)
    write_metrics(metrics_of({"nm": 0.6, "bg": 0.5, "cl": 0.4}), tmp_path / "metrics.json")
    write_figure("seeds", config, tmp_path / "seeds.pdf", metrics=[tmp_path / "metrics.json"])
    assert (tmp_path / "seeds.png").stat().st_size > 1000
    assert "on $x$ by seed" in (tmp_path / "seeds.txt").read_text()
    figure = Figure()
    figure.subplots().plot([1], [1], **system_style(config, "gaitmixer"))
    assert [label.strip() for label in figure.axes[0].get_legend_handles_labels()[1]] == [title]
