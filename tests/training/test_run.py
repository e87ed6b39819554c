"""A training run from files to files: repeatable to the byte, and blind to every test subject."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import torch
from places import REPOSITORY
from resumable_training import PROTOCOL
from safetensors.torch import load_file

from gaitcore.artefacts.run_record import read_run
from gaitcore.artefacts.sequences import open_sequences
from gaitcore.artefacts.split import read_split, write_split
from gaitcore.artefacts.training_history import read_history
from gaitcore.artefacts.weights import read_weights
from gaitcore.digests import file_digest
from gaitcore.errors import DataError, GaitError, ProtocolError
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.networks import build_model
from gaitcore.protocols.cross_view import assign_roles
from gaitcore.settings.files import load_config
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.training import Training
from gaitcore.training.run import RunOutputs, train_run

UCALGARY = REPOSITORY / ".." / "shared" / "data" / "ucalgary" / "poses.csv.xz"
INFO = PoseInfo("test", 320, 240, 25.0, "drawn", "1", "0" * 64)
NETWORK = SystemNetwork.model_validate(
    {
        "name": "gaitmixer",
        "frames": 10,
        "embedding_dim": 8,
        "widths": [8],
        "spatial_width": 8,
        "spatial_depth": 1,
        "heads": 2,
        "kernel": 5,
    }
)
DEMO = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"})
TRAINING = DEMO.training
BATCH = {"kind": "balanced", "subjects": 3, "sequences": 2}
RECIPE = Training.model_validate(TRAINING.model_dump() | {"epochs": 2, "batch": BATCH})


def walks(change_subjects=(), by=0.0):
    generator = np.random.default_rng(0)
    table = {}
    for subject in range(1, 6):
        for sequence in (1, 2, 3):
            for view in (0, 90):
                poses = (generator.uniform(50, 200, (15, 17, 3)) / (1, 1, 200)).astype(np.float32)
                poses[..., :2] += by * (subject in change_subjects)
                table[SequenceKey(f"{subject:03d}", "nm", sequence, view)] = (np.arange(1, 16, dtype=np.int32), poses)
    return table_of_sequences(table, INFO)


def run(folder, table, seed=0, **options):
    folder.mkdir()
    table.write(folder / "poses.parquet")
    protocol = options.pop("protocol", PROTOCOL)
    split = folder / "split.csv"
    write_split(assign_roles(table.sequences, protocol), split)
    split.write_text(options.pop("change_split", str)(split.read_text()))
    outputs = RunOutputs(
        folder / "weights.safetensors", folder / "training.csv", folder / "run.json", folder / "resume"
    )
    files = {
        "tables": {"keypoints": folder / "poses.parquet"},
        "split": folder / "split.csv",
        "protocol": Protocol.model_validate(protocol),
    }
    recipe = Training.model_validate(RECIPE.model_dump() | options.pop("recipe", {}))
    train_run(
        "gaitmixer", seed, NETWORK, DEMO.input, recipe, outputs=outputs, threads=1, code="c0de", **files, **options
    )
    return outputs


def opened(poses, split, *roles, protocol=PROTOCOL, settings=DEMO.input):
    protocol = Protocol.model_validate(protocol)
    cpu = torch.device("cpu")
    return open_sequences(
        "keypoints", {"keypoints": poses}, split, *roles, protocol=protocol, settings=settings, device=cpu
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first, again = run(tmp_path / "a", walks()), run(tmp_path / "b", walks())
    other = run(tmp_path / "c", walks(), seed=1)
    assert first.weights.read_bytes() == again.weights.read_bytes()
    assert first.weights.read_bytes() != other.weights.read_bytes()


def test_no_test_subject_reaches_training_or_normalisation(tmp_path):
    plain = run(tmp_path / "plain", walks())
    changed = run(tmp_path / "changed", walks(change_subjects=(4, 5), by=1000))
    assert plain.weights.read_bytes() == changed.weights.read_bytes()


def test_a_training_subjects_poses_do_reach_it(tmp_path):
    plain = run(tmp_path / "plain", walks())
    changed = run(tmp_path / "changed", walks(change_subjects=(3,), by=5.0))
    assert plain.weights.read_bytes() != changed.weights.read_bytes()


def test_validation_subjects_are_not_trained_on_and_no_test_subject_chooses_the_epoch(tmp_path):
    from gaitcore.evaluation.validation import validator

    held_out = PROTOCOL | {"splits": {"s": {"train": "1-3", "test": "4-5", "validation": "3"}}}
    weights = []
    for name, changed in (("plain", ()), ("test", (4, 5))):
        folder = tmp_path / name
        validate = validator(
            "keypoints",
            {"keypoints": folder / "poses.parquet"},
            folder / "split.csv",
            10,
            DEMO.input,
            DEMO.evaluation,
            Protocol.model_validate(held_out),
        )
        recipe = {"select": "best_validation", "validate_every": 1}
        table = walks(change_subjects=changed, by=1000)
        outputs = run(folder, table, protocol=held_out, recipe=recipe, validator=validate)
        weights.append(outputs.weights.read_bytes())
        assert json.loads(outputs.run.read_text())["training_subjects"] == 2
        assert pd.read_csv(outputs.history)["validation_rank1"].notna().all()
    assert weights[0] == weights[1]


def test_run_json_has_the_digests_of_inputs_and_outputs(tmp_path):
    outputs = run(tmp_path / "a", walks())
    record = json.loads(outputs.run.read_text())
    assert record["inputs"]["poses.parquet"] == file_digest(tmp_path / "a" / "poses.parquet")
    assert record["outputs"]["weights.safetensors"] == file_digest(outputs.weights)
    assert record["code_digest"] == "c0de"
    assert (record["training_sequences"], record["training_subjects"], record["epoch"]) == (18, 3, 2)
    assert record["collapsed"] is ((2 * record["spread"]) ** 0.5 < TRAINING.collapse_distance)


def test_the_weights_file_holds_the_whole_network(tmp_path):
    weights = load_file(run(tmp_path / "a", walks()).weights)
    assert weights["temporal.0.norm.running_mean"].shape == torch.Size([8])


def test_a_split_of_other_poses_is_refused(tmp_path):
    poses, split = tmp_path / "poses.parquet", tmp_path / "split.csv"
    walks().write(poses)
    write_split(assign_roles(walks().sequences, PROTOCOL).iloc[1:], split)
    with pytest.raises(DataError) as raised:
        opened(poses, split, "train")
    assert str(raised.value) == (
        "split.csv and poses.parquet do not list the same sequences; delete both and run again."
    )


def test_subjects_keep_their_leading_zeros_in_the_split_file(tmp_path):
    write_split(assign_roles(walks().sequences, PROTOCOL), tmp_path / "split.csv")
    assert read_split(tmp_path / "split.csv")["subject"].iloc[0] == "001"


@pytest.mark.real_data
@pytest.mark.skipif(not UCALGARY.exists(), reason="the real data is not beside this checkout")
def test_no_test_subject_trains_on_the_real_split(tmp_path):
    from gaitcore.modalities.keypoints.reading import read_poses

    config = load_config(REPOSITORY / "config.yaml", {"experiment": "ucalgary"})
    table, _ = read_poses("gaitgraph_csv", UCALGARY, dataset="u", frame_width=320, frame_height=240, fps=30.0)
    write_split(assign_roles(table.sequences, config.protocol), tmp_path / "split.csv")
    split = read_split(tmp_path / "split.csv")
    table.write(tmp_path / "poses.parquet")

    def subjects(*roles):
        files = (tmp_path / "poses.parquet", tmp_path / "split.csv")
        keys, store = opened(*files, *roles, protocol=config.protocol, settings=config.input)
        assert store.lengths.tolist() == keys["frames"].tolist()
        return set(keys["subject"].astype(int))

    assert subjects("train") == set(range(1, 19))
    assert subjects("gallery", "probe") == set(range(19, 29))
    assert split["role"].value_counts().to_dict() == {"train": 1133, "probe": 517, "gallery": 77, "excluded": 33}


def test_a_recipe_without_an_epoch_writes_the_drawn_weights_and_an_empty_history(tmp_path):
    outputs = run(tmp_path / "run", walks(), recipe={"epochs": 0})
    record = read_run(outputs.run)
    assert (record.epoch, record.final_loss, record.spread, record.untrained) == (0, None, None, False)
    assert len(read_history(outputs.history)) == 0
    torch.manual_seed(0)
    drawn = build_model(in_channels=2, **NETWORK.model_dump())
    trained = read_weights(outputs.weights)
    assert all(np.array_equal(trained[name], tensor.numpy()) for name, tensor in drawn.state_dict().items())


def test_a_split_with_nobody_to_train_is_refused_by_training(tmp_path):
    nobody = PROTOCOL | {"splits": {"s": {"train": [], "test": "1-5"}}}
    with pytest.raises(ProtocolError) as raised:
        run(tmp_path / "a", walks(), protocol=nobody)
    assert str(raised.value) == (
        f"{tmp_path}/a/split.csv: no sequence has the role train, because protocol.splits.s.train names no subject to "
        "train on; name some there, or give the system weights of its own (docs/systems.md)."
    )
    keys, _ = opened(tmp_path / "a" / "poses.parquet", tmp_path / "a" / "split.csv", "gallery", protocol=nobody)
    assert len(keys) == 10


def test_a_split_that_puts_a_test_subject_into_training_is_refused(tmp_path):
    def trained(text):
        return re.sub("^(004,.*),(gallery|probe),$", r"\1,train,", text, flags=re.MULTILINE)

    with pytest.raises(DataError, match='sequence 004-nm-01-000 has the role "train", expected "gallery"'):
        run(tmp_path / "a", walks(), change_split=trained)
    assert not (tmp_path / "a" / "weights.safetensors").exists()


def test_a_validation_subject_changed_to_train_is_refused(tmp_path):
    held_out = PROTOCOL | {"splits": {"s": {"train": "1-3", "test": "4-5", "validation": "3"}}}

    def trained(text):
        return re.sub("^(003,.*),validation_(gallery|probe),$", r"\1,train,", text, flags=re.MULTILINE)

    with pytest.raises(GaitError, match="sequence 003-nm-01-000 has the role"):
        run(tmp_path / "a", walks(), protocol=held_out, change_split=trained)
