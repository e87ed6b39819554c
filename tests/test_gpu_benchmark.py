"""The benchmark for GPUs runs through on a CPU with tiny sizes, and its table goes into the documentation."""

import json
import re
import subprocess
import sys
import time
from collections import Counter

import generate
import pytest
import torch
from places import REPOSITORY

sys.path.append(str(REPOSITORY / "benchmarks"))
import gpu

from gaitcore.errors import GaitError
from gaitcore.execution import compute


@pytest.fixture(scope="module")
def bench():
    return gpu.Bench(compute.prepare(2) if not torch.cuda.is_available() else torch.device("cpu"), gpu.SMALL)


@pytest.mark.slow
def test_every_task_gives_its_rows(bench):
    """All kinds of tasks, with the steps of most systems in one precision; a CPU's tf32 is float32."""
    bench.compiled_elsewhere["gaitmixer", "tf32"] = bench.steps("gaitmixer", "tf32", compiled=True).digest
    rows = [row for task in gpu.tasks(bench) for row in task.rows()]
    values = {(row.part, row.what): row.value for row in rows}
    assert {name for name in gpu.GOLDEN if values["golden values, float32", name] > 1e-5} == set()
    assert values["special path", "gaitmixer, gradients"] < 1e-3
    number, ours = values["loss with fixed shapes", "triplets, the library's and ours"].split()
    assert number == ours
    same = {what: value for (part, what), value in values.items() if "same bytes" in f"{part} {what}"}
    assert set(same.values()) == {"yes"}
    assert "gaitmixer, compiled, another process" in same
    measured = {what.split(",")[0] for part, what in values if part == "step"}
    assert measured == set(bench.systems())
    parts = Counter(row.part for row in rows)
    assert parts["seeds an hour, gaitmixer, float32, not compiled"] == 3
    assert parts["the demo"] == 5
    assert parts["rank-1 on the demo's walkers, published gaitmixer"] == 6
    assert parts["cost against the batch"] == parts["memory against the batch"] == len(bench.size.batches)
    assert parts["cost against the subjects"] == len(bench.size.populations)
    assert parts["cost against the frames"] == len(bench.size.lengths)
    assert parts["300 epochs and embedding, calculated"] >= 2
    numbers = [row.value for row in rows if row.unit in ("ms", "GB", "s", "seeds", "ms a sequence", "min")]
    assert min(numbers) > 0


def test_a_run_that_was_not_stopped_is_not_one_that_was_resumed(bench, monkeypatch):
    def broken(*_):
        raise GaitError("The GPU has too little memory.")

    monkeypatch.setattr(bench, "_short_run", broken)
    with pytest.raises(RuntimeError, match="the run that should be resumed has no checkpoint"):
        bench.digest("float32", stop_after=3)


def fails(bench):
    yield gpu.Row("one", "before", 1.0, "s")
    raise RuntimeError("out of order\nmore")


def hangs(bench):
    time.sleep(60)
    yield gpu.Row("two", "late", 2.0, "s")


def test_a_task_that_fails_or_hangs_is_a_row_and_the_others_are_measured(bench, monkeypatch):
    works = [gpu.Row("three", "good", 3.0, "s")]
    tasks = [gpu.Task("failing", lambda: fails(bench), 1), gpu.Task("hanging", lambda: hangs(bench), 0)]
    tasks += [gpu.Task("long", lambda: works, 1_000), gpu.Task("good", lambda: works, 1)]
    monkeypatch.setattr(gpu, "tasks", lambda bench: tasks)
    monkeypatch.setattr(gpu, "LONGEST", 1)
    rows = [*gpu.measured(bench, 900)]
    assert re.fullmatch(r"8\d\d s were left of 900", rows.pop(3).value)
    assert [tuple(row) for row in rows] == [
        ("one", "before", 1.0, "s"),
        ("FAILED", "failing", "RuntimeError: out of order", ""),
        ("FAILED", "hanging", "TimeoutError: it took more than 1 s", ""),
        ("three", "good", 3.0, "s"),
    ]


def test_after_a_failure_that_costs_the_gpu_another_process_goes_on(bench, monkeypatch, tmp_path):
    """With the rows so far; a run's time is calculated from them."""
    tasks = [gpu.Task("a step", lambda: [gpu.Row("step", "gaitmixer, tf32, one graph, compiled", 10.0, "ms")], 0)]
    tasks += [gpu.Task("failing", lambda: fails(bench), 0)]
    tasks += [gpu.Task("run times", lambda: gpu.run_times(bench), 0)]
    result, started = tmp_path / "gpu.json", []
    monkeypatch.setattr(gpu, "tasks", lambda _: tasks)
    monkeypatch.setattr(gpu, "Bench", lambda *_: bench)
    monkeypatch.setattr(bench, "ms", {})
    monkeypatch.setattr(bench, "is_lost", lambda: True)
    monkeypatch.setattr(gpu.os, "execv", lambda _, command: started.append(command[2:]))
    monkeypatch.setattr(
        sys, "argv", ["gpu.py", "--device", "cpu", "--small", "--seconds", "100", "--json", str(result)]
    )
    gpu.main()
    (again,) = started
    assert again[-2:] == ["--after", "failing"]
    assert again[again.index("--seconds") + 1] in ("99", "100")
    monkeypatch.setattr(sys, "argv", ["gpu.py", *again])
    gpu.main()
    rows = [(part, what) for part, what, _, _ in json.loads(result.read_text())["rows"]]
    assert rows == [
        ("step", "gaitmixer, tf32, one graph, compiled"),
        ("one", "before"),
        ("FAILED", "failing"),
        ("300 epochs and embedding, calculated", "gaitmixer, tf32, one graph, compiled"),
    ]


def test_the_result_is_written_after_each_row_and_becomes_the_table_of_the_documentation(tmp_path):
    command = [sys.executable, "benchmarks/gpu.py", "--device", "cpu", "--small", "--seconds", "2.5"]
    done = subprocess.run([*command, "--json", tmp_path / "gpu.json"], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "gpu.json").read_text())
    rows = {(part, what): value for part, what, value, _ in result["rows"]}
    assert [what for part, what in rows if part == "FAILED"] == []
    assert ("not measured", "seeds at once") in rows  # it needs more than the 2.5 s
    table = generate.gpu_table(result)
    assert table.startswith(f"Measured on {result['made'][:10]}: cpu, ")
    assert "| not measured | seeds at once | " in table


def test_without_a_gpu_the_benchmark_ends_in_a_sentence():
    hidden = {"CUDA_VISIBLE_DEVICES": "", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "benchmarks/gpu.py"], capture_output=True, text=True, cwd=REPOSITORY, env=hidden
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == (
        "No GPU was found (torch.cuda.is_available() is false); a benchmark of a GPU needs one."
    )
