"""Sequences are opened by roles that are derived again: a split.csv that says anything else is refused."""

import re

import numpy as np
import pytest
import torch

from gaitcore.artefacts.sequences import open_sequences
from gaitcore.artefacts.split import read_split, write_split
from gaitcore.errors import DataError, GaitError, ProtocolError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.protocols.cross_view import assign_roles
from gaitcore.settings.input import Input
from gaitcore.settings.protocol import Protocol

PROTOCOL = Protocol.model_validate(
    {
        "split": "2/2",
        "splits": {"2/2": {"train": "1-2", "test": "3-4"}},
        "gallery": {"nm": [1]},
        "probes": {"nm": [2, 3]},
        "min_frames": 5,
    }
)
INPUT = Input(channels=("x", "y"), unit="pixels", short_sequences="excluded")


@pytest.fixture
def folder(tmp_path):
    """poses.parquet of four subjects, and its split.csv."""
    generator = np.random.default_rng(0)
    poses = {
        SequenceKey(f"{subject:03d}", "nm", walk, view): (
            np.arange(6, dtype=np.int32),
            generator.uniform(1, 20, (6, 17, 3)).astype(np.float32),
        )
        for subject in range(1, 5)
        for walk in (1, 2, 3)
        for view in (0, 90)
    }
    table = table_of_sequences(poses, PoseInfo("test", 320, 240, 25))
    table.write(tmp_path / "poses.parquet")
    write_split(assign_roles(table.sequences, PROTOCOL), tmp_path / "split.csv")
    return tmp_path


def opened(folder, *roles, protocol=PROTOCOL, **options):
    files = {"keypoints": folder / "poses.parquet"}, folder / "split.csv"
    cpu = torch.device("cpu")
    return open_sequences("keypoints", *files, *roles, protocol=protocol, settings=INPUT, device=cpu, **options)


def refused(folder, change, protocol=PROTOCOL, error=DataError):
    path = folder / "split.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(error) as raised:
        opened(folder, "train", protocol=protocol)
    return str(raised.value)


def test_the_sequences_of_a_role_are_opened_with_their_frames(folder):
    keys, store = opened(folder, "gallery", "probe")
    assert set(keys["subject"]) == {"003", "004"}
    assert store.lengths.tolist() == [6] * 12


WAY_OUT = (
    "by the protocol and poses.parquet; delete split.csv and run again, or change protocol in the experiment's overlay."
)


def test_a_test_subject_changed_to_train_is_refused(folder):
    def trained(text):
        return re.sub("^(003,.*),(gallery|probe),$", r"\1,train,", text, flags=re.MULTILINE)

    assert refused(folder, trained) == (
        f'{folder}/split.csv, line 14: sequence 003-nm-01-000 has the role "train", expected "gallery" {WAY_OUT}'
    )


def test_a_test_subject_of_whom_one_walk_is_changed_to_train_is_refused_by_the_file_alone(folder):
    message = refused(folder, lambda text: text.replace("6,probe", "6,train", 1), error=ProtocolError)
    assert message == (
        f"{folder}/split.csv: sequences of subject 003 have the roles gallery and train, expected roles of training, "
        "validation or test alone, because a test subject must never be trained on; delete it and run again."
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("003,nm,02,000,6,probe,", "003,nm,02,000,6,excluded,"), 'has the role "excluded", expected "probe"'),
        (("003,nm,02,000,6,probe,", "003,nm,02,000,6,gallery,"), 'has the role "gallery", expected "probe"'),
        (("003,nm,02,000,6,probe,", "003,nm,02,000,60,probe,"), 'has the frames "60", expected "6"'),
        (("003,nm,02,000,6,probe,", "003,nm,02,000,6,probe,why"), 'has the reason "why", expected ""'),
    ],
)
def test_a_split_that_differs_in_one_row_is_refused(folder, change, found):
    assert refused(folder, lambda text: text.replace(*change)) == (
        f"{folder}/split.csv, line 16: sequence 003-nm-02-000 {found} {WAY_OUT}"
    )


def test_a_split_of_another_protocol_is_refused(folder):
    other = PROTOCOL.model_copy(update={"gallery": {"nm": ("2",)}, "probes": {"nm": ("1", "3")}})
    assert "line 14: sequence 003-nm-01-000 has the role" in refused(folder, lambda text: text, protocol=other)


def test_a_split_without_any_sequence_in_use_is_refused(folder):
    def excluded(text):
        for role in ("train", "gallery", "probe"):
            text = text.replace(f",{role},", ",excluded,")
        return text

    assert 'line 2: sequence 001-nm-01-000 has the role "excluded", expected "train"' in refused(folder, excluded)


def test_one_misspelt_role_is_refused(folder):
    assert refused(folder, lambda text: text.replace("6,probe", "6,prob", 1)) == (
        f'{folder}/split.csv, line 16: "prob" in column role, expected one of train, gallery, probe, '
        "gallery_and_probe, excluded, validation_gallery, validation_probe, validation_gallery_and_probe, "
        "unknown_probe, submission_gallery; delete it and run again."
    )


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 8,
        b"\xff\xfe" + "subject,condition\n".encode("utf-16-le"),
        b"\x00" * 100,
        b"",
        b"\n",
        b"subject,condition,sequence,view,frames,role,reason\n001,nm,01,000,6,tra",
        b"subject,condition,sequence,view,frames,role,reason\n001,nm,01,000,99999999999999999999,train,\n",
        b'subject,condition,sequence,view,frames,role,reason\n001,nm,01,000,6,train,"\n',
        b"subject,condition,sequence,view,frames,role,reason\n../../x,nm,01,000,6,train,\n",
    ],
)
def test_a_file_that_is_no_split_ends_in_one_sentence_that_names_it(tmp_path, content):
    path = tmp_path / "split.csv"
    path.write_bytes(content)
    with pytest.raises(GaitError) as raised:
        read_split(path)
    assert str(raised.value).startswith(f"{path}")
    assert "\n" not in str(raised.value)
