"""What a figure is, and how it is written: as .pdf and .png, with its numbers as .csv and its caption as .txt."""

import logging
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib.style
import pandas as pd
from matplotlib.figure import Figure

from gaitcore.artefacts.figure_files import write_caption, write_numbers, write_picture
from gaitcore.settings.experiment import Config

STYLE = Path(__file__).with_name("figures.mplstyle")
logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every glyph in a PDF


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure without a title, the numbers in it in long form with units in their columns' names, and its caption:
    plain text, with signs like ± and °."""

    figure: Figure
    numbers: pd.DataFrame
    caption: str


def write_figure(kind: str, config: Config, path: Path, **given: Any) -> None:
    """Draw one figure and write it beside ``path`` as .pdf, .png, .csv and .txt; equal inputs give equal bytes.

    Args:
        kind: the module of :mod:`gaitcore.reporting.figures` that draws it.
        config: the experiment's configuration.
        path: of one of the four files.
        given: what else that module's ``draw`` takes: the files it reads, what it is about.
    """
    with matplotlib.style.context(STYLE):
        drawing = import_module(f"gaitcore.reporting.figures.{kind}").draw(config, **given)
        write_picture(drawing.figure, path)
    write_numbers(drawing.numbers, path)
    write_caption(drawing.caption, path)
