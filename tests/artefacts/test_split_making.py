"""Making split.csv: what the log warns of, and walks that two subjects share."""

import logging

import numpy as np
import pytest

from gaitcore.artefacts.split import read_split
from gaitcore.artefacts.split_making import make_splits
from gaitcore.errors import ProtocolError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.settings.protocol import Protocol

PROTOCOL = {
    "split": "2/2",
    "splits": {"2/2": {"train": "1-2", "test": "3-4"}},
    "gallery": {"nm": [1]},
    "probes": {"nm": [2]},
    "min_frames": 5,
}


def made(folder, same=(), short=(), **changes):
    """Make the split of four subjects; ``same`` are pairs of subjects, the second of whom has the first's walks."""
    generator = np.random.default_rng(0)
    walks = {
        SequenceKey(f"{subject:03d}", "nm", walk, view): (
            np.arange(4 if subject in short else 6, dtype=np.int32),
            generator.uniform(1, 20, (4 if subject in short else 6, 17, 3)).astype(np.float32),
        )
        for subject in range(1, 5)
        for walk in (1, 2)
        for view in (0, 90)
    }
    for first, second in same:
        for key in list(walks):
            if key.subject == first:
                walks[SequenceKey(second, *key[1:])] = walks[key]
    table_of_sequences(walks, PoseInfo("test", 320, 240, 25)).write(folder / "poses.parquet")
    protocol = Protocol.model_validate(PROTOCOL | changes)
    make_splits({"keypoints": folder / "poses.parquet"}, protocol, {"keypoints": folder / "split.csv"})
    return read_split(folder / "split.csv")


def test_the_roles_are_written_and_counted_in_the_log(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        assert made(tmp_path)["role"].value_counts().to_dict() == {"train": 8, "gallery": 4, "probe": 4}
    assert [record.message for record in caplog.records] == ["keypoints: 8 train, 4 gallery, 4 probe"]


def test_what_the_protocol_names_and_the_data_lack_is_warned_of(tmp_path, caplog):
    made(tmp_path, splits={"2/2": {"train": "1-2", "test": "3-4, P9"}}, probes={"nm": [2, 9]})
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "The split 2/2 names subjects without any sequence: P9 (test).",
        "The protocol names walks of which no test subject has a usable sequence: nm-09 (probe).",
    ]


def test_the_same_walk_under_a_training_and_a_test_subject_is_refused(tmp_path):
    with pytest.raises(ProtocolError) as raised:
        made(tmp_path, same=[("001", "004")])
    assert str(raised.value) == (
        f"{tmp_path}/poses.parquet: 001-nm-01-000 (train) and 004-nm-01-000 (gallery) have the same frames, expected "
        "different walks of different subjects, because a test subject must never be trained on; remove one of them "
        "from the source or correct its subject."
    )
    assert not (tmp_path / "split.csv").exists()


def test_the_same_walk_under_two_subjects_of_one_part_is_warned_of(tmp_path, caplog):
    made(tmp_path, same=[("003", "004")])
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        f"{tmp_path}/poses.parquet: 8 sequences in use have the same frames as another one, e.g. 003-nm-01-000 and "
        "004-nm-01-000."
    ]


def test_sequences_that_are_excluded_may_be_the_same(tmp_path, caplog):
    made(tmp_path, same=[("001", "004")], short=[1], splits={"2/2": {"train": "1-2", "test": "3-4"}})
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
