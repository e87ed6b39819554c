"""How far a run of the workflow is, from the lines of Snakemake and its jobs: what runs, what failed, what is left."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from gaitcore.words import counted
from gaitcore_workflow.events import event_of

SECONDS = 5.0  # of a job of whose rule nothing is known yet
LEARNING = ("train", "train_try")  # rules whose jobs report epochs
LONG = (*LEARNING, "extract_poses", "extract_silhouettes")  # rules whose jobs take most of the time
OF_A_JOB = re.compile(r"\[([^\]]+)\] (.*)")  # how workflow_scripts/job.py begins each line
WARNS = "Warning: "  # and this, where the job's own code warns
PROFILE = "Using workflow specific profile"  # Snakemake says so in each run
EPOCH = re.compile(r"(epoch \d+/\d+)\b.*?\b((?:\d+:)?\d+:\d\d) left")


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
        if (event := event_of(line)) is not None:
            return getattr(self, f"_{event['event']}", _nothing)(event, now)
        spoken = OF_A_JOB.match(line)
        job = next((job for job in self.running.values() if spoken and job.name == spoken[1]), None)
        if spoken is None or job is None:
            if not line.startswith(PROFILE):
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
        if job.rule not in LEARNING or job.epoch:  # a system that learns nothing says nothing about a training's time
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


def duration(seconds: float) -> str:
    """Seconds in words: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _seconds(clock: str) -> float:
    """The seconds of 02:25 or 1:02:25."""
    seconds = 0.0
    for part in clock.split(":"):
        seconds = 60 * seconds + int(part)
    return seconds
