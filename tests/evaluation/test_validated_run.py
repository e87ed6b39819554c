"""A try of a sweep sees the validation subjects and nobody else; a failed one has no accuracy."""

import numpy as np
import pytest
import torch
from places import REPOSITORY

from gaitcore.artefacts.metrics import read_metrics
from gaitcore.artefacts.run_record import read_run
from gaitcore.artefacts.split import write_split
from gaitcore.artefacts.subjects import read_subjects
from gaitcore.artefacts.training_history import read_history
from gaitcore.digests import file_digest
from gaitcore.errors import DivergenceError, ProtocolError
from gaitcore.evaluation.validated_run import ValidationOutputs, validate_run
from gaitcore.evaluation.validation import open_validation
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.protocols import cross_view
from gaitcore.protocols.roles import check_validated
from gaitcore.settings.files import load_config
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.training import Training
from gaitcore.training.run import RunOutputs, train_run

DEMO = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"})
PROTOCOL = Protocol.model_validate(
    {
        "split": "ours",
        "splits": {"ours": {"train": "1-4", "test": "5-6", "validation": "3-4"}},
        "gallery": {"nm": [1]},
        "probes": {"nm": [2]},
        "min_frames": 12,
    }
)
SMALL = {"embedding_dim": 8, "widths": [8], "spatial_width": 8, "spatial_depth": 1, "heads": 2, "kernel": 5}
NETWORK = SystemNetwork.model_validate({"name": "gaitmixer", "frames": 10, **SMALL})


@pytest.fixture
def folder(tmp_path):
    """poses.parquet of six subjects and its split.csv."""
    generator = np.random.default_rng(0)
    poses = {
        SequenceKey(f"{subject:03d}", "nm", walk, view): (
            np.arange(12, dtype=np.int32),
            (generator.uniform(50, 200, (12, 17, 3)) / (1, 1, 200)).astype(np.float32),
        )
        for subject in range(1, 7)
        for walk in (1, 2)
        for view in (0, 90)
    }
    table = table_of_sequences(poses, PoseInfo("test", 320, 240, 25.0, "drawn", "1", "0" * 64))
    table.write(tmp_path / "poses.parquet")
    write_split(cross_view.assign_roles(table.sequences, PROTOCOL), tmp_path / "split.csv")
    return tmp_path


def files(folder):
    return {"tables": {"keypoints": folder / "poses.parquet"}, "split": folder / "split.csv", "protocol": PROTOCOL}


def trained(folder, **options):
    batch = {"kind": "balanced", "subjects": 2, "sequences": 2}
    recipe = {"epochs": 1, "batch": batch, **options.pop("recipe", {})}
    outputs = RunOutputs(folder / "weights.safetensors", folder / "training.csv", folder / "run.json", folder / "on")
    settings = Training.model_validate(DEMO.training.model_dump() | recipe)
    train_run(
        "try_1", 0, NETWORK, DEMO.input, settings, outputs=outputs, threads=1, code="c", **files(folder), **options
    )


def validated(folder):
    outputs = ValidationOutputs(folder / "metrics.json", folder / "subjects.csv")
    made = {"weights": folder / "weights.safetensors", "run": folder / "run.json", "outputs": outputs}
    validate_run("try_1", NETWORK, DEMO.input, DEMO.evaluation, **files(folder), **made, threads=1)
    return read_metrics(outputs.metrics), read_subjects(outputs.subjects)


def opened(folder, protocol=PROTOCOL):
    named = files(folder) | {"protocol": protocol}
    return open_validation("keypoints", settings=DEMO.input, device=torch.device("cpu"), **named)


def test_a_try_is_measured_on_the_validation_subjects_and_their_frames_alone(folder):
    keys, store = opened(folder)
    assert set(keys["subject"]) == {"003", "004"}
    assert keys["role"].value_counts().to_dict() == {"gallery": 4, "probe": 4}
    assert len(store.lengths) == 8
    trained(folder)
    metrics, subjects = validated(folder)
    assert set(subjects["subject"]) == {"003", "004"}
    assert metrics.means["rank1"].keys() == {"nm"}
    read = ("poses.parquet", "split.csv", "weights.safetensors")
    assert metrics.inputs == {name: file_digest(folder / name) for name in read}
    assert metrics.outputs == {"subjects.csv": file_digest(folder / "subjects.csv")}
    assert metrics.open_set == {}
    assert read_run(folder / "run.json").training_subjects == 2  # nobody who validates, nobody who is tested


def test_a_protocol_of_ones_own_cannot_make_a_test_subject_validate(folder, monkeypatch):
    """A kind of protocol that gives test subjects roles of the validation is refused where frames are opened."""
    honest = cross_view.assign_roles

    def cheating(sequences, protocol):
        assigned = honest(sequences, protocol)
        tested = assigned["subject"] == "006"
        assigned.loc[tested, "role"] = "validation_" + assigned.loc[tested, "role"]
        return assigned

    monkeypatch.setattr(cross_view, "assign_roles", cheating)
    split = folder / "split.csv"
    lines = split.read_text().splitlines()
    changed = [
        line.replace(",gallery,", ",validation_gallery,").replace(",probe,", ",validation_probe,")
        if line.startswith("006")
        else line
        for line in lines
    ]
    split.write_text("\n".join(changed) + "\n")
    with pytest.raises(ProtocolError) as raised:
        opened(folder)
    assert str(raised.value) == (
        f"{split}: subject 006 is a test subject of the split ours, expected those of protocol.splits.ours.validation "
        "alone, because what is chosen must not depend on the test."
    )


def test_only_validation_subjects_may_choose():
    check_validated(["003", "4"], PROTOCOL, "subjects.csv")
    for subject, part in (("005", "a test subject"), ("001", "no validation subject"), ("9", "no validation subject")):
        with pytest.raises(ProtocolError) as raised:
            check_validated(["003", subject], PROTOCOL, "subjects.csv")
        assert str(raised.value).startswith(f"subjects.csv: subject {subject} is {part} of the split ours, expected ")


def test_a_try_whose_loss_is_not_finite_is_a_result_without_an_accuracy(folder):
    recipe = {"learning_rate": 100.0, "weight_decay": 100.0, "epochs": 30, "optimiser": "sgd"}
    with pytest.raises(DivergenceError, match=r"^The loss became "):
        trained(folder, recipe=recipe)
    trained(folder, recipe=recipe, record_divergence=True)
    record = read_run(folder / "run.json")
    assert record.failure.startswith("The loss became ")
    assert (record.final_loss, record.spread, record.collapsed) == (None, None, False)
    assert read_history(folder / "training.csv").empty
    metrics, subjects = validated(folder)
    assert metrics.means == {"rank1": {}}
    assert subjects.empty


def test_run_json_of_a_run_that_ended_has_no_word_about_failures(folder):
    trained(folder)
    assert "failure" not in (folder / "run.json").read_text()
