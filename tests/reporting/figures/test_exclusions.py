"""Frames per sequence, what is excluded, and what was dropped before there were sequences."""

import pytest

from gaitcore.reporting.figures.exclusions import draw, reason_kind

SPLIT = """\
subject,condition,sequence,view,frames,role,reason
055,nm,1,0,70,gallery,
055,nm,1,90,70,gallery,
055,nm,5,0,60,excluded,"60 frames, fewer than the 61 required"
001,nm,5,0,61,train,
055,bg,1,0,80,probe,
055,zz,1,0,90,excluded,zz-01 is neither gallery nor probe
"""
HEADER = "file,line,sequence,frame,reason\n"
REPORT = (
    HEADER
    + """\
poses.csv,3,055-nm-01-000,7,"50 values, expected 52 (image name and 17 x (x, y, confidence))"
poses.csv,4,055-nm-01-000,8,"51 values, expected 52 (image name and 17 x (x, y, confidence))"
poses.csv,9,055-bg-01-000,1,"repeated frame, line 5 has it again and is used"
poses.csv,11,,,"image name './x.jpg', expected a name like ./001-nm-01-090/000001.jpg"
"""
)


@pytest.fixture
def files(tmp_path):
    """Write a split and a report."""

    def write(report):
        (tmp_path / "split.csv").write_text(SPLIT)
        (tmp_path / "poses_report.csv").write_text(report)
        return {"split": tmp_path / "split.csv", "poses_report": tmp_path / "poses_report.csv"}

    return write


@pytest.fixture
def drawn(walkers, files):
    """The figure of a split and a report."""
    return lambda report: draw(walkers, **files(report))


def test_the_numbers_are_sequences_by_length_and_role_and_then_what_was_dropped(drawn):
    numbers = drawn(REPORT).numbers.astype(object).fillna("").values.tolist()
    assert numbers == [
        ["nm", 60, "excluded", "", 1, ""],
        ["nm", 61, "train", "", 1, ""],
        ["nm", 70, "gallery", "", 2, ""],
        ["nm", "", "dropped", "… values", "", 2],
        ["bg", 80, "probe", "", 1, ""],
        ["bg", "", "dropped", "repeated frame", "", 1],
        ["zz", 90, "excluded", "", 1, ""],
        ["", "", "dropped", "image name …", "", 1],
    ]


def test_a_panel_for_each_condition_that_there_is_also_outside_the_protocol(drawn):
    panels = drawn(REPORT).figure.axes
    assert [axes.get_title("left") for axes in panels] == [
        "NM: 4 sequences, 1 excluded, 2 entries dropped",
        "BG: 1 sequence, 0 excluded, 1 entry dropped",
        "ZZ: 1 sequence, 1 excluded, 0 entries dropped",
    ]


def test_excluded_sequences_and_those_in_use_differ_and_bins_begin_at_the_frames_required(drawn):
    axes = drawn(REPORT).figure.axes[0]
    bars = {
        (round(bar.get_x()), bool(bar.get_hatch())): round(bar.get_height())
        for bar in axes.patches
        if bar.get_height() > 0
    }
    assert bars == {(60, True): 1, (61, False): 1, (70, False): 2}
    (line,) = axes.get_lines()
    assert (line.get_xdata()[0], line.get_label()) == (61, "61 frames required")


def test_the_caption_has_counts_and_reasons(drawn):
    assert drawn(REPORT).caption == (
        "Frames per sequence on synthetic walkers, by condition: 6 sequences, 4 in use; square-root axes. The line "
        "marks the 61 frames required. Excluded: 1 (test, fewer than 61 frames); 1 (test, zz-01 is neither gallery nor "
        "probe). Dropped entries of the source: 2 (… values); 1 (image name …); 1 (repeated frame). Entries without "
        "a sequence name, which are in no panel: 1."
    )


def test_where_nothing_was_dropped_the_caption_says_so(drawn):
    assert drawn(HEADER).caption.endswith("No entry of the source was dropped.")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("nothing in column nose_y, expected a number", "nothing in a column"),
        ("text '12.3px' in column left_knee_x, expected a number", "text … in a column"),
        ("nan in column nose_x, expected a finite number", "nan in a column"),
        ("left out: 3 people in the picture", "… people in the picture"),
    ],
)
def test_reasons_of_one_kind_are_counted_together(reason, kind):
    assert reason_kind(reason) == kind


@pytest.mark.filterwarnings("error")
def test_the_same_files_give_the_same_bytes_without_any_warning(walkers, files, drawn_twice):
    first, again = drawn_twice("exclusions", walkers, **files(REPORT))
    assert first == again
