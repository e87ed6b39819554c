"""Where a network looks at silhouettes: from table, split and weights to the maps of a probe and of conditions."""

import numpy as np
import pytest
import torch
from drawn_silhouettes import made_up_masks, write_table
from safetensors.torch import save_file

from gaitcore.artefacts.silhouette_maps import read_silhouette_maps
from gaitcore.artefacts.split import write_split
from gaitcore.inspection.attribution import silhouette_attribution
from gaitcore.inspection.silhouettes import inspect_silhouettes
from gaitcore.modalities.silhouettes.table import list_sequences
from gaitcore.networks import build_model
from gaitcore.protocols.cross_view import assign_roles
from gaitcore.settings.evaluation import Evaluation
from gaitcore.settings.input import Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol

NETWORK = SystemNetwork(name="gaitset", frames=4, embedding_dim=8, widths=[2, 4, 6])
INPUT = Input(channels=("x", "y"), unit="frame_width", short_sequences="reflected")
PROTOCOL = {
    "split": "1/2",
    "splits": {"1/2": {"train": "1", "test": "2-3"}},
    "gallery": {"nm": [1]},
    "probes": {"nm": [2], "bg": [1]},
    "min_frames": 1,
}


def evaluation(parts):
    return Evaluation(
        windows="whole_sequence",
        window_step=1,
        test_time_augmentation=("original",),
        combine="mean",
        distance="euclidean",
        parts=parts,
        ranks=(1, 5),
    )


@pytest.fixture
def walks():
    """Name -> masks of three subjects, two views, three walks of 3 to 8 frames."""
    names = [
        f"{subject:03d}-{walk}-{view:03d}"
        for subject in (1, 2, 3)
        for walk in ("nm-01", "nm-02", "bg-01")
        for view in (0, 72)
    ]
    return {name: made_up_masks(3 + n % 6, seed=n) for n, name in enumerate(names)}


@pytest.fixture
def inputs(tmp_path, walks):
    table = write_table(
        tmp_path / "silhouettes.parquet", {name: (range(len(masks)), masks) for name, masks in walks.items()}
    )
    write_split(assign_roles(list_sequences(table), PROTOCOL), tmp_path / "split.csv")
    torch.manual_seed(0)
    save_file(build_model(**NETWORK.model_dump()).state_dict(), tmp_path / "weights.safetensors")
    return {
        "tables": {"silhouettes": table},
        "split": tmp_path / "split.csv",
        "weights": tmp_path / "weights.safetensors",
        "protocol": Protocol.model_validate(PROTOCOL),
    }


def inspected(inputs, output, parts="mean", threads=1, example="nm"):
    settings = NETWORK, INPUT, evaluation(parts), "grad_cam", example
    inspect_silhouettes(*settings, **inputs, output=output, threads=threads)
    return output


@pytest.mark.parametrize("parts", ["mean", "concatenated"])
def test_the_maps_are_those_of_all_frames_of_a_probe_and_of_its_match(inputs, walks, tmp_path, parts):
    maps = read_silhouette_maps(inspected(inputs, tmp_path / "maps.safetensors", parts))
    assert maps.probe == "002-nm-02-072"  # 72 degrees is nearest to the side
    assert maps.match == "002-nm-01-000"  # the only gallery sequence of 002 from another view
    torch.manual_seed(0)
    network = build_model(**NETWORK.model_dump()).eval()
    probe, match = (torch.from_numpy(walks[name][None, ..., 10:54] / 255).float() for name in (maps.probe, maps.match))
    embedding = network(match).detach()
    embedding = embedding if parts == "mean" else embedding.flatten(1)
    expected = silhouette_attribution("grad_cam", network, probe, embedding, "euclidean")[0]
    np.testing.assert_allclose(maps.probe_map.attribution, expected, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(maps.probe_map.silhouette, probe[0].mean(dim=0), rtol=1e-5)


def test_a_condition_has_the_mean_of_its_probes(inputs, walks, tmp_path):
    maps = read_silhouette_maps(inspected(inputs, tmp_path / "maps.safetensors"))
    assert list(maps.condition_maps) == ["bg", "nm"]
    names = [f"{subject}-bg-01-{view}" for subject in ("002", "003") for view in ("000", "072")]
    of_probes = [
        read_silhouette_maps(inspected(inputs, tmp_path / "one.safetensors", example=name)).probe_map for name in names
    ]
    np.testing.assert_allclose(
        maps.condition_maps["bg"].attribution, np.mean([m.attribution for m in of_probes], axis=0), rtol=1e-4, atol=1e-7
    )
    energy = np.mean([walks[name][..., 10:54].mean(axis=0) / 255 for name in names], axis=0)
    np.testing.assert_allclose(maps.condition_maps["bg"].silhouette, energy, rtol=1e-5)
    assert maps.condition_maps["nm"].attribution.sum() == pytest.approx(1, abs=1e-4)


def test_the_bytes_do_not_depend_on_the_number_of_threads(inputs, tmp_path):
    one = inspected(inputs, tmp_path / "one.safetensors", threads=1)
    two = inspected(inputs, tmp_path / "two.safetensors", threads=2)
    assert one.read_bytes() == two.read_bytes()
