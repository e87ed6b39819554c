"""A few hundred mutated inputs at every door; ``make fuzz`` tries thousands."""

import json
import os
import subprocess
import sys

import pytest
from doors import formats_without_a_door
from places import REPOSITORY

MUTATIONS = 280  # ten for each door
HERE = REPOSITORY / "tests" / "robustness"


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    """What ``fuzz.py`` found, in a process of its own, since inputs are allowed to hang or to fill the memory."""
    result = tmp_path_factory.mktemp("fuzz") / "fuzz.json"
    path = os.pathsep.join(map(str, (REPOSITORY, REPOSITORY / "tests", HERE)))
    command = [sys.executable, HERE / "fuzz.py", "--mutations", str(MUTATIONS), "--seed", "0", "--json", result]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.is_file(), done.stderr
    return json.loads(result.read_text(encoding="utf-8"))


def test_a_mutated_input_ends_in_a_sentence_or_in_a_right_result(fuzzed):
    failures = [f"{one['door']} #{one['number']}: {one['kind']}: {one['detail']}" for one in fuzzed["failures"]]
    assert failures == []
    assert sum(row["tried"] for row in fuzzed["doors"]) == MUTATIONS


def test_every_door_refuses_some_inputs_or_reports_what_it_leaves_out(fuzzed):
    assert all(row["refused"] + row["accepted"] == row["tried"] for row in fuzzed["doors"])
    assert all(row["slowest"] <= 2.0 for row in fuzzed["doors"])


def test_every_reader_has_a_door():
    assert formats_without_a_door() == []
