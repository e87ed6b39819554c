"""What a person sees of a run: lines that stay, one at the end that changes, and at the end of the run its results."""

import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TextIO

from gaitcore.words import counted
from gaitcore.yaml_files import read_yaml
from gaitcore_workflow.progress import Run

NEXT = """\
Next, after ". .venv/bin/activate":
  snakemake --cores all report{chosen}    tables, figures and settings on one page, results/{experiment}/report.html
  snakemake --cores all figures{chosen}   every picture and its numbers, in results/{experiment}/figures/
  README.md, "Your own poses"     the same tables from files or videos of yours"""


class Screen:
    """Lines that stay, and on a terminal one at the end that changes."""

    def __init__(self, stream: TextIO):
        self.stream, self.changes = stream, stream.isatty() and os.environ.get("TERM") != "dumb"
        self.lock = Lock()

    def line(self, text: str) -> None:
        """A line that stays."""
        self._write(f"{text}\n")

    def status(self, text: str) -> None:
        """The line that changes; nothing in a file."""
        width = shutil.get_terminal_size().columns - 1
        if self.changes:
            self._write(text if len(text) <= width else text[: width - 1] + "…")

    def clear(self) -> None:
        """Take away the line that changes."""
        self._write("")

    def _write(self, text: str) -> None:
        self.stream.write(("\r\x1b[K" if self.changes else "") + text)
        self.stream.flush()


def ending(run: Run, status: int, took: str, log: Path) -> Iterator[str]:
    """What a person reads when the run has ended, before its results.

    Args:
        run: what has happened.
        status: the exit status of Snakemake; -9 if signal 9 ended it.
        took: the time in words.
        log: the file with all messages.
    """
    if status == 0:
        yield from (line for line in run.said if line.startswith("The lock of"))
        yield f"Done in {took}." if run.total else "Nothing to do: all files are up to date."
        return
    for job in run.failed:
        yield f"Failed: {job.title}"
        yield from (f"  {line}" for line in job.said[-1:])
        yield f"  Log: {job.log}"
    if status < 0:
        yield f"Snakemake was ended by {signal.Signals(-status).name}. The same command goes on where it stopped."
    elif run.failed:
        yield f"{counted(len(run.failed), 'job')} failed after {took}. The same command goes on where it stopped."
    else:
        yield from unreadable(run)
    yield f"All messages: {log}"


def unreadable(run: Run) -> list[str]:
    """Why no job has begun: the workflow's own sentences if there are any, else Snakemake's."""
    if alive := [line for line in run.said if line.startswith("Another run")]:
        return alive  # and not what Snakemake says of locks
    return run.said or run.errors


def results(arguments: Sequence[str]) -> Iterator[str]:
    """The table, where it is, and what to do next, if the run made tables."""
    if "tables" not in arguments:
        return
    experiment = experiment_of(arguments)
    tables = Path("results") / experiment / "tables"
    if (table := tables / "table2.md").exists():
        yield f"\n{table.read_text(encoding='utf-8').strip()}\n"
        yield f"Where it is: {table}; with intervals and tests: {tables / 'summary.md'}"
        named = any(text.startswith("experiment=") for text in arguments)
        yield NEXT.format(experiment=experiment, chosen=f" --config experiment={experiment}" if named else "")


def experiment_of(arguments: Sequence[str]) -> str:
    """The experiment that the command line or config.yaml names."""
    named = [text.partition("=")[2] for text in arguments if text.startswith("experiment=")]
    return named[-1] if named else str(read_yaml("config.yaml").content["experiment"])
