"""Every figure as it is printed: no text is too small, cut off or on top of another, no figure larger than the page."""

from importlib import import_module
from itertools import combinations

import matplotlib.style
import pytest
from full_size_figures import crossed, figures
from matplotlib.backends.backend_agg import RendererAgg

from gaitcore.reporting.figures.cross import cross_figure
from gaitcore.reporting.figures.style import PAGE, SMALL, STYLE, TALLEST

pytestmark = pytest.mark.slow

NAMES = [*figures(None), "cross"]


class Texts(RendererAgg):
    """Draws as for a PNG, and notes each text that is drawn: (text, points, box in pixels)."""

    def __init__(self, *place):
        super().__init__(*place)
        self.drawn = []

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        box = (x, y + descent - height, x + width, y + descent)
        if angle == 90:  # x is that of the baseline, y of the first letter
            box = (x + descent - height, y - width, x + descent, y)
        self.drawn.append((s, prop.get_size_in_points(), box))


@pytest.fixture(params=NAMES)
def figure(request, tmp_path):
    """Each figure of an experiment of CASIA-B's size."""
    with matplotlib.style.context(STYLE):
        if request.param == "cross":
            yield cross_figure(crossed())
        else:
            kind, config, files = figures(tmp_path)[request.param]()
            yield import_module(f"gaitcore.reporting.figures.{kind}").draw(config, **files).figure


def overlapping(one, other):
    """Whether two boxes share more than a pixel in both directions."""
    return all(min(one[n + 2], other[n + 2]) - max(one[n], other[n]) > 1 for n in (0, 1))


def test_no_text_is_too_small_or_cut_off_or_on_top_of_another(figure):
    figure.set_dpi(200)
    width, height = figure.get_size_inches()
    assert width <= PAGE
    assert height <= TALLEST
    renderer = Texts(round(width * 200), round(height * 200), 200)
    figure.draw(renderer)
    boxes = [(text, box) for text, _, box in renderer.drawn if text.strip()]
    assert boxes
    assert {(text, size) for text, size, _ in renderer.drawn if size < SMALL} == set()
    assert [text for text, box in boxes if min(box) < -1 or box[2] > width * 200 + 1 or box[3] > height * 200 + 1] == []
    assert [(a, b) for (a, box), (b, other) in combinations(boxes, 2) if overlapping(box, other)] == []
