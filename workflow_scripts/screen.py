"""Run Snakemake and show what a person wants to know: what runs, how far, how long still, and where the result is.

    python workflow_scripts/screen.py --cores all tables

takes the arguments of Snakemake, which runs as ever; ``make tables`` is this command. A terminal has one line that
changes at its end, a file has plain lines. All that Snakemake and the jobs say is in .snakemake/log/screen.log.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, TextIO

from snakemake_logger_plugin_events import MARK

HERE = Path(__file__).resolve().parent
LOG = Path(".snakemake/log/screen.log")
_PARENT_DIED = 1  # PR_SET_PDEATHSIG of prctl(2)
SECONDS = 5.0  # of a job of whose rule nothing is known yet
LONG = ("train", "extract_poses", "extract_silhouettes")  # rules whose jobs take most of the time
OF_A_JOB = re.compile(r"\[([^\]]+)\] (.*)")  # how workflow_scripts/job.py begins each line
WARNS = "Warning: "  # and this, where the job's own code warns
EPOCH = re.compile(r"(epoch \d+/\d+)\b.*?\b((?:\d+:)?\d+:\d\d) left")
NEXT = """\
Next, after ". .venv/bin/activate":
  snakemake --cores all report    tables, figures and settings on one page, results/{experiment}/report.html
  snakemake --cores all figures   every picture and its numbers, in results/{experiment}/figures/
  README.md, "Your own poses"     the same tables from files or videos of yours"""


@dataclass
class Job:
    """A job that runs or has failed."""

    rule: str
    name: str  # as in its lines
    title: str
    log: str
    threads: int
    started: float
    said: list[str] = field(default_factory=list)
    epoch: str = ""  # of a training
    left: float | None = None  # seconds, by its own estimate
    left_at: float = 0.0  # when it said so

    def remaining(self, typical: float, now: float) -> float:
        """Seconds until it ends: by its own estimate, or as long as jobs of its rule take."""
        rest = self.left - (now - self.left_at) if self.left is not None else typical - (now - self.started)
        return max(rest, 0.0)


class Run:
    """What has happened so far, from the lines of Snakemake and of the jobs; each gives sentences for the screen."""

    def __init__(self, targets: Collection[str]) -> None:
        """``targets``: rules that only name files, e.g. tables; they are not counted."""
        self.targets, self.cores = targets, 1
        self.done = self.total = 0
        self.waiting: Counter[str] = Counter()  # rule -> jobs that have not begun
        self.threads: dict[str, int] = {}  # of a rule
        self.running: dict[int, Job] = {}
        self.failed: list[Job] = []
        self.times: dict[str, list[float]] = {}  # rule -> seconds of its finished jobs
        self.errors: list[str] = []  # of no job
        self.said: list[str] = []  # by nobody who is known, e.g. why the workflow cannot be read

    def read(self, line: str, now: float) -> list[str]:
        """Take in one line."""
        if line.startswith(MARK):
            event = json.loads(line[len(MARK) :])
            return getattr(self, f"_{event['event']}", _nothing)(event, now)
        spoken = OF_A_JOB.match(line)
        job = next((job for job in self.running.values() if spoken and job.name == spoken[1]), None)
        if spoken is None or job is None:
            self.said.append(line)
            return []
        job.said.append(spoken[2])
        if at := EPOCH.search(spoken[2]):
            job.epoch, job.left, job.left_at = at[1], _seconds(at[2]), now
            return [f"  {job.title}: {spoken[2]}"]
        return [f"  {spoken[2]}"] if spoken[2].startswith(WARNS) else []

    def left(self, now: float) -> float | None:
        """Seconds until the end, about; None where too little is known."""
        told = {job.rule for job in self.running.values() if job.left is not None}
        unknown = [rule for rule in LONG if self._expects(rule) and rule not in self.times and rule not in told]
        if unknown or not (self.times or told):
            return None
        seconds = sum(
            job.remaining(self._typical(job.rule, now), now) * self._share(job.rule) for job in self.running.values()
        )
        return seconds + sum(
            number * self._typical(rule, now) * self._share(rule) for rule, number in self.waiting.items()
        )

    def _expects(self, rule: str) -> bool:
        """Whether jobs of a rule run or wait."""
        return self.waiting[rule] > 0 or any(job.rule == rule for job in self.running.values())

    def _share(self, rule: str) -> float:
        """The part of the machine that a job of a rule takes."""
        return min(self.threads.get(rule, 1), self.cores) / self.cores

    def _typical(self, rule: str, now: float) -> float:
        times = self.times.get(rule, []) + [
            now - job.started + job.remaining(0.0, now)
            for job in self.running.values()
            if job.rule == rule and job.left is not None
        ]
        return sum(times) / len(times) if times else SECONDS

    def status(self, now: float) -> str:
        """One line: jobs, time left, what runs."""
        left = self.left(now)
        about = f", about {duration(left)} left" if left is not None else ""
        doing = "; ".join(f"{job.title}{', ' + job.epoch if job.epoch else ''}" for job in self.running.values())
        return f"{self.done} of {self.total} jobs{about}: {doing}" if self.total else "Reading the workflow"

    # --- Snakemake's events, by their names ---

    def _resources_info(self, event: Mapping[str, Any], now: float) -> list[str]:
        self.cores = int(event.get("cores") or self.cores)
        return []

    def _run_info(self, event: Mapping[str, Any], now: float) -> list[str]:
        others = ("total", *self.targets)
        self.waiting = Counter({rule: number for rule, number in event["stats"].items() if rule not in others})
        self.total = self.waiting.total()
        return [f"{counted(self.total, 'job')} to run on {counted(self.cores, 'core')}"]

    def _job_info(self, event: Mapping[str, Any], now: float) -> list[str]:
        rule, log = event["rule_name"], (event.get("log") or [""])[0]
        if rule in self.targets:
            return []
        name = " ".join([rule, *map(str, (event.get("wildcards") or {}).values())])
        job = Job(rule, name, event.get("rule_msg") or rule, log, event.get("threads") or 1, now)
        self.running[event["jobid"]] = job
        self.threads[rule] = job.threads
        self.waiting[rule] -= 1
        return []

    def _job_finished(self, event: Mapping[str, Any], now: float) -> list[str]:
        job = self.running.pop(event["job_id"], None)
        if job is None or job.rule in self.targets:
            return []
        self.done += 1
        self.times.setdefault(job.rule, []).append(now - job.started)
        left = self.left(now)
        more = f"; about {duration(left)} left" if left and self.done < self.total else ""
        return [f"{self.done:>3}/{self.total}  {job.title} ({duration(now - job.started)}{more})"]

    def _job_error(self, event: Mapping[str, Any], now: float) -> list[str]:
        job = self.running.pop(event["jobid"], None)
        if job is None:
            return []
        self.failed.append(job)
        return [f"  failed: {job.title}"]

    def _error(self, event: Mapping[str, Any], now: float) -> list[str]:
        self.errors.append(event["text"])
        return []

    def _message(self, event: Mapping[str, Any], now: float) -> list[str]:
        if event["level"] in ("ERROR", "CRITICAL") and event["text"].strip():
            self.errors.append(event["text"])
        return []


def _nothing(event: Mapping[str, Any], now: float) -> list[str]:
    return []


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


def main(arguments: list[str]) -> int:
    """Run Snakemake with these arguments; its exit status."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    screen, run, started, finished = Screen(sys.stderr), Run(arguments), monotonic(), Event()
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--logger", "events", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))},
        start_new_session=True,  # a signal of the terminal is passed on once, not twice
        preexec_fn=_end_with_parent,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: process.send_signal(number))
    clock = Thread(target=_tick, args=(screen, run, process, finished), daemon=True)
    clock.start()
    with LOG.open("w", encoding="utf-8") as log:
        for line in process.stdout or ():
            with screen.lock:
                for sentence in run.read(line.rstrip("\n"), monotonic()):
                    screen.line(sentence)
            log.write(_for_people(line))
            log.flush()
    status = process.wait()
    finished.set()
    clock.join()
    screen.clear()
    for sentence in ending(run, status, duration(monotonic() - started)):
        screen.line(sentence)
    if status == 0:
        for sentence in results(arguments):
            print(sentence)
    return status if status >= 0 else 128 - status


def ending(run: Run, status: int, took: str) -> Iterator[str]:
    """What a person reads when the run has ended, before its results."""
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
    yield f"All messages: {LOG}"


def unreadable(run: Run) -> list[str]:
    """Why no job has begun: the workflow's own sentences if there are any, else Snakemake's."""
    if alive := [line for line in run.said if line.startswith("Another run")]:
        return alive  # and not what Snakemake says of locks
    return run.said or run.errors


def results(arguments: list[str]) -> Iterator[str]:
    """The table, where it is, and what to do next, if the run made tables."""
    if "tables" not in arguments:
        return
    experiment = experiment_of(arguments)
    tables = Path("results") / experiment / "tables"
    if (table := tables / "table2.md").exists():
        yield f"\n{table.read_text(encoding='utf-8').strip()}\n"
        yield f"Where it is: {table}; with intervals and tests: {tables / 'summary.md'}"
        yield NEXT.format(experiment=experiment)


def experiment_of(arguments: list[str]) -> str:
    """The experiment that the command line or config.yaml names."""
    from gaitcore.yaml_files import read_yaml

    named = [text.partition("=")[2] for text in arguments if text.startswith("experiment=")]
    return named[-1] if named else str(read_yaml("config.yaml").content["experiment"])


def duration(seconds: float) -> str:
    """Seconds in words: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def counted(number: int, noun: str) -> str:
    """1 job, 2 jobs."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _seconds(clock: str) -> float:
    """The seconds of 02:25 or 1:02:25."""
    seconds = 0.0
    for part in clock.split(":"):
        seconds = 60 * seconds + int(part)
    return seconds


def _for_people(line: str) -> str:
    """A line for the log: of an event, its text alone."""
    if not line.startswith(MARK):
        return line
    event = json.loads(line[len(MARK) :])
    return f"{event.get('rule_msg') or event['text']}\n"


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
