"""The inspection of a trained network: from pose table, split and weights to spectrum, maps and the probes' numbers."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from gaitcore.artefacts.attribution_maps import read_maps
from gaitcore.artefacts.inspected_probes import read_probes
from gaitcore.artefacts.spectrum import read_spectrum
from gaitcore.artefacts.split import write_split
from gaitcore.errors import ConfigError, ProtocolError
from gaitcore.inspection.matching import match
from gaitcore.inspection.run import InspectionOutputs, inspect_run
from gaitcore.keys import KEY_COLUMNS, SequenceKey
from gaitcore.modalities.keypoints.skeleton import JOINTS
from gaitcore.modalities.keypoints.table import PoseInfo, PoseTable, table_of_sequences
from gaitcore.networks import build_model
from gaitcore.protocols.cross_view import assign_roles
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol

NETWORK = SystemNetwork(name="gaitformer", frames=12, embedding_dim=8, width=8, heads=2, temporal_depth=1)
INPUT = Input(channels=("x", "y"), unit="frame_width", short_sequences="excluded")
PROTOCOL = {
    "split": "1/2",
    "splits": {"1/2": {"train": "1", "test": "2-3"}},
    "gallery": {"nm": [1]},
    "probes": {"nm": [2], "bg": [1]},
    "min_frames": 13,
}


@pytest.fixture
def inputs(tmp_path):
    """Three subjects, two views, three walks of 14 to 19 frames, and a network with fresh weights."""
    generator = np.random.default_rng(0)
    poses = {}
    for subject in ("001", "002", "003"):
        for condition, walk in (("nm", 1), ("nm", 2), ("bg", 1)):
            for view in (0, 72):
                frames = 14 + walk + view // 24
                keypoints = (generator.uniform(0, 320, (frames, 17, 3)) / (1, 1, 320)).astype(np.float32)
                poses[SequenceKey(subject, condition, walk, view)] = np.arange(frames, dtype=np.int32), keypoints
    table = table_of_sequences(poses, PoseInfo("test", 320, 240, 25))
    table.write(tmp_path / "poses.parquet")
    write_split(assign_roles(table.sequences, PROTOCOL), tmp_path / "split.csv")
    torch.manual_seed(0)
    save_file(build_model(in_channels=2, **NETWORK.model_dump()).state_dict(), tmp_path / "weights.safetensors")
    return {
        "tables": {"keypoints": tmp_path / "poses.parquet"},
        "split": tmp_path / "split.csv",
        "weights": tmp_path / "weights.safetensors",
        "protocol": Protocol.model_validate(PROTOCOL),
    }


def inspected(inputs, folder, example_probe="nm", threads=1, method="grad_cam"):
    folder.mkdir()
    outputs = InspectionOutputs(folder / "spectrum.safetensors", folder / "maps.safetensors", folder / "probes.csv")
    inspect_run(NETWORK, INPUT, "cosine", method, example_probe, **inputs, outputs=outputs, threads=threads)
    return outputs


def test_every_probe_has_a_match_shares_and_the_frames_that_carry_half(inputs, tmp_path):
    outputs = inspected(inputs, tmp_path / "out")
    probes = read_probes(outputs.probes, JOINTS)
    assert len(probes) == 2 * 2 * 2  # subjects, conditions, views
    assert list(probes.columns[:8]) == [*KEY_COLUMNS, "match", "similarity", "recognised", "frames_for_half"]
    assert probes.loc[(probes["view"] == "000") & (probes["subject"] == "003"), "match"].unique() == ["003-nm-01-072"]
    weighed = probes.dropna()
    shares = weighed[[f"{joint}_share" for joint in JOINTS]].sum(axis=1)
    np.testing.assert_allclose(shares, 1, atol=1e-4)
    assert weighed["frames_for_half"].between(1, 6).all()


def test_the_maps_are_those_of_the_example_probe_and_the_mean_of_each_condition(inputs, tmp_path):
    maps = read_maps(inspected(inputs, tmp_path / "out").maps)
    assert {name: array.shape for name, array in maps.condition_maps.items()} == dict.fromkeys(("nm", "bg"), (12, 17))
    assert (maps.probe, maps.match) == ("002-nm-02-072", "002-nm-01-000")  # 72 degrees is nearest to the side
    assert maps.condition_maps["nm"].sum() == pytest.approx(1, abs=1e-5)


def test_the_spectrum_is_a_mean_over_gallery_and_probes(inputs, tmp_path):
    spectrum = read_spectrum(inspected(inputs, tmp_path / "out").spectrum)
    assert spectrum.magnitude.shape == (8, 12, 17)
    assert spectrum.energy.sum() == pytest.approx(1, abs=1e-5)
    assert spectrum.sequences == 12


def test_a_probe_can_be_named(inputs, tmp_path):
    assert read_maps(inspected(inputs, tmp_path / "out", "003-bg-01-000").maps).probe == "003-bg-01-000"


def test_a_name_that_is_no_probe_ends_in_one_sentence(inputs, tmp_path):
    with pytest.raises(ConfigError) as error:
        inspected(inputs, tmp_path / "out", "003-nm-01-000")
    assert str(error.value) == (
        "figures.probe: 003-nm-01-000 is not a probe with a gallery sequence of its subject from another view; "
        "expected e.g. 002-bg-01-000."
    )


@pytest.mark.parametrize("method", ["grad_cam", "hires_cam"])
def test_the_bytes_do_not_depend_on_the_number_of_threads(inputs, tmp_path, method):
    one = inspected(inputs, tmp_path / "one", threads=1, method=method)
    two = inspected(inputs, tmp_path / "two", threads=2, method=method)
    for name in ("spectrum", "maps", "probes"):
        assert getattr(one, name).read_bytes() == getattr(two, name).read_bytes()


def test_a_match_is_the_nearest_of_the_subject_from_another_view():
    rows = [
        ("a", "nm", 1, 0, "gallery", (1, 0)),
        ("a", "nm", 1, 90, "gallery", (0.6, 0.8)),
        ("a", "nm", 1, 180, "gallery", (0, 1)),
        ("b", "nm", 1, 180, "gallery", (0.98, 0.2)),
        ("a", "nm", 2, 0, "probe", (1, 0)),
        ("b", "nm", 2, 0, "probe", (0.98, 0.2)),
        ("c", "nm", 2, 0, "probe", (1, 0)),
    ]
    keys = pd.DataFrame(rows, columns=[*KEY_COLUMNS, "role", "embedding"])
    matched = match(np.array(keys.pop("embedding").tolist(), np.float32), keys, "cosine")
    assert matched["subject"].tolist() == ["a", "b"]  # subject c has no gallery sequence
    assert matched["match"].tolist() == ["a-nm-01-090", "b-nm-01-180"]
    assert matched["similarity"].tolist() == pytest.approx([0.6, 1.0])
    assert matched["recognised"].tolist() == [False, True]


def test_where_the_identical_view_is_included_the_nearest_may_be_of_it():
    rows = [
        ("a", "nm", 1, 0, "gallery", (1, 0)),
        ("a", "nm", 1, 90, "gallery", (0.6, 0.8)),
        ("a", "nm", 2, 0, "probe", (1, 0)),
    ]
    keys = pd.DataFrame(rows, columns=[*KEY_COLUMNS, "role", "embedding"])
    embeddings = np.array(keys.pop("embedding").tolist(), np.float32)
    assert match(embeddings, keys, "cosine", exclude_identical_view=False)["match"].tolist() == ["a-nm-01-000"]


def test_probes_without_any_gallery_sequence_of_their_subject_end_in_one_sentence(inputs, tmp_path):
    one_each = {"gallery": {"nm": [1]}, "probes": {"nm": [2], "bg": [1]}}
    table = PoseTable.read(inputs["tables"]["keypoints"])
    keys = table.sequences
    gallery_of_2 = (keys["subject"] == "002") & (keys["sequence"] == "01") & (keys["condition"] == "nm")
    probes_of_3 = (keys["subject"] == "003") & ((keys["sequence"] == "02") | (keys["condition"] == "bg"))
    table = table.select((keys["subject"] == "001") | gallery_of_2 | probes_of_3)
    table.write(inputs["tables"]["keypoints"])
    protocol = Protocol.model_validate(PROTOCOL | one_each)
    write_split(assign_roles(table.sequences, protocol), inputs["split"])
    with pytest.raises(ProtocolError) as raised:
        inspected(inputs | {"protocol": protocol}, tmp_path / "out")
    assert str(raised.value) == (
        f"{inputs['split']}: no probe has a gallery sequence of its subject to be compared with, expected one; "
        "there is nothing to inspect. Change who is compared with whom in the section protocol."
    )
