"""A run of Snakemake with a screen for people: its processes, its signals and its log."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from gaitcore_workflow.events import for_people
from gaitcore_workflow.progress import Run, duration
from gaitcore_workflow.screen import Screen, ending, results

LOG = Path(".snakemake/log/screen.log")
_PARENT_DIED = 1  # PR_SET_PDEATHSIG of prctl(2)


def run_shown(arguments: Sequence[str], plugins: Path) -> int:
    """Run Snakemake and show how far it is on standard error; the table, if it made one, goes to standard output.

    Args:
        arguments: of Snakemake, e.g. ``["--cores", "all", "tables"]``.
        plugins: the folder with the logger ``events``, by which Snakemake writes its events as lines.

    Returns:
        Its exit status; 128 and the signal's number if a signal ended it.
    """
    LOG.parent.mkdir(parents=True, exist_ok=True)
    screen, run, started, finished = Screen(sys.stderr), Run(arguments), monotonic(), Event()
    process = _snakemake(arguments, plugins)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: process.send_signal(number))
    clock = Thread(target=_tick, args=(screen, run, process, finished), daemon=True)
    clock.start()
    with LOG.open("w", encoding="utf-8") as log:
        for line in process.stdout or ():
            with screen.lock:
                for sentence in run.read(line.rstrip("\n"), monotonic()):
                    screen.line(sentence)
            log.write(for_people(line))
            log.flush()
    status = process.wait()
    finished.set()
    clock.join()
    screen.clear()
    for sentence in ending(run, status, duration(monotonic() - started), LOG):
        screen.line(sentence)
    if status == 0:
        for sentence in results(arguments):
            print(sentence)
    return status if status >= 0 else 128 - status


def _snakemake(arguments: Sequence[str], plugins: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join(filter(None, [str(plugins), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--logger", "events", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,  # a signal of the terminal is passed on once, not twice
        preexec_fn=_end_with_parent,
    )


def _tick(screen: Screen, run: Run, process: subprocess.Popen[str], finished: Event) -> None:
    """Renew the line that changes each second; end the jobs that a killed Snakemake leaves behind."""
    while not finished.wait(1.0):
        if (process.poll() or 0) < 0:
            _end_group(process.pid)
        with screen.lock:
            screen.status(run.status(monotonic()))


def _end_with_parent() -> None:
    """In the new process: be interrupted when the parent dies, where the system is Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DIED, int(signal.SIGINT))


def _end_group(group: int) -> None:
    """End the jobs that a killed Snakemake left; a training saves its state first."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
