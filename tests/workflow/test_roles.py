"""A test subject is never trained on, whatever split.csv says: roles are derived again where they are used."""

import os
import re
import time

import pytest

pytestmark = pytest.mark.workflow

WAY_OUT = (
    "by the protocol and poses.parquet; delete split.csv and run again, or change protocol in the experiment's overlay."
)


@pytest.fixture
def other_roles(finished):
    """Let the splits job itself write other roles, so that split.csv is what its maker wrote."""
    script = finished.folder / "workflow_scripts" / "splits.py"
    original = script.read_text()

    def write(pattern, replacement):
        lines = (
            "    import re",
            "    path = Path(snakemake.output.splits[0])",
            f"    path.write_text(re.sub({pattern!r}, {replacement!r}, path.read_text(), flags=re.MULTILINE))",
        )
        script.write_text(original + "\n".join(lines) + "\n")

    yield write
    script.write_text(original)
    assert finished.snakemake("results/tiny/split.csv").returncode == 0


def test_a_split_edited_by_hand_is_refused(finished):
    path = finished.results("split.csv")
    text, times = path.read_text(), path.stat()
    try:
        path.write_text(re.sub(r"^(005,.*),(gallery|probe),$", r"\1,train,", text, flags=re.MULTILINE))
        os.utime(path, ns=(times.st_atime_ns, time.time_ns() + 10**9))  # whatever the clock's resolution
        done = finished.snakemake("--allowed-rules", "evaluate", "--", "results/tiny/gaitmixer/seed-0/metrics.json")
        assert done.returncode == 1
        assert "results/tiny/split.csv" in done.stdout
        assert "Traceback" not in done.stdout
    finally:
        path.write_text(text)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_other_roles_than_the_protocols_are_not_evaluated(finished, other_roles):
    other_roles(r"^(005,nm,05,000,\d+),probe,$", r"\1,gallery,")
    metrics = "results/tiny/gaitmixer/seed-1/metrics.json"
    done = finished.snakemake("--allowed-rules", "splits", "evaluate", "--", metrics)
    assert done.returncode == 1
    assert (
        "[evaluate tiny gaitmixer seed-1] results/tiny/split.csv, line 530: sequence 005-nm-05-000 has the role "
        f'"gallery", expected "probe" {WAY_OUT}'
    ) in done.stdout
    assert "Traceback" not in done.stdout


def test_test_subjects_are_not_trained_on_though_the_split_says_so(finished, other_roles):
    other_roles(r"^(005,.*),(gallery|probe),$", r"\1,train,")
    weights = "results/tiny/gaitmixer/seed-1/weights.safetensors"
    done = finished.snakemake("--allowed-rules", "splits", "train", "--", weights)
    assert done.returncode == 1
    assert (
        "[train tiny gaitmixer 1] results/tiny/split.csv, line 442: sequence 005-bg-01-000 has the role "
        f'"train", expected "probe" {WAY_OUT}'
    ) in done.stdout
    assert "Traceback" not in done.stdout
