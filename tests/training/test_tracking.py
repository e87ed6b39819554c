"""The record of a run for TensorBoard: a copy of training.csv, each epoch once, and no effect on the run."""

import logging
import struct
from pathlib import Path

import numpy as np
import pytest
from resumable_training import outputs_in, run

from gaitcore.artefacts.training_history import read_history
from gaitcore.digests import file_digest
from gaitcore.settings.tracking import Tracking
from gaitcore.tracking import EVALUATION, TRAINING, WatchedRun, watched_run

pytestmark = pytest.mark.tracking

EPOCHS = 4


@pytest.fixture
def event_pb2():
    return pytest.importorskip("tensorboardX.proto.event_pb2", reason="tensorboardX is not installed: make tracking")


@pytest.fixture
def events(event_pb2):
    """Reads the event files of a folder: of each event its length, a checksum, its content and a checksum."""

    def read(folder):
        found = []
        for file in sorted(folder.glob("*.out.tfevents.*")):
            content, place = file.read_bytes(), 0
            while place < len(content):
                (length,) = struct.unpack_from("<Q", content, place)
                found.append(event_pb2.Event.FromString(content[place + 12 : place + 12 + length]))
                place += length + 16
        return [(event.step, value) for event in found for value in event.summary.value]

    return read


def scalars(events):
    """name -> (step, value) of each event of a scalar."""
    found = {}
    for step, value in events:
        if value.HasField("simple_value"):
            found.setdefault(value.tag, []).append((step, value.simple_value))
    return found


def as_recorded(history):
    """training.csv as event files hold it, in single precision."""
    columns = history.drop(columns="epoch").dropna(axis="columns")
    return {
        name: [(epoch, float(np.float32(value))) for epoch, value in zip(history["epoch"], column, strict=True)]
        for name, column in columns.items()
    }


def test_the_record_is_a_copy_of_training_csv_and_the_weights_are_those_without_it(data, events):
    watched = WatchedRun(data / "record", TRAINING)
    run(data, 10, watched=watched, epochs=EPOCHS)
    recorded = events(data / "record")
    history = read_history(outputs_in(data).history)
    assert len(history) == EPOCHS
    assert scalars(recorded) == as_recorded(history)
    tags = {value.tag: value for _, value in recorded}
    assert b"training.learning_rate" in tags["_hparams_/session_start_info"].metadata.plugin_data.content
    (digests,) = tags["SHA-256/text_summary"].tensor.string_val
    assert f"{file_digest(data / 'split.csv')}  split.csv" in digests.decode()

    with_record = outputs_in(data).weights.read_bytes()
    run(data, 10, epochs=EPOCHS)
    assert outputs_in(data).weights.read_bytes() == with_record


class Killed(WatchedRun):
    """Interrupts its run after the third epoch is recorded."""

    def epochs(self, rows):
        super().epochs(rows)
        if len(rows) == 3:
            raise KeyboardInterrupt


def test_a_resumed_run_and_a_repeated_one_have_each_epoch_once(data, events):
    with pytest.raises(KeyboardInterrupt):
        run(data, 0, watched=Killed(data / "record", TRAINING), epochs=EPOCHS)
    assert [step for step, _ in scalars(events(data / "record"))["loss"]] == [1, 2, 3]
    for _ in ("resumed", "repeated"):
        run(data, 0, watched=WatchedRun(data / "record", TRAINING), epochs=EPOCHS)
        assert scalars(events(data / "record")) == as_recorded(read_history(outputs_in(data).history))


@pytest.mark.usefixtures("event_pb2")
def test_a_record_that_cannot_be_written_ends_with_one_warning_and_the_run_goes_on(data, caplog):
    (data / "record").write_text("a file in the place of the folder")
    with caplog.at_level(logging.WARNING):
        run(data, 10, watched=WatchedRun(data / "record", TRAINING), epochs=EPOCHS)
    (warning,) = (record.getMessage() for record in caplog.records if "TensorBoard" in record.getMessage())
    assert warning.startswith(f"{data / 'record'}: the record for TensorBoard cannot be written (FileExistsError: ")
    assert warning.endswith("; the run goes on without it")
    assert len(read_history(outputs_in(data).history)) == EPOCHS


def test_the_accuracies_are_in_a_file_of_their_own_in_the_same_folder(tmp_path, events):
    weights = tmp_path / "results/demo/gaitmixer/seed-0/weights.safetensors"
    for accuracy in (0.25, 0.5):
        watched = watched_run(Tracking(tool="tensorboard"), EVALUATION, weights)
        watched.scalars({"rank1/nm": accuracy, "EER/nm": None})
    folder = tmp_path / "results/demo/tracking/gaitmixer/seed-0"
    assert scalars(events(folder)) == {"rank1/nm": [(0, 0.5)]}


def test_records_go_to_the_folder_that_the_user_names_and_nowhere_by_default():
    weights = Path("results/demo/gaitmixer/imported/weights.safetensors")
    assert watched_run(Tracking(), TRAINING, weights) is None
    elsewhere = watched_run(Tracking(tool="tensorboard", folder="/scratch/records"), TRAINING, weights)
    assert elsewhere.folder == Path("/scratch/records/demo/gaitmixer/imported")
