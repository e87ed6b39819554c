"""Which videos there are: by name, by a list, and what is left out with the reason."""

import os
from functools import partial

import pytest
from report_entries import refusal

from gaitcore.modalities.keypoints.video.listing import LeftOut, find_videos


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


error = partial(refusal, find_videos)


def test_names_give_the_sequences_in_any_folder_sorted_by_key(tmp_path):
    names = ["b/002-nm-01-090.avi", "a/001-nm-01-000.MP4", "001-bg-01-018.mkv", "001-nm-10-000.avi"]
    touch(*(tmp_path / name for name in names))
    listing = find_videos([tmp_path])
    assert listing.videos == {
        "001-bg-01-018": str(tmp_path / "001-bg-01-018.mkv"),
        "001-nm-01-000": str(tmp_path / "a/001-nm-01-000.MP4"),
        "001-nm-10-000": str(tmp_path / "001-nm-10-000.avi"),
        "002-nm-01-090": str(tmp_path / "b/002-nm-01-090.avi"),
    }
    assert list(listing.by_subject) == ["001", "002"]
    assert list(listing.by_subject["002"]) == ["002-nm-01-090"]
    assert listing.left_out == []


def test_an_invalid_name_and_a_duplicate_are_left_out(tmp_path):
    touch(tmp_path / "a" / "001-nm-01-090.avi", tmp_path / "b" / "001-nm-01-090.mp4", tmp_path / "holiday.mov")
    touch(tmp_path / "notes.txt", tmp_path / ".001-nm-02-090.avi")  # no video, and hidden
    listing = find_videos([tmp_path])
    first = tmp_path / "a" / "001-nm-01-090.avi"
    assert listing.videos == {"001-nm-01-090": str(first)}
    assert listing.left_out == [
        LeftOut(
            str(tmp_path / "b" / "001-nm-01-090.mp4"), f"sequence twice, {first} is used", sequence="001-nm-01-090"
        ),
        LeftOut(
            str(tmp_path / "holiday.mov"),
            "names no sequence, expected a name like 001-nm-01-090.avi, or data.video.list",
        ),
        LeftOut(
            str(tmp_path / "notes.txt"),
            "no video: the ending '.txt', expected .avi, .mp4, .mov, .mkv or another of docs/poses.md",
        ),
    ]


@pytest.mark.parametrize("ending", [".ts", ".3gp", ".mts", ".M2TS", ".webm", ".mpg", ".flv", ".vob"])
def test_the_endings_of_cameras_and_phones_are_videos(tmp_path, ending):
    touch(tmp_path / f"001-nm-01-090{ending}")
    listing = find_videos([tmp_path])
    assert (list(listing.videos), listing.left_out) == (["001-nm-01-090"], [])


def test_every_file_that_is_passed_over_has_a_line(tmp_path):
    touch(tmp_path / "001-nm-01-090.avi", tmp_path / "a" / "notes", tmp_path / ".cache" / "x.json")
    (tmp_path / "001-nm-02-090.avi").symlink_to(tmp_path / "gone.avi")
    os.mkfifo(tmp_path / "001-nm-03-090.avi")
    table = tmp_path / "list.csv"
    table.write_text("video,subject,condition,sequence,view\n001-nm-01-090.avi,001,nm,01,090\n")
    expected = [
        LeftOut(
            str(tmp_path / "001-nm-02-090.avi"),
            "left out: no file that can be read; check its permissions, or where its link leads",
        ),
        LeftOut(
            str(tmp_path / "001-nm-03-090.avi"),
            "left out: no file that can be read; check its permissions, or where its link leads",
        ),
        LeftOut(
            str(tmp_path / "a" / "notes"),
            "no video: no ending, expected .avi, .mp4, .mov, .mkv or another of docs/poses.md",
        ),
    ]
    assert find_videos([tmp_path], table).left_out == expected
    assert len(find_videos([tmp_path]).left_out) == len(expected) + 1  # the list is a file as any other


def test_a_list_names_videos_of_any_name(tmp_path):
    touch(tmp_path / "walk one.mov", tmp_path / "deep" / "x.avi", tmp_path / "other.avi")
    table = tmp_path / "list.csv"
    table.write_text(
        "video,subject,condition,sequence,view,remark\n"
        "walk one.mov,A1,nm,1,90,\n"
        "deep/x.avi, A1, coat, 2, 0,\n"
        "gone.avi,A1,nm,3,90,\n"
        "other.avi,A1,nm,the first,90,\n"
    )
    listing = find_videos([tmp_path], table)
    assert listing.videos == {
        "A1-coat-2-0": str(tmp_path / "deep" / "x.avi"),
        "A1-nm-1-90": str(tmp_path / "walk one.mov"),
    }
    assert listing.left_out == [
        LeftOut(str(table), f"no video 'gone.avi' in {tmp_path}", 4),
        LeftOut(
            str(table),
            "subject 'A1', condition 'nm', sequence 'the first', view '90'; expected letters, digits, \"_\" and "
            '"+", 64 at most and a letter or digit first, e.g. 001, nm, 01, 090',
            5,
        ),
    ]


def test_a_video_that_is_not_in_the_list_is_left_out(tmp_path):
    touch(tmp_path / "001-nm-01-090.avi", tmp_path / "001-nm-02-090.avi")
    table = tmp_path / "list.csv"
    table.write_text("video,subject,condition,sequence,view\n001-nm-01-090.avi,7,bg,1,0\n")
    listing = find_videos([tmp_path], table)
    assert list(listing.videos) == ["7-bg-1-0"]
    assert listing.left_out == [LeftOut(str(tmp_path / "001-nm-02-090.avi"), f"not in {table}")]


def test_nothing_usable_is_one_sentence(tmp_path):
    assert error([tmp_path / "nowhere"]) == f"{tmp_path / 'nowhere'}: no such folder or file, expected videos."
    expected = "expected files like 001-nm-01-090.avi or a list of them (data.video.list)."
    assert error([tmp_path]) == f"{tmp_path}: no usable video, {expected}"
    touch(tmp_path / "x.avi")
    assert error([tmp_path]).startswith(
        f"{tmp_path}: no usable video, {expected} {tmp_path / 'x.avi'}: names no sequence"
    )
    table = tmp_path / "list.csv"
    table.write_text("file,subject\n")
    assert error([tmp_path], table) == (
        f"{table}, line 1: no column 'video', expected video, subject, condition, sequence, view."
    )


def test_any_text_names_a_sequence_and_two_spellings_of_a_number_do_not_go_together(tmp_path):
    touch(tmp_path / "P10-NA-seq0-front.avi", tmp_path / "P9-NA-seq0-front.avi")
    assert list(find_videos([tmp_path]).videos) == ["P9-NA-seq0-front", "P10-NA-seq0-front"]
    touch(tmp_path / "007-nm-01-090.avi", tmp_path / "7-nm-02-090.avi")
    assert error([tmp_path]) == (
        f"{tmp_path}: subject 007 and subject 7 are two spellings of one number, expected one; rename one of them."
    )


def test_a_few_sequences_are_spread_over_all_of_them(tmp_path):
    touch(*(tmp_path / f"{subject:03d}-nm-01-{view:03d}.avi" for subject in range(1, 4) for view in range(0, 40, 10)))
    listing = find_videos([tmp_path])
    assert listing.spread(3) == ["001-nm-01-020", "002-nm-01-020", "003-nm-01-020"]
    assert listing.spread(100) == list(listing.videos)


HEADER = "video,subject,condition,sequence,view\n"


@pytest.mark.parametrize("where", ["..", "absolute"])
def test_a_list_leads_outside_its_folder_only_where_that_is_allowed(tmp_path, where):
    touch(tmp_path / "videos" / "a.avi", tmp_path / "other" / "b.avi")
    table, folder = tmp_path / "list.csv", tmp_path / "videos"
    video = "../other/b.avi" if where == ".." else str(tmp_path / "other" / "b.avi")
    table.write_text(f"{HEADER}a.avi,001,nm,1,90\n{video},001,nm,2,90\n")
    assert error([folder], table).startswith(f"{table}, line 3: the video ")
    assert error([folder], table).endswith(
        f" may lead outside {folder}, expected a path below it; move the video there, or set data.video.list_outside "
        "to true."
    )
    assert list(find_videos([folder], table, list_outside=True).videos) == ["001-nm-1-90", "001-nm-2-90"]


def test_one_video_is_no_two_sequences(tmp_path):
    touch(tmp_path / "a.avi")
    (tmp_path / "b.avi").symlink_to(tmp_path / "a.avi")
    table = tmp_path / "list.csv"
    for other in ("a.avi", "b.avi", "./a.avi"):
        table.write_text(f"{HEADER}a.avi,001,nm,1,90\n{other},002,nm,1,90\n")
        assert error([tmp_path], table).endswith(
            ": is the video of 001-nm-1-90 and of 002-nm-1-90, expected one; remove the other."
        )


def test_copies_of_a_video_are_no_two_subjects(tmp_path):
    first, copy, other = (tmp_path / f"{subject}-nm-01-090.avi" for subject in ("001", "002", "003"))
    first.write_bytes(b"a" * 20_000)
    copy.write_bytes(b"a" * 20_000)
    other.write_bytes(b"a" * 10_000 + b"b" * 10_000)
    assert error([tmp_path]) == (
        f"{first} and {copy}: have the same bytes, expected one video for 001-nm-01-090 and another for 002-nm-01-090; "
        "remove one of them."
    )
    copy.write_bytes(b"a" * 19_999 + b"c")
    assert len(find_videos([tmp_path]).videos) == 3


def test_a_brace_in_a_path_is_left_out_with_the_reason(tmp_path):
    touch(tmp_path / "run {1}" / "001-nm-01-090.avi", tmp_path / "001-nm-02-090.avi")
    listing = find_videos([tmp_path])
    assert list(listing.videos) == ["001-nm-02-090"]
    assert listing.left_out == [
        LeftOut(
            str(tmp_path / "run {1}" / "001-nm-01-090.avi"),
            "a brace in its path, which Snakemake reads as a wildcard, expected a path without; rename it",
        )
    ]


def test_a_list_with_endless_fields_ends_in_one_sentence(tmp_path):
    touch(tmp_path / "a.avi")
    table = tmp_path / "list.csv"
    table.write_text(f"{HEADER}{'x' * 200_000},001,nm,1,90\n")
    assert error([tmp_path], table).startswith(f"{table}, line 2: not CSV (field larger than field limit (131072))")
    table.write_text(f"{HEADER}{'x' * 100_000},001,nm,1,90\na.avi,{'y' * 100_000},nm,1,90\na.avi,1,nm,1,90\n")
    listing = find_videos([tmp_path], table)
    assert list(listing.videos) == ["1-nm-1-90"]
    assert [(one.line, len(one.reason) < 400) for one in listing.left_out] == [(2, True), (3, True)]
    table.unlink()
    table.mkdir()
    assert error([tmp_path], table) == f"{table}: this is not a file, expected a CSV of videos (data.video.list)."
