"""Pages as HTML: the grids of numbers."""

from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.sections import Grid, Page


def test_the_cells_of_a_grid_of_numbers_are_not_broken_into_lines():
    lines = (("GaitMixer", "[17.3, 30.0]"),)
    numbers, texts = (
        page_html(Page("A", (Grid(("System", "Interval"), lines, numbers=kind),), ())) for kind in (True, False)
    )
    assert ".numbers td { white-space: nowrap; }" in numbers
    assert '<table class="numbers">' in numbers
    assert "<table>" in texts
    assert '<table class="numbers">' not in texts
