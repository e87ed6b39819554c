"""Write one figure of an experiment as .pdf and .png, its numbers as .csv and its caption as .txt."""

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib.style

from gaitcore.artefacts.figure_files import write_caption, write_numbers, write_picture
from gaitcore.reporting.escaping import plain
from gaitcore.reporting.figures.drawing import Drawing
from gaitcore.reporting.figures.style import STYLE
from gaitcore.reporting.fonts import with_fonts
from gaitcore.settings.experiment import Config

logging.getLogger("fontTools").setLevel(logging.WARNING)  # otherwise it logs every glyph of a PDF


def write_figure(kind: str, config: Config, path: Path, **arguments: Any) -> None:
    """Draw one figure and write it beside ``path`` as .pdf, .png, .csv and .txt; equal inputs give equal bytes.

    Args:
        kind: the module of :mod:`gaitcore.reporting.figures` that draws it.
        config: the experiment's configuration.
        path: of one of the four files.
        arguments: the other arguments of that module's ``draw``: the files it reads, the system or option it shows.
    """
    module = import_module(f"gaitcore.reporting.figures.{kind}")

    def draw() -> Drawing:
        drawing: Drawing = module.draw(config, **arguments)
        write_picture(drawing.figure, path)
        return drawing

    with matplotlib.style.context(STYLE):
        drawing = with_fonts(draw, path)
    write_numbers(drawing.numbers, path)
    write_caption(plain(drawing.caption), path)
