"""Snakemake's benchmark files."""

import pytest

from gaitcore.artefacts.benchmarks import read_benchmark, read_benchmarks
from gaitcore.errors import DataError

HEADER = "s\th:m:s\tmax_rss\tmax_vms\n"


def written(path, content):
    path.write_text(content, encoding="utf-8")
    return path


def test_seconds_and_memory_of_the_jobs_that_were_timed(tmp_path):
    one = written(tmp_path / "one.tsv", f"{HEADER}61.5\t0:01:01\t1000\t1.0\n")
    two = written(tmp_path / "two.tsv", f"{HEADER}62.5\t0:01:02\t900\t1.0\n63\t0:01:03\t800\t1.0\n")
    times = read_benchmarks([one, tmp_path / "gone.tsv", two])
    assert times == [(61.5, 1000 * 2**20), (62.5, 900 * 2**20), (63.0, 800 * 2**20)]


@pytest.mark.parametrize("unknown", ["-", "NA"])
def test_a_job_too_short_to_sample_has_no_memory(tmp_path, unknown):
    file = written(tmp_path / "short.tsv", f"{HEADER}0.26\t0:00:00\t{unknown}\t1.0\n")
    assert read_benchmark(file) == [(0.26, None)]


@pytest.mark.parametrize("content", ["", HEADER, f"{HEADER}61.5\t0:0", f"{HEADER}soon\t0\t1\t1\n", "a\tb\n1\t2\n"])
def test_a_damaged_file_ends_in_one_sentence(tmp_path, content):
    file = written(tmp_path / "bad.tsv", content)
    with pytest.raises(DataError) as raised:
        read_benchmark(file)
    assert str(raised.value) == (
        f"{file}: cut off or damaged, expected numbers in the columns s and max_rss; delete it, and the report shows "
        "no time."
    )
