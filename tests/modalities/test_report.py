"""What a person is told of the frames that reading left out."""

import pytest

from gaitcore.modalities.report import DropReport, warn_of_lost_frames


def report_of(**reasons: int) -> DropReport:
    """A report with each reason so many times, a frame each."""
    report = DropReport()
    for reason, times in reasons.items():
        for frame in range(times):
            report.add("a.avi", reason, sequence="001-nm-01-090", frame=frame)
    return report


@pytest.mark.parametrize(
    ("reasons", "kept", "said"),
    [
        ({"nobody": 9}, 82, []),  # 9 of 91 are less than a tenth
        (
            {"nobody": 10},
            90,
            ["10% of the frames were left out (10 of 100), most often: nobody (10); see r.csv"],
        ),
        (
            {"nobody": 2, "two": 1200, "blurred": 4, "dark": 3},
            0,
            [
                "100% of the frames were left out (1,209 of 1,209), most often: two (1,200); blurred (4); dark (3); "
                "see r.csv"
            ],
        ),
        ({"another person, box 82 x 164 px": 50}, 50, []),
        ({}, 0, []),
    ],
)
def test_a_warning_says_why_a_tenth_of_the_frames_or_more_is_missing(reasons, kept, said, caplog):
    warn_of_lost_frames(report_of(**reasons).to_frame(), kept, "r.csv")
    assert caplog.messages == said


def test_entries_about_whole_files_are_no_frames(caplog):
    report = DropReport()
    report.add("a.txt", "no video: the ending '.txt', expected .avi")
    warn_of_lost_frames(report.to_frame(), 5, "r.csv")
    assert caplog.messages == []
    report.add("poses.csv", "50 values, expected 52", line=3)
    warn_of_lost_frames(report.to_frame(), 5, "r.csv")
    assert caplog.messages == [
        "17% of the frames were left out (1 of 6), most often: 50 values, expected 52 (1); see r.csv"
    ]
