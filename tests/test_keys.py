"""Keys are text: what a sequence is called, how keys are ordered, and when two spellings are one number."""

import pandas as pd
import pytest

from gaitcore.errors import DataError
from gaitcore.keys import (
    SequenceKey,
    canonical,
    check_spelling,
    degrees,
    in_order,
    natural,
    parse_sequence_name,
    sequence_names,
    text_keys,
    view_title,
    walk_name,
)


@pytest.mark.parametrize("name", ["001-nm-01-090", "P01-NA-seq0-front", "7-U0_D0_BG-1-00_1", "a-nan-x+y-NA"])
def test_a_name_is_read_and_written_back(name):
    assert parse_sequence_name(name).name == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "001-nm-01",
        "001-nm-01-090-2",
        "001--01-090",
        "001-n m-01-090",
        "001-nm-01-é",
        "001/nm/01/090",
        "-1-2-3-4",
        "001-nm-01-090.gif",
    ],
)
def test_other_text_is_no_name(text):
    assert parse_sequence_name(text) is None


def test_whole_numbers_in_a_key_become_text_as_in_a_name():
    assert SequenceKey("001", "nm", 1, 90) == ("001", "nm", "01", "090")
    assert SequenceKey("001", "nm", 1, 90).name == "001-nm-01-090"
    frame = pd.DataFrame({"subject": ["P1", "P2"], "condition": "NA", "sequence": [1, "seq0"], "view": [18, "front"]})
    assert text_keys(frame).to_numpy().tolist() == [["P1", "NA", "01", "018"], ["P2", "NA", "seq0", "front"]]
    assert sequence_names(frame) == ["P1-NA-01-018", "P2-NA-seq0-front"]


def test_numbers_in_texts_are_ordered_as_numbers():
    values = ["seq10", "front", "9", "NA", "010", "seq2", "na", "seq"]
    assert sorted(values, key=natural) == ["9", "010", "NA", "front", "na", "seq", "seq2", "seq10"]
    frame = pd.DataFrame({"view": ["180", "front", "90", "0"], "n": range(4)})
    assert in_order(frame, ["view"])["n"].tolist() == [3, 2, 0, 1]


def test_numbers_compare_as_numbers_and_text_as_text():
    assert [canonical(value) for value in ("001", 1, "000", "NA", "P01", "1a")] == ["1", "1", "0", "NA", "P01", "1a"]
    assert [walk_name("nm", value) for value in (1, "1", "01", "seq0")] == ["nm-01", "nm-01", "nm-01", "nm-seq0"]


def test_some_views_have_degrees():
    assert [degrees(view) for view in ("090", "0", 18, "360", "361", "front", "90a")] == [
        90,
        0,
        18,
        360,
        None,
        None,
        None,
    ]
    assert [view_title(view) for view in ("090", 0, "front", "NA")] == ["90°", "0°", "front", "NA"]


def test_two_spellings_of_one_number_are_refused_by_name():
    check_spelling("subject", ["001", "2", "P1", "P01", "p1"], "split.csv")
    with pytest.raises(DataError) as caught:
        check_spelling("subject", ["1", "2", "001"], "split.csv")
    assert str(caught.value) == (
        "split.csv: subject 001 and subject 1 are two spellings of one number, expected one; rename one of them."
    )
