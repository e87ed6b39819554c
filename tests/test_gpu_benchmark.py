"""The benchmark for GPUs runs through on a CPU with tiny sizes, and its table goes into the documentation."""

import json
import subprocess
import sys

import generate
import pytest
from places import REPOSITORY


@pytest.mark.slow
def test_the_benchmark_writes_the_rows_of_the_documentation(tmp_path):
    command = [sys.executable, "benchmarks/gpu.py", "--device", "cpu", "--small", "--seconds", "20"]
    done = subprocess.run([*command, "--json", tmp_path / "gpu.json"], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "gpu.json").read_text())
    rows = {(part, what): value for part, what, value, _ in result["rows"]}
    assert [what for part, what in rows if part == "FAILED"] == []
    assert rows["golden values, float32", "gaitmixer"] < 1e-5
    assert rows["special path", "gaitmixer, gradients"] < 1e-3
    number, ours = rows["loss with fixed shapes", "triplets, the library's and ours"].split()
    assert number == ours
    assert ("not measured", "cost against size") in rows  # it needs more than the 20 s
    table = generate.gpu_table(result)
    assert table.startswith(f"Measured on {result['made'][:10]}: cpu, ")
    assert f"| loss with fixed shapes | triplets, the library's and ours | {number} {ours} |  |" in table


def test_without_a_gpu_the_benchmark_ends_in_a_sentence():
    hidden = {"CUDA_VISIBLE_DEVICES": "", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "benchmarks/gpu.py"], capture_output=True, text=True, cwd=REPOSITORY, env=hidden
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == (
        "No GPU was found (torch.cuda.is_available() is false); a benchmark of a GPU needs one."
    )
