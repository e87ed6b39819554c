"""Files of arrays: weights, embeddings, spectrum and attribution maps."""

import json
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from made_up import metrics_of, run_record
from safetensors.torch import save_file

from gaitcore.artefacts.attribution_maps import AttributionMaps, read_maps, write_maps
from gaitcore.artefacts.embeddings import read_embeddings, write_embeddings
from gaitcore.artefacts.metrics import write_metrics
from gaitcore.artefacts.run_record import write_run
from gaitcore.artefacts.silhouette_maps import (
    SilhouetteMap,
    SilhouetteMaps,
    read_silhouette_maps,
    write_silhouette_maps,
)
from gaitcore.artefacts.spectrum import Spectrum, read_spectrum, write_spectrum
from gaitcore.artefacts.weights import read_weights, write_weights
from gaitcore.digests import file_digest
from gaitcore.errors import DataError
from gaitcore.evaluation.trained import trained_network
from gaitcore.networks import build_model
from gaitcore.settings.network import SystemNetwork

NETWORK = SystemNetwork(name="gaitformer", frames=12, embedding_dim=8, width=8, heads=2, temporal_depth=1)
KEYS = pd.DataFrame(
    [["001", "NA", "01", "090", "gallery"], ["002", "nm", "05", "000", "probe"]],
    columns=["subject", "condition", "sequence", "view", "role"],
)
EMBEDDINGS = np.arange(6, dtype=np.float32).reshape(2, 3)


def refused(read, path):
    with pytest.raises(DataError) as raised:
        read(path)
    return str(raised.value).removeprefix(str(path))


def arrays_of(model):
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def test_weights_are_written_with_the_bytes_that_torch_would_write(tmp_path):
    model = build_model(in_channels=2, **NETWORK.model_dump())
    write_weights(arrays_of(model), tmp_path / "weights.safetensors")
    save_file(model.state_dict(), tmp_path / "torch.safetensors")
    assert (tmp_path / "weights.safetensors").read_bytes() == (tmp_path / "torch.safetensors").read_bytes()


def test_a_trained_network_has_the_weights_of_its_file(tmp_path):
    path = tmp_path / "weights.safetensors"
    model = build_model(in_channels=2, **NETWORK.model_dump())
    write_weights(arrays_of(model), path)
    loaded = trained_network(NETWORK, {"in_channels": 2}, path).state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.state_dict().items())


def test_weights_of_another_network_end_in_one_sentence(tmp_path):
    path = tmp_path / "weights.safetensors"
    weights = arrays_of(build_model(in_channels=2, **NETWORK.model_dump()))
    name = min(weights)
    write_weights({key: array for key, array in weights.items() if key != name}, path)
    assert refused(lambda file: trained_network(NETWORK, {"in_channels": 2}, file), path) == (
        f": {name} is missing, expected the weights of gaitformer; delete it and run again."
    )
    write_weights(weights | {"a.new.one": np.zeros(3)}, path)
    assert refused(lambda file: trained_network(NETWORK, {"in_channels": 2}, file), path) == (
        ": a.new.one is not part of this network, expected the weights of gaitformer; delete it and run again."
    )
    write_weights(weights | {name: np.zeros((7, 7), np.float32)}, path)
    shape = weights[name].shape
    assert refused(lambda file: trained_network(NETWORK, {"in_channels": 2}, file), path) == (
        f": {name} has shape (7, 7), expected {shape}; delete it and run again."
    )


def test_embeddings_are_read_with_their_keys(tmp_path):
    write_embeddings(EMBEDDINGS, KEYS, tmp_path / "embeddings.parquet")
    embeddings, keys = read_embeddings(tmp_path / "embeddings.parquet")
    assert embeddings.tolist() == EMBEDDINGS.tolist()
    assert embeddings.dtype == np.float32
    assert keys.values.tolist() == KEYS.values.tolist()
    write_embeddings(embeddings, keys, tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "embeddings.parquet").read_bytes()


def test_other_embeddings_end_in_one_sentence(tmp_path):
    path = tmp_path / "embeddings.parquet"
    pq.write_table(pa.table({"subject": ["001"]}), path)
    assert refused(read_embeddings, path) == (
        ": has the columns subject, expected subject, condition, sequence, view, role, embedding; "
        "delete it and run again."
    )
    pq.write_table(pa.table({**KEYS.to_dict("list"), "embedding": [0.5, 0.5]}), path)
    assert refused(read_embeddings, path) == (
        ": the column embedding holds double, expected lists of D float; delete it and run again."
    )
    write_embeddings(EMBEDDINGS, KEYS, path)
    path.write_bytes(path.read_bytes()[:-9])
    assert refused(read_embeddings, path) == ": cut off, damaged or not a Parquet file; delete it and run again."


def test_a_spectrum_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "spectrum.safetensors"
    magnitude, energy = np.arange(24.0).reshape(2, 4, 3), np.full((4, 3), 1 / 12)
    write_spectrum(Spectrum(magnitude, energy, 7), path)
    spectrum = read_spectrum(path)
    assert spectrum.magnitude.tolist() == magnitude.tolist()
    assert spectrum.energy.tolist() == energy.astype(np.float32).tolist()
    assert spectrum.sequences == 7
    write_spectrum(Spectrum(magnitude, energy[:2], 7), path)
    assert refused(read_spectrum, path) == (
        ": holds energy (2, 3), magnitude (2, 4, 3), expected energy (T, J) and magnitude (C, T, J); "
        "delete it and run again."
    )


def test_attribution_maps_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "maps.safetensors"
    probe, nm = np.eye(3), np.full((3, 3), 1 / 9)
    write_maps(AttributionMaps("001-nm-05-090", "001-nm-01-072", probe, {"nm": nm}), path)
    maps = read_maps(path)
    assert (maps.probe, maps.match) == ("001-nm-05-090", "001-nm-01-072")
    assert maps.probe_map.tolist() == probe.tolist()
    assert {name: array.tolist() for name, array in maps.condition_maps.items()} == {
        "nm": nm.astype(np.float32).tolist()
    }
    write_maps(AttributionMaps("a", "b", probe, {"nm": nm[:2]}), path)
    assert refused(read_maps, path) == (
        ": holds nm (2, 3), probe (3, 3), expected probe and conditions, all (T, J); delete it and run again."
    )
    write_weights({"probe": probe}, path)
    assert refused(read_maps, path) == ": has no probe in its metadata; delete it and run again."


def test_silhouette_maps_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "silhouette_maps.safetensors"
    probe, nm = SilhouetteMap(np.eye(3), np.ones((3, 3))), SilhouetteMap(np.full((3, 3), 0.125), np.zeros((3, 3)))
    write_silhouette_maps(SilhouetteMaps("001-nm-05-090", "001-nm-01-072", probe, {"nm": nm}), path)
    maps = read_silhouette_maps(path)
    assert (maps.probe, maps.match) == ("001-nm-05-090", "001-nm-01-072")
    for read, written in ((maps.probe_map, probe), (maps.condition_maps["nm"], nm)):
        assert read.attribution.tolist() == written.attribution.tolist()
        assert read.silhouette.tolist() == written.silhouette.tolist()
    write_maps(AttributionMaps("a", "b", np.eye(3), {}), path)
    assert refused(read_silhouette_maps, path) == (
        ": holds probe (3, 3), expected probe and conditions, all (2, H, W); delete it and run again."
    )


@pytest.mark.parametrize("read", [read_weights, read_spectrum, read_maps, read_silhouette_maps])
def test_a_file_that_is_missing_or_cut_off_ends_in_one_sentence(tmp_path, read):
    path = tmp_path / "file.safetensors"
    assert refused(read, path) == ": no such file; run the workflow to make it."
    write_weights({"a": np.zeros(100)}, path)
    path.write_bytes(path.read_bytes()[:200])
    assert refused(read, path) == ": cut off, damaged or not a safetensors file; delete it and run again."


def with_header(header: bytes, length=None, numbers=bytes(8)):
    return struct.pack("<Q", len(header) if length is None else length) + header + numbers


def header_of(**tensor):
    return json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} | tensor}).encode()


DAMAGED = {
    "empty": b"",
    "length of 2^63": with_header(header_of(), length=2**63),
    "length of 1e9": with_header(header_of(), length=10**9),
    "no JSON": with_header(header_of()[:-1]),
    "no UTF-8": with_header(b"\xff" + header_of()),
    "deep nesting": with_header(b"[" * 100_000),
    "numbers outside": with_header(header_of(data_offsets=[0, 10**12])),
    "another size": with_header(header_of(shape=[2**40])),
    "no shape": with_header(b'{"a":{"dtype":"F32","data_offsets":[0,8]}}'),
    "numbers that NumPy lacks": with_header(header_of(dtype="BF16", shape=[4])),
    "facts that are no JSON": with_header(b'{"__metadata__":{"gaitcore":"{"}}', numbers=b""),
    "deep facts": with_header(json.dumps({"__metadata__": {"gaitcore": "[" * 100_000}}).encode(), numbers=b""),
    "facts that are a list": with_header(b'{"__metadata__":{"gaitcore":"[]"}}', numbers=b""),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_header_ends_in_one_sentence(tmp_path, damage):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(DAMAGED[damage])
    assert refused(read_weights, path) == ": cut off, damaged or not a safetensors file; delete it and run again."


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(tmp_path, number):
    path = tmp_path / "weights.safetensors"
    write_weights({"a.bias": np.zeros(3), "b.bias": np.array([0, number], np.float32)}, path)
    assert refused(read_weights, path) == (
        ": b.bias has NaN or infinite numbers, expected finite ones; delete it and run again."
    )


def test_weights_that_changed_after_training_are_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    write_weights({"a.bias": np.ones(3, np.float32)}, path)
    recorded = file_digest(path)
    write_run(run_record(outputs={path.name: recorded}), tmp_path / "run.json")
    assert read_weights(path)["a.bias"].tolist() == [1, 1, 1]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert refused(read_weights, path) == (
        f": changed after training, its SHA-256 is {file_digest(path)} and run.json has {recorded}; "
        "delete it and run again."
    )
    (tmp_path / "run.json").unlink()
    assert read_weights(path)["a.bias"].tolist() != [1, 1, 1]


def test_embeddings_that_changed_after_evaluation_are_refused(tmp_path):
    path = tmp_path / "embeddings.parquet"
    write_embeddings(EMBEDDINGS, KEYS, path)
    recorded = file_digest(path)
    measured = metrics_of({"nm": 0.5}).model_copy(update={"outputs": {path.name: recorded}})
    write_metrics(measured, tmp_path / "metrics.json")
    assert read_embeddings(path)[0].tolist() == EMBEDDINGS.tolist()
    write_embeddings(EMBEDDINGS + 1, KEYS, path)  # as of other weights
    assert refused(read_embeddings, path) == (
        f": changed after evaluation, its SHA-256 is {file_digest(path)} and metrics.json has {recorded}; "
        "delete it and run again."
    )
    (tmp_path / "metrics.json").unlink()
    assert read_embeddings(path)[0].tolist() == (EMBEDDINGS + 1).tolist()
