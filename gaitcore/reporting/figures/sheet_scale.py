"""The colour bar below a contact sheet, with its title beside it."""

from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from gaitcore.reporting.figures.style import SMALL


def draw_scale(figure: Figure, bottom: float, colours: ScalarMappable, title: str) -> None:
    """Draw the scale of the cells' colours; ``bottom`` is the height of the sheet's lower edge in inches."""
    height = figure.get_size_inches()[1]
    axes = figure.add_axes((0.7, (bottom + 0.22) / height, 0.26, 0.09 / height))
    bar = figure.colorbar(colours, cax=axes, orientation="horizontal")
    bar.outline.set_linewidth(0.5)
    figure.text(0.685, (bottom + 0.265) / height, title, ha="right", va="center", size=SMALL)
