"""Write all tries of a sweep: a table in every format, and a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib.style

from gaitcore.artefacts.figure_files import write_caption, write_picture
from gaitcore.artefacts.run_record import read_runs
from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.subjects import read_subjects
from gaitcore.artefacts.sweep_tries import write_tries
from gaitcore.files import write_text
from gaitcore.networks import modality
from gaitcore.protocols.roles import check_validated
from gaitcore.reporting.escaping import plain
from gaitcore.reporting.figures.style import STYLE
from gaitcore.reporting.figures.sweep import sweep_figure
from gaitcore.reporting.fonts import with_fonts
from gaitcore.reporting.pages.html import page_html
from gaitcore.reporting.pages.sections import page_markdown
from gaitcore.reporting.tables.sweep import (
    SweepResults,
    sweep_cells,
    sweep_latex,
    sweep_notes,
    sweep_page,
    sweep_results,
    sweep_table,
)
from gaitcore.settings.experiment import Config
from gaitcore.sweeps import runs_of_sweep, sweep_seeds
from gaitcore.systems import system_settings

# The settings that the table and the figure depend on.
SECTIONS = (
    "experiment systems sweep seeds network input training evaluation data.dataset data.modality protocol statistics "
    "tables.conditions"
)


@dataclass(frozen=True)
class SweepFiles:
    """run.json and subjects.csv of each run in the sweep's order, and the split of each modality."""

    runs: Sequence[Path]
    subjects: Sequence[Path]
    splits: Sequence[Path]


def write_sweep(config: Config, files: SweepFiles, path: Path) -> None:
    """Write sweep.csv, .tex, .md, .html, .pdf, .png and .txt (the caption) beside ``path``.

    Args:
        config: the configuration, with a sweep.
        files: what its jobs wrote.
        path: one of the files to write.

    Raises:
        ProtocolError: a run was measured on somebody who is no validation subject.
        DataError: a file is damaged.
    """
    results = _results(config, files)
    table = sweep_table(results)
    write_tries(sweep_cells(results), path.with_suffix(".csv"))
    write_text(path.with_suffix(".tex"), sweep_latex(table))
    write_text(path.with_suffix(".md"), page_markdown(sweep_page(table)))
    write_text(path.with_suffix(".html"), page_html(sweep_page(table)))

    def draw() -> None:
        write_picture(sweep_figure(results), path)

    with matplotlib.style.context(STYLE):
        with_fonts(draw, path)
    several = len(sweep_seeds(config, results.sweep)) > 1
    caption = f"{table.caption} Bars: standard deviation over seeds." if several else table.caption
    write_caption(plain(f"{caption} {' '.join(sweep_notes(results))}"), path)


def _results(config: Config, files: SweepFiles) -> SweepResults:
    assert config.sweep is not None
    subjects = {}
    for run, path in zip(runs_of_sweep(config), files.subjects, strict=True):
        subjects[run] = read_subjects(path)
        check_validated(subjects[run]["subject"].unique(), config.protocol, path)
    network = system_settings(config, config.sweep.system).network.name
    split = files.splits[config.data.modality.index(modality(network))]
    return sweep_results(config, read_runs(files.runs), subjects, read_split(split))
