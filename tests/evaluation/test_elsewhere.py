"""Weights that were trained elsewhere, imported or started from: what differs is told, what must not be is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from places import REPOSITORY
from resumable_training import PROTOCOL

from gaitcore.artefacts.run_record import read_run
from gaitcore.artefacts.split import write_split
from gaitcore.artefacts.weights import read_weights
from gaitcore.digests import file_digest
from gaitcore.errors import DataError, GaitError, ProtocolError
from gaitcore.evaluation.importing import import_run
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.protocols.cross_view import assign_roles
from gaitcore.settings.files import load_config
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.training import Training
from gaitcore.settings.weights import Weights
from gaitcore.training.checkpoints import Checkpoints
from gaitcore.training.run import RunOutputs, train_run

OPTIONS = {"widths": [8], "spatial_width": 8, "spatial_depth": 1, "heads": 2, "kernel": 5, "padding": "past"}
NETWORK = SystemNetwork(name="gaitmixer", frames=10, embedding_dim=8, **OPTIONS)
DEMO = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"})
DATA = {"dataset": "Walks A", "pose_source": "HRNet", "fps": 25.0, "frame_width": 320}
OTHER_DATA = {"dataset": "Walks B", "pose_source": "AlphaPose", "fps": 15.0, "frame_width": 1920}
BATCH = {"kind": "balanced", "subjects": 3, "sequences": 2}
RECIPE = Training.model_validate(DEMO.training.model_dump() | {"epochs": 2, "batch": BATCH})
PLAIN = Protocol.model_validate(PROTOCOL).model_dump(mode="json")
ALL_TESTED = PROTOCOL | {"splits": {"s": {"train": [], "test": "1-5"}}}


def write_table(folder, source="0" * 64, seed=0):
    generator = np.random.default_rng(seed)
    walks = {}
    for subject in range(1, 6):
        for sequence in (1, 2, 3):
            for view in (0, 90):
                poses = (generator.uniform(50, 200, (15, 17, 3)) / (1, 1, 200)).astype(np.float32)
                walks[SequenceKey(f"{subject:03d}", "nm", sequence, view)] = (np.arange(1, 16, dtype=np.int32), poses)
    table = table_of_sequences(walks, replace(PoseInfo("test", 320, 240, 25.0, "drawn", "1"), source_digest=source))
    folder.mkdir(exist_ok=True)
    table.write(folder / "poses.parquet")
    return table


def trained(folder, network=NETWORK, data=DATA, recipe=RECIPE, start=None, source="0" * 64, **options):
    """A run of the small network on data of its own; the folder has its weights.safetensors and run.json."""
    table = write_table(folder, source)
    write_split(assign_roles(table.sequences, PROTOCOL), folder / "split.csv")
    files = ("weights.safetensors", "training.csv", "run.json", "checkpoints")
    train_run(
        "gaitmixer",
        0,
        network,
        DEMO.input,
        recipe,
        tables={"keypoints": folder / "poses.parquet"},
        split=folder / "split.csv",
        protocol=Protocol.model_validate(PROTOCOL),
        outputs=RunOutputs(*(folder / name for name in files)),
        threads=1,
        code="c0de",
        configuration={
            "experiment": folder.name,
            "data": data,
            "protocol": PLAIN,
        },
        start=start,
        **options,
    )
    return folder / "weights.safetensors"


def imported(folder, path, weights=None, network=NETWORK, data=DATA, protocol=PROTOCOL, source="1" * 64, **options):
    """The run.json of weights that were taken over to be evaluated on other data."""
    write_table(folder, source, seed=1)
    seed, input = options.pop("seed", None), options
    import_run(
        "taken",
        seed,
        network,
        Input.model_validate(DEMO.input.model_dump() | input),
        weights or Weights(path=str(path), sha256=file_digest(path)),
        path=path,
        table=folder / "poses.parquet",
        protocol=Protocol.model_validate(protocol),
        configuration={"experiment": folder.name, "data": data, "protocol": protocol},
        output=folder / "weights.safetensors",
        run=folder / "run.json",
        threads=1,
        code="c0de",
    )
    return read_run(folder / "run.json")


def test_a_runs_weights_are_taken_over_to_the_byte_with_their_whole_provenance(tmp_path):
    path = trained(tmp_path / "a")
    record = imported(tmp_path / "b", path, seed=0, weights=Weights(experiment="a", system="gaitmixer"))
    assert (tmp_path / "b" / "weights.safetensors").read_bytes() == path.read_bytes()
    assert record.imported
    assert (record.system, record.seed) == ("taken", 0)
    assert (record.origin.path, record.origin.sha256) == (path.as_posix(), file_digest(path))
    assert record.origin.run == json.loads((tmp_path / "a" / "run.json").read_text())
    assert record.origin.trained_on == {**DATA, "channels": ["x", "y"], "unit": "frame_width", "frames": 10}
    assert record.origin.notes == ()
    assert record.outputs == {"weights.safetensors": file_digest(path)}
    assert (record.training_subjects, record.training_sequences, record.epoch) == (3, 18, 2)


def test_another_digest_than_the_overlays_is_refused(tmp_path):
    path = trained(tmp_path / "a")
    with pytest.raises(DataError) as raised:
        imported(tmp_path / "b", path, Weights(path=str(path), sha256="0" * 64))
    assert str(raised.value) == (
        f"{path}: its SHA-256 is {file_digest(path)}, expected {'0' * 64} (weights.sha256); fetch the file again, or "
        "correct the digest."
    )
    assert not (tmp_path / "b" / "weights.safetensors").exists()


def test_input_that_means_something_else_than_in_training_is_told_in_sentences(tmp_path):
    path = trained(tmp_path / "a")
    record = imported(tmp_path / "b", path, data=OTHER_DATA, channels=("x", "confidence"), unit="pixels")
    assert record.origin.notes == (
        "The input channels are x, y in training and x, confidence here.",
        "The coordinates are fractions of the frame's width in training and pixels here.",
        "The poses are those of HRNet in training and of AlphaPose here; their errors are different, and so is the "
        "meaning of the confidence channel.",
        "The frames are 25 a second in training and 15 here: a window of 10 frames lasts 0.4 s and 0.7 s.",
    )


def test_an_option_of_the_network_that_fits_and_means_something_else_is_told(tmp_path):
    path = trained(tmp_path / "a")
    centred = SystemNetwork(name="gaitmixer", frames=10, embedding_dim=8, **OPTIONS | {"padding": "both"})
    record = imported(tmp_path / "b", path, network=centred)
    assert record.origin.notes == ("The network's option padding is past in training and both here.",)


def test_another_shape_is_refused_with_the_option_that_differs(tmp_path):
    path = trained(tmp_path / "a")
    longer = SystemNetwork(name="gaitmixer", frames=10, embedding_dim=8, **OPTIONS | {"kernel": 7})
    with pytest.raises(DataError) as raised:
        imported(tmp_path / "b", path, network=longer)
    assert str(raised.value) == (
        f"{path}: temporal.0.depthwise.weight has shape (8, 1, 5, 1), expected (8, 1, 7, 1); the network's "
        "option kernel is 5 in training and 7 here."
    )


def test_another_network_is_refused_by_its_name(tmp_path):
    path = trained(tmp_path / "a")
    former = SystemNetwork(name="gaitformer", frames=10, embedding_dim=8, width=8, spatial_depth=1, heads=2)
    with pytest.raises(DataError) as raised:
        imported(tmp_path / "b", path, network=former)
    assert str(raised.value) == (
        f"{path}: weights of the network gaitmixer, as its run.json says, expected those of gaitformer."
    )


@pytest.mark.parametrize("same", [{"source": "0" * 64, "data": OTHER_DATA}, {"data": DATA}])
def test_weights_trained_on_the_people_who_are_tested_are_refused(tmp_path, same):
    path = trained(tmp_path / "a")
    with pytest.raises(ProtocolError) as raised:
        imported(tmp_path / "b", path, seed=0, weights=Weights(experiment="a"), protocol=ALL_TESTED, **same)
    assert str(raised.value) == (
        f"{path}: trained on 3 subjects of {same['data']['dataset']} who are tested here (1, 2, 3), by the split s "
        "of its run.json; a test subject must never be trained on: take them out of protocol.splits.s.test."
    )
    assert imported(tmp_path / "c", path, protocol=PROTOCOL, **same).origin.sha256 == file_digest(path)


def test_weights_that_went_through_another_import_still_know_whom_they_were_trained_on(tmp_path):
    path = trained(tmp_path / "a")
    imported(tmp_path / "b", path, data=OTHER_DATA)
    with pytest.raises(ProtocolError, match="trained on 3 subjects of Walks A who are tested here"):
        imported(tmp_path / "c", tmp_path / "b" / "weights.safetensors", protocol=ALL_TESTED)


def test_a_training_starts_from_the_weights_and_records_them(tmp_path):
    path = trained(tmp_path / "a")
    start = Weights(path=str(path), sha256=file_digest(path))
    recipe = RECIPE.model_copy(update={"start_from": start, "epochs": 0})
    first = trained(tmp_path / "b", data=OTHER_DATA, recipe=recipe, start=path, source="2" * 64)
    assert first.read_bytes() == path.read_bytes()  # no epoch: the weights as they came
    record = read_run(tmp_path / "b" / "run.json")
    assert not record.imported
    assert (record.origin.sha256, record.origin.left_out) == (file_digest(path), ())
    assert record.settings["training"]["start_from"]["sha256"] == file_digest(path)
    tuned = RECIPE.model_copy(update={"start_from": start})
    folders = [tmp_path / name for name in ("c", "d")]
    once, again = (trained(folder, data=OTHER_DATA, recipe=tuned, start=path, source="2" * 64) for folder in folders)
    drawn = trained(tmp_path / "e", data=OTHER_DATA, source="2" * 64)
    assert once.read_bytes() == again.read_bytes()
    assert once.read_bytes() != drawn.read_bytes()


def test_a_last_layer_of_another_size_is_left_out_and_told(tmp_path, caplog):
    path = trained(tmp_path / "a")
    wider = SystemNetwork(name="gaitmixer", frames=10, embedding_dim=16, **OPTIONS)
    start = Weights(path=str(path), sha256=file_digest(path))
    recipe = RECIPE.model_copy(update={"start_from": start, "epochs": 0})
    weights = read_weights(trained(tmp_path / "b", wider, OTHER_DATA, recipe, path, source="2" * 64))
    assert read_run(tmp_path / "b" / "run.json").origin.left_out == ("head.bias", "head.weight")
    assert f"{path}: head.weight was left out, since it has another shape than here" in caplog.text
    before = read_weights(path)
    assert weights["head.weight"].shape == (16, 8)
    assert all(np.array_equal(weights[key], before[key]) for key in before if not key.startswith("head."))
    with pytest.raises(DataError, match=r"head\.bias has shape \(8,\), expected \(16,\)"):
        imported(tmp_path / "c", path, network=wider)


def test_fine_tuning_on_others_does_not_hide_whom_the_first_weights_saw(tmp_path):
    path = trained(tmp_path / "a")
    start = Weights(path=str(path), sha256=file_digest(path))
    recipe = RECIPE.model_copy(update={"start_from": start})
    tuned = trained(tmp_path / "b", data=OTHER_DATA, recipe=recipe, start=path, source="2" * 64)
    with pytest.raises(ProtocolError, match="trained on 3 subjects of Walks A who are tested here"):
        imported(tmp_path / "c", tuned, protocol=ALL_TESTED)


def test_an_interrupted_fine_tuning_resumes_to_the_same_bytes(tmp_path, monkeypatch):
    path = trained(tmp_path / "a")
    start = Weights(path=str(path), sha256=file_digest(path))
    recipe = RECIPE.model_copy(update={"start_from": start})
    settings = {"data": OTHER_DATA, "recipe": recipe, "start": path, "source": "2" * 64}
    whole = trained(tmp_path / "b", **settings)
    after_step = Checkpoints.after_step

    def killed(checkpoints, step, parts):
        after_step(checkpoints, step, parts)
        if step == 2:
            raise GaitError("killed")

    monkeypatch.setattr(Checkpoints, "after_step", killed)
    with pytest.raises(GaitError, match="killed"):
        trained(tmp_path / "c", checkpoint_minutes=0, **settings)
    resumed = trained(tmp_path / "c", checkpoint_minutes=0, **settings)
    assert resumed.read_bytes() == whole.read_bytes()
    assert read_run(tmp_path / "c" / "run.json").resumed_after_steps == (2,)


def test_a_training_that_should_start_from_weights_and_has_no_file_is_refused(tmp_path):
    recipe = RECIPE.model_copy(update={"start_from": Weights(experiment="a", system="gaitmixer")})
    with pytest.raises(GaitError, match=r"training\.start_from is set, but the training was given no file of weights"):
        trained(tmp_path / "a", recipe=recipe)
