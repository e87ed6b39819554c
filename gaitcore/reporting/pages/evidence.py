"""The inputs of the reproduction report, and the facts that its sections derive from them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from gaitcore.artefacts.run_record import RunRecord
from gaitcore.reporting.tables.context import TableContext
from gaitcore.settings.experiment import Config


@dataclass(frozen=True, eq=False)
class Evidence:
    """The configuration of the experiment and of the paper, and the content of the experiment's files.

    ``summary`` is summary.csv, ``poses_report`` poses_report.csv (or that of the first modality), ``runs`` the content
    of each run.json.
    """

    config: Config
    paper: Config
    context: TableContext
    summary: pd.DataFrame
    poses_report: pd.DataFrame
    runs: Sequence[RunRecord]

    def system_runs(self, system: str) -> list[RunRecord]:
        """The runs of one system."""
        return [run for run in self.runs if run.system == system]

    def parameters(self) -> str:
        """The number of weights of each system: ``GaitFormer 141,952, GaitMixer 166,304``."""
        return ", ".join(f"{self.context.system_title(run.system)} {run.parameters:,}" for run in self._first_runs())

    def common(self, fact: Callable[[RunRecord], object]) -> str:
        """The value of a fact in all runs, as text; every distinct value where runs differ."""
        return ", ".join(dict.fromkeys(str(fact(run)) for run in self.runs))

    def inputs(self) -> Iterator[tuple[str, str]]:
        """Each file that runs were trained on, and its SHA-256; several where they do not share it."""
        for name in dict.fromkeys(name for run in self.runs for name in run.inputs):
            yield name, ", ".join(dict.fromkeys(run.inputs[name] for run in self.runs if name in run.inputs))

    def report_name(self) -> str:
        """The file that lists what was dropped as the frames were read: poses_report.csv."""
        return self.context.source.report

    def _first_runs(self) -> Iterator[RunRecord]:
        seen = set()
        for run in self.runs:
            if run.system not in seen:
                seen.add(run.system)
                yield run


def duration(seconds: float) -> str:
    """0.8 s, 35 s, 12.4 min or 3.1 h."""
    if seconds < 120:
        return f"{seconds:.{int(seconds < 9.95)}f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def gigabytes(number: float) -> str:
    """2.4 GB for 2.4e9 bytes."""
    return f"{number / 1e9:.1f} GB"
