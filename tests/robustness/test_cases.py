"""Malformed inputs that were once accepted, or ended in a traceback or a hang, give their right results."""

import json
import os
import subprocess
import sys

import pytest
from places import CASES, REPOSITORY

pytestmark = pytest.mark.slow

HERE = REPOSITORY / "tests" / "robustness"
AS_IN_THE_WORKFLOW = {  # decided by a rule, which tests in tests/workflow run
    "e2e-sequence-list": "sequence=[a, b] on the command line is read by rules/movie.smk",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Every case, and those of the folder beside the checkout that are not run."""
    result = tmp_path_factory.mktemp("cases") / "cases.json"
    path = os.pathsep.join(map(str, (REPOSITORY, REPOSITORY / "tests", HERE)))
    command = [sys.executable, HERE / "cases.py", "--json", result]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=600, check=False
    )
    assert result.is_file(), done.stderr
    return json.loads(result.read_text(encoding="utf-8"))


def test_each_malformed_input_is_refused_in_a_sentence_or_reported(outcomes):
    bad = [f"{one['case']}: {one['kind']}: {one['detail']}" for one in outcomes["malformed"] if not one["good"]]
    assert bad == []
    assert len(outcomes["malformed"]) >= 90


def test_every_malformed_input_of_the_collection_is_run(outcomes):
    if not CASES.is_dir():
        pytest.skip("the collection of malformed inputs is not beside this checkout")
    assert set(outcomes["skipped"]) == set(AS_IN_THE_WORKFLOW)


def test_each_situation_of_a_bug_report_has_its_right_result(outcomes):
    if not CASES.is_dir():
        pytest.skip("the collection of situations is not beside this checkout")
    bad = [f"{one['case']}: {one['detail']}" for one in outcomes["situations"] if not one["good"]]
    assert bad == []
