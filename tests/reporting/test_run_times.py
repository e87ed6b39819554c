"""Run times of jobs, as far as they were timed."""

import pytest

from gaitcore.artefacts.benchmarks import JobTime
from gaitcore.reporting.pages.evidence import duration
from gaitcore.reporting.pages.run_times import Jobs, jobs_grid


def lines(context, *jobs):
    return jobs_grid(context, jobs).lines


def test_times_of_a_system_are_added_and_its_largest_memory_is_shown(context):
    times = [JobTime(61.5, 1.0486e9), JobTime(62.5, 9e8)]
    assert lines(context, Jobs("train", "beta_net", 2, times)) == (("train", "Beta_net", "2", "2.1 min", "1,049 MB"),)


def test_a_job_that_was_not_timed_is_counted(context):
    some, none = Jobs("train", "alpha", 2, [JobTime(61.5, 1.0486e9)]), Jobs("splits", "", 1, [])
    assert lines(context, some, none) == (
        ("train", "Alpha", "2, 1 of them timed", "62 s", "1,049 MB"),
        ("splits", "", "1", "–", "–"),
    )


def test_a_job_too_short_to_sample_has_no_memory_figure(context):
    assert lines(context, Jobs("splits", "", 1, [JobTime(0.26, None)])) == (("splits", "", "1", "0.3 s", "–"),)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.26, "0.3 s"), (9.94, "9.9 s"), (9.96, "10 s"), (119, "119 s"), (120, "2.0 min"), (7200, "2.0 h")],
)
def test_a_duration_has_a_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text
