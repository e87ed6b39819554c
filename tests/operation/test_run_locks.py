"""The lock of a run that was killed is removed, that of a living one never."""

import subprocess
import sys
from pathlib import Path

import pytest
from places import REPOSITORY

from gaitcore_workflow.run_locks import alive, others, remove_stale_locks

LOCKS = Path(".snakemake/locks")
HOLD = "from gaitcore_workflow.run_locks import alive; alive('demo'); print('alive', flush=True); input()"


@pytest.fixture
def locks(tmp_path, monkeypatch):
    """The locks that runs of two experiments left behind."""
    monkeypatch.chdir(tmp_path)
    LOCKS.mkdir(parents=True)
    (LOCKS / "0.input.lock").write_text("data/raw/demo/poses.csv\nresults/demo/split.csv\n")
    (LOCKS / "0.output.lock").write_text("results/demo/split.csv\n")
    (LOCKS / "1.output.lock").write_text("results/demo_2/split.csv\n")


def test_locks_of_a_run_that_is_dead_are_removed_and_others_stay(locks):
    assert sorted(remove_stale_locks("demo")) == ["0.input.lock", "0.output.lock"]
    assert [path.name for path in LOCKS.iterdir()] == ["1.output.lock"]
    assert remove_stale_locks("demo") == []


def test_locks_stay_while_snakemake_or_a_job_lives(locks):
    code = f"import sys; sys.path[:0] = [{str(REPOSITORY)!r}]; {HOLD}"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as job:
        assert job.stdout.readline() == "alive\n"
        assert remove_stale_locks("demo") == []
        assert others("demo") == ([job.pid] if Path("/proc/locks").exists() else [])
        job.kill()
    assert len(remove_stale_locks("demo")) == 2


def test_several_may_be_alive(locks):
    assert None not in (alive("demo"), alive("demo"))
