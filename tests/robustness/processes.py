"""Trials in processes of their own, which are ended where they hang and replaced where they die."""

import logging
import multiprocessing
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import trial
from doors import GOOD_FILES, Door, good_files
from inputs import Files
from trial import HANG, Outcome

PATIENCE = 20.0  # seconds on the clock, after which a trial counts as hanging

Task = TypeVar("Task")


def make_inputs(doors: Sequence[Door]) -> None:
    """Make the good inputs in a process of its own: torch cannot train in the children of a process that has."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_make, args=(there, doors))
    process.start()
    there.close()
    for door in doors:
        GOOD_FILES[door.name] = here.recv()
    process.join()


def _make(connection: Connection, doors: Sequence[Door]) -> None:
    for door in doors:
        files: Files = good_files(door)
        connection.send(files)


def outcomes_of(tasks: Sequence[Task], attempt: Callable[[Task, Path], Outcome]) -> Iterator[tuple[Task, Outcome]]:
    """The outcome of each task, in order; ``attempt`` makes it, in a folder of its own."""
    waiting = list(tasks)
    while waiting:
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(target=_work, args=(there, list(waiting), attempt))
        process.start()
        there.close()
        try:
            while waiting:
                if not here.poll(PATIENCE):
                    yield waiting.pop(0), Outcome(HANG, f"no answer in {PATIENCE:.0f} s", "", PATIENCE)
                    break
                outcome = here.recv()
                yield waiting.pop(0), outcome
        except EOFError:
            process.join()
            yield waiting.pop(0), Outcome(HANG, f"the process died ({process.exitcode})", "", 0.0)
        finally:
            process.kill()
            process.join()


def _work(connection: Connection, tasks: Sequence[Task], attempt: Callable[[Task, Path], Outcome]) -> None:
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    os.environ["TQDM_DISABLE"] = "1"
    trial.install_guards()
    with tempfile.TemporaryDirectory() as scratch:
        for task in tasks:
            connection.send(attempt(task, Path(scratch) / "trial"))
