"""Files of arrays: weights, embeddings, spectrum and attribution maps."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import save_file

from gaitcore.artefacts.attribution_maps import AttributionMaps, read_maps, write_maps
from gaitcore.artefacts.embeddings import read_embeddings, write_embeddings
from gaitcore.artefacts.spectrum import Spectrum, read_spectrum, write_spectrum
from gaitcore.artefacts.weights import read_weights, write_weights
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


@pytest.mark.parametrize("read", [read_weights, read_spectrum, read_maps])
def test_a_file_that_is_missing_or_cut_off_ends_in_one_sentence(tmp_path, read):
    path = tmp_path / "file.safetensors"
    assert refused(read, path) == ": no such file; run the workflow to make it."
    write_weights({"a": np.zeros(100)}, path)
    path.write_bytes(path.read_bytes()[:200])
    assert refused(read, path) == ": cut off, damaged or not a safetensors file; delete it and run again."
