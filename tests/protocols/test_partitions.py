"""Partition files: who trains and who is tested, as the toolboxes keep it beside each data set."""

import json

import pandas as pd
import pytest
from pydantic import ValidationError

from gaitcore.digests import file_digest
from gaitcore.errors import DataError, ProtocolError
from gaitcore.protocols.cross_view import assign_roles
from gaitcore.protocols.derivation import gaps
from gaitcore.protocols.partitions import listed_sequences, pinned, read_partition
from gaitcore.settings.protocol import Protocol

A_NAME = 'letters, digits, "_" and "+", 64 at most and a letter or digit first.'
EXPECTED = "expected a partition file: JSON with TRAIN_SET and TEST_SET, or a CSV of training and test subjects"


def protocol(path, **changes):
    sections = {"splits": {}, "gallery": {"nm": [1]}, "probes": {"nm": [2]}, "min_frames": 20}
    return Protocol.model_validate({"split": str(path), **sections, **changes})


@pytest.fixture
def written(tmp_path):
    """Write a partition file and give its path."""

    def write(content, name="set.json"):
        path = tmp_path / name
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refused(path, digest=None):
    with pytest.raises((ProtocolError, DataError)) as caught:
        read_partition(path, digest)
    return str(caught.value)


def test_subjects_are_named_as_their_folders(written):
    split = read_partition(written({"TRAIN_SET": ["00001train", "00002"], "TEST_SET": ["00001", "probe", 7, "a-b"]}))
    assert split.train == ("00001train", "2")
    assert split.test == ("1", "probe", "7", "a_b")
    assert (split.probes, split.gallery, split.validation) == ((), (), ())


def test_single_sequences_are_listed_as_probes(written):
    listed = ["0002-camid33_videoid2-seq0", "0003-camid1_videoid1-seq10"]
    split = read_partition(written({"TRAIN_SET": [], "TEST_SET": ["0002", "0003"], "PROBE_SET": listed}))
    assert split.probes == ("2-camid33_videoid2-seq0", "3-camid1_videoid1-seq10")


def test_an_entry_that_stands_twice_counts_once(written):
    assert read_partition(written({"TRAIN_SET": ["1", "2", "1"], "TEST_SET": ["3"]})).train == ("1", "2")


@pytest.mark.parametrize("heading", ["", "training,test\n", "\ufeff"])
def test_the_lists_of_oumvlp_are_two_columns(written, heading):
    split = read_partition(written(f"{heading}00001,00002\r\n00003,00004\r\n,10307\r\n", "ID_list.csv"))
    assert split.train == ("1", "3")
    assert split.test == ("2", "4", "10307")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"TEST_SET": []}, f"no key TRAIN_SET, {EXPECTED}; add it, empty if there is nobody."),
        (
            {"TRAIN_SET": [], "TESTSET": []},
            'unknown key TESTSET; did you mean "TEST_SET"?',
        ),
        ([1, 2], f"holds [1, 2], {EXPECTED}."),
        ("{", f"not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)), {EXPECTED}."),
        ({"TRAIN_SET": "1-74", "TEST_SET": []}, "TRAIN_SET is '1-74', expected a list of names."),
        (
            {"TRAIN_SET": ["1", "ä"], "TEST_SET": []},
            f"entry 2 of TRAIN_SET: 'ä' cannot be a name; expected {A_NAME}",
        ),
        (
            {"TRAIN_SET": [["1"]], "TEST_SET": []},
            f"entry 1 of TRAIN_SET: ['1'] cannot be a name; expected {A_NAME}",
        ),
        (
            {"TRAIN_SET": ["1", "001"], "TEST_SET": []},
            "TRAIN_SET has 1 and 001, two spellings of one name, expected one of them.",
        ),
        (
            {"TRAIN_SET": ["001", "2"], "TEST_SET": ["1"]},
            "subject 1 is in both TRAIN_SET and TEST_SET, expected it in one of them, because a test subject must "
            "never be trained on; remove it from one.",
        ),
        (
            {"TRAIN_SET": [], "TEST_SET": ["1"], "PROBE_SET": ["1"]},
            "entry 1 of PROBE_SET: '1' names no sequence, expected one like 0002-camid33_videoid2-seq0.",
        ),
        (
            {"TRAIN_SET": [], "TEST_SET": ["1"], "PROBE_SET": ["1-a-b"], "GALLERY_SET": ["1-a-b"]},
            "1-a-b is in both PROBE_SET and GALLERY_SET, expected it in one of them.",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_key(written, content, found):
    path = written(content)
    assert refused(path) == f"{path}: {found}"


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "none.json"
    expected = f"{EXPECTED} (protocol.split)"
    assert refused(path) == f"{path}: cannot be read (No such file or directory), {expected}."


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("1,2\n3\n", ", line 2: 1 columns, expected 2: the training subjects and the test subjects."),
        (
            b"\xff\n",
            ": not CSV ('utf-8' codec can't decode byte 0xff in position 0: invalid start byte), " + EXPECTED + ".",
        ),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(written, content, found):
    path = written(content, "ID_list.csv")
    assert refused(path) == f"{path}{found}"


def test_the_digest_of_the_file_is_recorded_and_another_file_is_refused(written):
    path = written({"TRAIN_SET": ["1"], "TEST_SET": ["2"]})
    first = pinned(protocol(path))
    assert first.split_sha256 == file_digest(path)
    written({"TRAIN_SET": ["1"], "TEST_SET": ["3"]})
    assert refused(path, first.split_sha256) == (
        f"{path}: its SHA-256 is {file_digest(path)[:12]}..., expected {first.split_sha256[:12]}... "
        "(protocol.split_sha256); restore the file, or run the workflow again with the new one."
    )
    assert pinned(protocol(path)).split_sha256 == file_digest(path)


def test_a_split_of_the_configuration_has_no_digest():
    of_config = protocol("1/1", splits={"1/1": {"train": "1", "test": "2"}})
    assert pinned(of_config) == of_config


def test_a_split_that_is_no_name_and_no_partition_file_is_unknown():
    with pytest.raises(ValidationError, match='there is no split "OUMVLP"'):
        protocol("OUMVLP")


ROWS = [
    ("00001", "nm", "01", "000"),
    ("00001", "nm", "02", "000"),
    ("00002", "nm", "01", "000"),
    ("3", "nm", "02", "000"),
]


def sequences(rows=ROWS):
    return pd.DataFrame([(*row, 25) for row in rows], columns=["subject", "condition", "sequence", "view", "frames"])


def test_roles_are_those_of_the_file(written):
    in_use = protocol(written({"TRAIN_SET": ["00002"], "TEST_SET": ["00001", "00009"]}))
    assigned = assign_roles(sequences(), in_use)
    assert assigned["role"].tolist() == ["gallery", "probe", "train", "excluded"]
    assert assigned["reason"].iloc[3] == f"subject 3 is in no part of the split {in_use.split}"
    assert gaps(assigned, in_use) == (f"The split {in_use.split} names subjects without any sequence: 9 (test).",)


def test_a_file_of_which_the_data_have_nobody_is_refused(written):
    path = written({"TRAIN_SET": ["00002"], "TEST_SET": ["8", "9"]})
    with pytest.raises(ProtocolError) as caught:
        assign_roles(sequences(), protocol(path))
    assert str(caught.value) == (
        f"TEST_SET of {path} names 2 subjects (8, 9), none of whom is in the poses; the poses are of 3 subjects from "
        "00001 to 3."
    )


GAIT3D = [("0002", "nm", "camid33_videoid2", "seq0"), ("0002", "nm", "camid1_videoid2", "seq0")]


def test_listed_sequences_are_found_by_label_type_and_view():
    found = listed_sequences(sequences(GAIT3D), ("2-camid33_videoid2-seq0", "2-camid9_videoid9-seq0"))
    assert found == ([True, False], ["2-camid9_videoid9-seq0"])
    other_keys = [("0002", "nm", "seq0", "camid33_videoid2"), ("0002", "seq0", "1", "camid33_videoid2")]
    assert listed_sequences(sequences(other_keys[:1]), ("2-camid33_videoid2-seq0",)) == ([True], [])
    assert listed_sequences(sequences(other_keys), ("2-nm-seq0-camid33_videoid2",)) == ([True, False], [])
    with pytest.raises(ProtocolError) as caught:
        listed_sequences(sequences(other_keys), ("2-camid33_videoid2-seq0",))
    assert str(caught.value) == (
        "The listed sequence 2-camid33_videoid2-seq0 is 0002-nm-seq0-camid33_videoid2 and "
        "0002-seq0-1-camid33_videoid2, expected one; name it by all four keys."
    )


def test_listed_sequences_that_are_not_there_are_told(written):
    listed = ["0002-camid33_videoid2-seq0", "0002-camid9_videoid9-seq0"]
    path = written({"TRAIN_SET": [], "TEST_SET": ["0002"], "PROBE_SET": listed})
    in_use = protocol(path)
    assigned = sequences(GAIT3D).assign(role=["probe", "gallery"], reason="")
    assert f"The split {path} lists sequences that are not there: 2-camid9_videoid9-seq0 (probe)." in gaps(
        assigned, in_use
    )
