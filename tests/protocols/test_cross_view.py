"""Roles: who trains, who is gallery, who is probe, and why a sequence is left out."""

import pandas as pd
import pytest

from gaitcore.errors import DataError, ProtocolError
from gaitcore.protocols.cross_view import assign_roles

PROTOCOL = {
    "split": "2/2",
    "splits": {"2/2": {"train": "1-2", "test": "3-4"}},
    "gallery": {"nm": [1]},
    "probes": {"nm": [2], "cl": [1]},
    "min_frames": 61,
}


def sequences(*rows):
    return pd.DataFrame(rows, columns=["subject", "condition", "sequence", "view", "frames"])


FULL = [(s, c, n, 90, 80) for s in ("001", "002", "003", "004") for c, n in (("nm", 1), ("nm", 2), ("cl", 1))]


def roles(rows=FULL, **changes):
    assigned = assign_roles(sequences(*rows), PROTOCOL | changes)
    return {(r.subject, r.condition, r.sequence): (r.role, r.reason) for r in assigned.itertuples()}


def test_training_subjects_train_with_every_condition():
    assert {v for (subject, _, _), v in roles().items() if subject in ("001", "002")} == {("train", "")}


def test_test_subjects_are_gallery_and_probe_by_condition_and_sequence():
    assigned = roles()
    assert assigned["003", "nm", 1] == ("gallery", "")
    assert assigned["003", "nm", 2] == ("probe", "")
    assert assigned["003", "cl", 1] == ("probe", "")


def test_short_sequences_are_excluded_with_a_reason_everywhere():
    rows = [(*row[:4], 60) if row[:3] in (("001", "nm", 1), ("003", "nm", 2)) else row for row in FULL]
    assigned = roles(rows)
    assert assigned["001", "nm", 1] == ("excluded", "60 frames, fewer than the 61 required")
    assert assigned["003", "nm", 2] == ("excluded", "60 frames, fewer than the 61 required")
    assert assigned["004", "nm", 2] == ("probe", "")


def test_a_subject_outside_the_split_is_excluded_with_a_reason():
    assert roles([*FULL, ("005", "nm", 1, 90, 80)])["005", "nm", 1] == (
        "excluded",
        "subject 005 is in no part of the split 2/2",
    )


def test_a_walk_that_is_neither_gallery_nor_probe_is_excluded_with_a_reason():
    assert roles([*FULL, ("003", "bg", 1, 90, 80)])["003", "bg", 1] == (
        "excluded",
        "bg-01 is neither gallery nor probe",
    )


def test_validation_subjects_are_held_out_of_training():
    split = {"2/2": {"train": "1-2", "test": "3-4", "validation": "2"}}
    assigned = roles(splits=split)
    assert assigned["001", "nm", 1] == ("train", "")
    assert assigned["002", "nm", 1] == ("validation_gallery", "")
    assert assigned["002", "cl", 1] == ("validation_probe", "")


def test_no_test_subject_ever_trains():
    assigned = assign_roles(sequences(*FULL), PROTOCOL)
    assert set(assigned.loc[assigned["role"] == "train", "subject"]) == {"001", "002"}
    assert set(assigned.loc[assigned["role"].isin(["gallery", "probe"]), "subject"]) == {"003", "004"}


def test_every_sequence_too_short_is_an_error():
    with pytest.raises(ProtocolError) as raised:
        roles([(*row[:4], 45) for row in FULL])
    assert str(raised.value) == (
        "All 12 sequences are too short: the longest has 45 frames, protocol.min_frames is 61; lower it and "
        "network.frames with it, or bring longer walks. The report of the frames, e.g. "
        "poses_report.csv, lists those that were left out while reading."
    )


def test_an_empty_gallery_is_an_error():
    with pytest.raises(ProtocolError) as raised:
        roles(gallery={"nm": [3, 4]})
    assert str(raised.value) == (
        "The gallery is empty: no test subject has a sequence nm-03 or nm-04 of at least 61 frames; the poses hold cl, "
        "nm. Change protocol.gallery or protocol.splits.2/2.test."
    )


def test_a_condition_without_a_probe_is_an_error():
    with pytest.raises(ProtocolError) as raised:
        roles(probes={"nm": [2], "bg": [1, 2]})
    assert str(raised.value) == (
        "There is no probe of condition bg: no test subject has a sequence bg-01 or bg-02 of at least 61 frames; the "
        "poses hold cl, nm. Change protocol.probes."
    )


def test_no_training_subject_is_an_error():
    with pytest.raises(ProtocolError) as raised:
        roles(splits={"2/2": {"train": "7-9", "test": "3-4"}})
    assert str(raised.value) == (
        "No sequence is left to train on: protocol.splits.2/2.train names 3 subjects, the poses are of 4 subjects from "
        "001 to 004."
    )


def test_an_empty_pose_table_is_an_error():
    with pytest.raises(ProtocolError, match=r"holds no sequence; poses_report\.csv beside it says what was dropped"):
        assign_roles(sequences(), PROTOCOL)


def test_the_protocols_numbers_are_the_data_sets_texts_and_text_is_matched_as_it_is():
    rows = [
        (subject, condition, sequence, view, 80)
        for subject in ("P01", "P02", "007")
        for condition, sequence in (("NA", "seq0"), ("NA", "01"), ("na", "01"))
        for view in ("front", "090")
    ]
    changes = {
        "splits": {"2/2": {"train": "P01, P02", "test": 7}},
        "gallery": {"NA": ["seq0"]},
        "probes": {"NA": 1},
    }
    assigned = assign_roles(sequences(*rows), PROTOCOL | changes)
    found = {(row.subject, row.condition, row.sequence): (row.role, row.reason) for row in assigned.itertuples()}
    assert found["007", "NA", "seq0"] == ("gallery", "")
    assert found["007", "NA", "01"] == ("probe", "")
    assert found["007", "na", "01"] == ("excluded", "na-01 is neither gallery nor probe")
    assert found["P02", "na", "01"] == ("train", "")


def test_two_spellings_of_a_number_are_an_error():
    with pytest.raises(DataError) as raised:
        roles([*FULL, ("1", "nm", 3, 90, 80)])
    assert str(raised.value) == (
        "The sequences: subject 001 and subject 1 are two spellings of one number, expected one; rename one of them."
    )
