"""Run times: from Snakemake's benchmark files, as far as they are there."""

import pytest

from gaitcore.reporting.pages.evidence import duration
from gaitcore.reporting.pages.run_times import Jobs, jobs_grid

HEADER = "s\th:m:s\tmax_rss\tmax_vms\n"


@pytest.fixture
def benchmark(tmp_path):
    """Write a benchmark file as Snakemake does: seconds, and resident memory in MiB."""

    def write(name, seconds, memory):
        path = tmp_path / f"{name}.tsv"
        path.write_text(f"{HEADER}{seconds}\t0:00:01\t{memory}\t1.0\n", encoding="utf-8")
        return path

    return write


def lines(context, *jobs):
    return jobs_grid(context, jobs).lines


def test_the_jobs_of_a_system_are_added_and_the_largest_memory_is_told(context, benchmark):
    files = [benchmark("one", 61.5, 1000), benchmark("two", 62.5, 900)]
    assert lines(context, Jobs("train", "beta_net", files)) == (("train", "Beta_net", "2", "2.1 min", "1,049 MB"),)


def test_a_job_whose_benchmark_is_not_there_is_counted_but_not_timed(context, benchmark, tmp_path):
    gone = tmp_path / "gone.tsv"
    some = Jobs("train", "alpha", [benchmark("one", 61.5, 1000), gone])
    none = Jobs("splits", "", [gone])
    assert lines(context, some, none) == (
        ("train", "Alpha", "2, 1 of them timed", "62 s", "1,049 MB"),
        ("splits", "", "1", "–", "–"),
    )


@pytest.mark.parametrize("unknown", ["-", "NA"])
def test_a_job_too_short_to_sample_has_no_memory_figure(context, benchmark, unknown):
    assert lines(context, Jobs("splits", "", [benchmark("short", 0.26, unknown)])) == (
        ("splits", "", "1", "0.3 s", "–"),
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.26, "0.3 s"), (9.94, "9.9 s"), (9.96, "10 s"), (119, "119 s"), (120, "2.0 min"), (7200, "2.0 h")],
)
def test_a_duration_has_a_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text
