"""The whole workflow killed again and again, at random times, until it has made its tables.

``make kills``, or ``python kills.py --kills 20``: every byte of weights, accuracies and tables has to be that of a run
which nobody killed.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from scratch_workflow import TINY, Workflow

OVERLAY = TINY.replace("seeds: [0, 1]", "seeds: [0]").replace("epochs: 1", "epochs: 12")
EVERY_STEP = ("--set-resources", "train:checkpoint_minutes=0", "--", "tables")
# What a run makes of data, configuration and seed alone; times, and so digests of files with times, are elsewhere.
COMPARED = ("poses.parquet", "poses_report.csv", "split.csv", "summary.csv", "rank1.json", "tables/*")
COMPARED += tuple(
    f"*/seed-*/{name}" for name in ("weights.safetensors", "embeddings.parquet", "metrics.json", "subjects.csv")
)
LONGEST = 240  # seconds that one run may take


class Survival(NamedTuple):
    """What became of a workflow that was killed.

    Attributes:
        kills: how often it was killed.
        resumed: the training runs that went on from a checkpoint.
        files: the files that were compared.
        size: their bytes.
        different: those with other bytes than the run that nobody killed.
        orphans: processes that were left after a kill.
        sentences: what the runs said that did not end well by themselves.
    """

    kills: int
    resumed: int
    files: int
    size: int
    different: tuple[str, ...]
    orphans: int
    sentences: tuple[str, ...]


def scratch(folder: Path) -> Workflow:
    """A scratch copy of the workflow with the experiment that is killed."""
    folder.mkdir()
    workflow = Workflow.new(folder)
    (folder / "experiments" / "tiny.yaml").write_text(OVERLAY)
    return workflow


def survive(folder: Path, kills: int, seed: int) -> Survival:
    """Kill the workflow this often, let it finish, and compare it with one that nobody killed.

    Args:
        folder: an empty folder.
        kills: how often it is killed, at most; it may have finished before.
        seed: of the times.
    """
    whole, killed = scratch(folder / "whole"), scratch(folder / "killed")
    started = time.monotonic()
    done = whole.snakemake(*EVERY_STEP)
    assert done.returncode == 0, done.stdout
    length = time.monotonic() - started
    generator, survived, orphans = random.Random(seed), 0, 0
    sentences: list[str] = []
    # A life is long enough for one or two jobs, so that the kills are spread over the whole run.
    for _ in range(kills):
        status, said = _run_for(killed, generator.uniform(0.05, 0.3) * length)
        orphans += _processes_in(killed.folder)
        if status is None:
            survived += 1
        elif status == 0:
            break
        else:
            sentences.append(said[-500:])
    done = killed.snakemake(*EVERY_STEP)
    if done.returncode != 0:
        sentences.append(done.stdout[-2000:])
    names = sorted({path for pattern in COMPARED for path in _names(whole, pattern)})
    different = tuple(name for name in names if not _same(whole.results(name), killed.results(name)))
    return Survival(
        kills=survived,
        resumed=sum(bool(_resumed(path)) for path in killed.results("").glob("*/seed-*/run.json")),
        files=len(names),
        size=sum(whole.results(name).stat().st_size for name in names),
        different=different,
        orphans=orphans,
        sentences=tuple(sentences),
    )


def _run_for(workflow: Workflow, seconds: float) -> tuple[int | None, str]:
    """Run the workflow and kill it with all its jobs after this time: (None, "") then, or its exit status and words."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            workflow.command(*EVERY_STEP), **workflow.place, stdout=said, stderr=said, start_new_session=True
        )
        try:
            status = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None, ""
        said.seek(0)
        return status, said.read()


def _processes_in(folder: Path) -> int:
    """The processes that work in a folder, which a kill should have ended; those just killed have a moment to go."""
    deadline = time.monotonic() + 2
    while count := sum(_works_in(process, folder) for process in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > deadline:
            return count
        time.sleep(0.05)
    return 0


def _works_in(process: Path, folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return (process / "cwd").readlink().is_relative_to(folder.resolve())
    return False


def _names(workflow: Workflow, pattern: str) -> list[str]:
    root = workflow.results("")
    return [path.relative_to(root).as_posix() for path in root.glob(pattern)]


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _resumed(record: Path) -> list[int]:
    return json.loads(record.read_text(encoding="utf-8"))["resumed_after_steps"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the result there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        survival = survive(Path(folder), options.kills, options.seed)
    text = json.dumps({"seed": options.seed, **survival._asdict()}, indent=1, ensure_ascii=False)
    print(text)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if survival.different or survival.orphans or survival.sentences else 0


if __name__ == "__main__":
    sys.exit(main())
