"""A workflow that is killed at random times ends with the same bytes as one that is not: ``make kills``."""

import pytest
from kills import survive

pytestmark = [pytest.mark.workflow, pytest.mark.slow]


def test_a_workflow_killed_at_random_times_ends_with_the_same_bytes_and_leaves_no_process(tmp_path):
    survival = survive(tmp_path, kills=5, seed=0)
    assert survival.sentences == ()
    assert survival.different == ()
    assert survival.orphans == 0
    assert survival.kills >= 3
    assert survival.files >= 20
